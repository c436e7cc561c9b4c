import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import t from 'tap';
import { findNetfilterGroups, NetlinkSocket } from '../../../exporter/observe/netlink-socket.ts';

const flagsOf = (fd: number): number =>
  Number.parseInt(/^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8);

// Events need a privilege; a socket of no groups does not.
t.test('a socket', { skip: process.platform !== 'linux' && 'not Linux' }, (t) => {
  const socket = NetlinkSocket.open(0);
  t.equal(flagsOf(socket.fd) & 0o2000000, 0o2000000, 'programs that we start do not have it');
  t.equal(findNetfilterGroups(socket.fd), 0);
  t.same(socket.readQueue(), { queuedBytes: 0, drops: 0 });

  socket.stopBlocking();
  t.equal(flagsOf(socket.fd) & 0o4000, 0o4000);
  socket.setReceiveTimeout(1);
  t.equal(flagsOf(socket.fd) & 0o4000, 0, 'reading waits again');
  t.throws(() => readSync(socket.fd, new Uint8Array(100)), { code: 'EAGAIN' }, 'reading ends');

  t.equal(socket.growReceiveBuffer(100_000) >= 100_000, true);
  const bytes = socket.growReceiveBuffer(200_000);
  t.equal(socket.growReceiveBuffer(50_000), bytes, 'never smaller');
  socket.makeReliable();

  const inherited = NetlinkSocket.inherit(socket.fd);
  inherited.close();
  t.ok(fstatSync(socket.fd), 'what is not ours stays open');
  socket.close();
  t.throws(() => fstatSync(socket.fd), { code: 'EBADF' });
  t.end();
});

t.test('a socket to ask about sockets', { skip: process.platform !== 'linux' && 'not Linux' }, (t) => {
  const socket = NetlinkSocket.openSockDiag();
  t.equal(flagsOf(socket.fd) & 0o2004000, 0o2004000, 'it never waits, and is ours alone');
  t.equal(findNetfilterGroups(socket.fd), undefined, 'it is not of netfilter');
  socket.close();
  t.end();
});

t.test('other descriptors are none', { skip: process.platform !== 'linux' && 'not Linux' }, (t) => {
  const fd = openSync('/dev/null', 'r');
  t.equal(findNetfilterGroups(fd), undefined);
  closeSync(fd);
  t.equal(findNetfilterGroups(fd), undefined);
  t.end();
});
