import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import t from 'tap';
import { NetlinkSocket } from '../../../exporter/observe/netlink-socket.ts';
import { openAttribution } from '../../../exporter/observe/open-attribution.ts';
import { makeTestConnection } from '../../support/connections.ts';

t.test(
  'a connection of this process with itself',
  { skip: process.platform !== 'linux' && 'not Linux' },
  async (t) => {
    const socket = NetlinkSocket.openSockDiag();
    t.teardown(() => socket.close());
    const { attribution } = openAttribution(socket.fd, { command: true, maxCommandBytes: 64 });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [typeof client];
    const connection = makeTestConnection({
      from: ['127.0.0.1', client.localPort ?? 0],
      to: ['127.0.0.1', port],
    });
    attribution.attribute(connection, 'full', Date.now());
    const expected = { pid: process.pid, uid: process.geteuid?.(), gid: process.getegid?.(), quality: 3 };
    t.match(connection.srcProcess, expected);
    t.match(connection.dstProcess, expected);
    t.match(connection.srcProcess?.command, /node/);
    t.ok((connection.srcProcess?.cgroupId ?? 0) > 0);
    attribution.prepare(Date.now());
    attribution.attribute(connection, 'light', Date.now());
    t.match(connection.srcProcess, { ...expected, quality: 4 });
    accepted.destroy();
    client.destroy();
    server.close();
  },
);
