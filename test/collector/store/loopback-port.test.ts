import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { findLoopbackPort } from '../../../collector/store/loopback-port.ts';

const listen = (port: number): Promise<{ port: number; close: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () => new Promise((closed) => server.close(() => closed())),
      }),
    );
  });

t.test('port 0 is any that is free, and it is free afterwards', async (t) => {
  const port = await findLoopbackPort(0);
  t.ok(port !== undefined && port > 0);
  const taken = await listen(port ?? 0);
  t.equal(taken.port, port);
  await taken.close();
});

t.test('a port that is taken is not found, until it is free', async (t) => {
  const other = await listen(0);
  t.equal(await findLoopbackPort(other.port), undefined);
  await other.close();
  t.equal(await findLoopbackPort(other.port), other.port);
});
