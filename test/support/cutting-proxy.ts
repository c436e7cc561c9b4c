/** A way to ClickHouse that breaks at will: connections end in the middle of an INSERT, before it gets there or after it was done. */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

/** `request`: nothing of it goes on. `answer`: all of it goes on, and what the server says does not come back. */
export type Cut = 'request' | 'answer';

export interface CuttingProxy {
  readonly url: string;
  /** What becomes of the next INSERTs, one after the other; those behind them pass. */
  readonly cuts: Cut[];
}

/** Listens on a free port until the test `t` has ended. `serverUrl`: where ClickHouse listens; `marker`: what a request to be cut has in it. */
export const startCuttingProxy = async (
  t: Test,
  serverUrl: string,
  marker = 'query=INSERT',
): Promise<CuttingProxy> => {
  const { hostname, port } = new URL(serverUrl);
  const cuts: Cut[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let cut: Cut | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (octets) => {
      if (octets.includes(marker)) cut = cuts.shift();
      if (cut === 'request') client.destroy();
      else upstream.write(octets);
    });
    upstream.on('data', (octets) => {
      if (cut === 'answer') client.destroy();
      else client.write(octets);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cuts };
};
