import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import t from 'tap';
import { NetlinkSocket } from '../../../exporter/observe/netlink-socket.ts';
import {
  listenState,
  readSocketAnswer,
  SockDiag,
  type SocketAddresses,
  writeSocketRequest,
} from '../../../exporter/observe/sock-diag.ts';
import { parseAddress } from '../../../shared/wire/address.ts';

const octets = (text: string): Uint8Array => parseAddress(text) ?? new Uint8Array(16);

const asked = (
  protocol: number,
  local: string,
  localPort: number,
  remote: string,
  remotePort: number,
): SocketAddresses => ({
  family: local.includes(':') ? 6 : 4,
  protocol,
  local: octets(local),
  localPort,
  remote: octets(remote),
  remotePort,
  interfaceIndex: 0,
});

const requestOf = (addresses: SocketAddresses): Buffer => {
  const bytes = new Uint8Array(8192).fill(0xaa);
  const length = writeSocketRequest(new DataView(bytes.buffer), bytes, addresses, 7);
  return Buffer.from(bytes.subarray(0, length));
};

const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

t.test('a request as linux/inet_diag.h has it', { skip: !isLittle && 'big endian' }, (t) => {
  const tcp = requestOf(asked(6, '192.0.2.1', 0x1234, '198.51.100.2', 443));
  t.equal(
    tcp.toString('hex'),
    [
      '48000000 1400 0100 07000000 00000000',
      '02 06 00 00 ffffffff',
      '1234 01bb',
      'c0000201 00000000 00000000 00000000',
      'c6336402 00000000 00000000 00000000',
      '00000000 ffffffff ffffffff',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
  const udp = requestOf({ ...asked(17, 'fe80::1', 53, '2001:db8::2', 0x5678), interfaceIndex: 3 });
  t.equal(
    udp.subarray(16).toString('hex'),
    [
      '0a 11 00 00 ffffffff',
      '5678 0035',
      '20010db8 00000000 00000000 00000002',
      'fe800000 00000000 00000000 00000001',
      '03000000 ffffffff ffffffff',
    ]
      .join('')
      .replaceAll(' ', ''),
    'UDP: as an incoming datagram has it, the remote end first',
  );
  t.end();
});

t.test('an answer', { skip: !isLittle && 'big endian' }, (t) => {
  // Header, inet_diag_msg with state 1, uid 1000 and inode 4711, shutdown (8), control group (21) 0x1_0000_0002.
  const head = `${'70000000'}14000000${'07000000'}${'00000000'}02010000${'00'.repeat(48)}${'00'.repeat(12)}e803000067120000`;
  const attributes = '0500080003000000' + '0c0015000200000001000000';
  const bytes = Buffer.from(head + attributes, 'hex');
  bytes.writeUInt32LE(bytes.length, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const facts = { state: 0, uid: 0, inode: 0, cgroupId: 7 };
  t.ok(readSocketAnswer(facts, view, bytes.length));
  t.same(facts, { state: 1, uid: 1000, inode: 4711, cgroupId: 2 ** 32 + 2 });
  bytes.writeUInt32LE(88, 0);
  t.ok(readSocketAnswer(facts, view, 88));
  t.equal(facts.cgroupId, 0, 'none was said');
  t.notOk(readSocketAnswer(facts, view, 87), 'too short');
  bytes.writeUInt16LE(2, 4);
  t.notOk(readSocketAnswer(facts, view, 88), 'an error');
  t.end();
});

t.test('sockets of this process', { skip: process.platform !== 'linux' && 'not Linux' }, async (t) => {
  const socket = NetlinkSocket.openSockDiag();
  const diag = new SockDiag(socket.fd);
  t.teardown(() => socket.close());
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [NonNullable<typeof client>];
  const localPort = client.localPort ?? 0;
  const ours = { ...diag.find(asked(6, '127.0.0.1', localPort, '127.0.0.1', port)) };
  const theirs = { ...diag.find(asked(6, '127.0.0.1', port, '127.0.0.1', localPort)) };
  const listener = { ...diag.find(asked(6, '127.0.0.1', port, '0.0.0.0', 0)) };
  t.match(ours, { state: 1, uid: process.getuid?.() });
  t.match(listener, { state: listenState });
  t.equal(
    new Set([ours.inode, theirs.inode, listener.inode, 0]).size,
    4,
    'three sockets, each with its inode',
  );
  t.equal(diag.find(asked(6, '127.0.0.1', localPort, '127.0.0.1', 1)), undefined);
  client.destroy();
  accepted.destroy();
  server.close();

  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const found = diag.find(asked(17, '127.0.0.1', udp.address().port, '127.0.0.1', 9));
  t.ok((found?.inode ?? 0) > 0, 'a datagram socket that knows no remote end');
  udp.close();
  t.equal(diag.find(asked(253, '127.0.0.1', 1, '127.0.0.1', 2)), undefined, 'a protocol without sockets');
});

t.test(
  'a descriptor that is closed is a fault of ours',
  { skip: process.platform !== 'linux' && 'not Linux' },
  (t) => {
    const socket = NetlinkSocket.openSockDiag();
    closeSync(socket.fd);
    t.throws(() => new SockDiag(socket.fd).find(asked(6, '127.0.0.1', 1, '127.0.0.1', 2)), { code: 'EBADF' });
    t.end();
  },
);
