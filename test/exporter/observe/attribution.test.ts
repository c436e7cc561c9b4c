import type { NetworkInterfaceInfo } from 'node:os';
import t from 'tap';
import { Attribution } from '../../../exporter/observe/attribution.ts';
import { CgroupPaths } from '../../../exporter/observe/cgroup-paths.ts';
import { LocalAddresses } from '../../../exporter/observe/local-addresses.ts';
import { ProcessDescriber } from '../../../exporter/observe/process-describer.ts';
import { ProcessSockets } from '../../../exporter/observe/process-sockets.ts';
import { ProcessUsers } from '../../../exporter/observe/process-users.ts';
import type { SocketAddresses, SocketFacts } from '../../../exporter/observe/sock-diag.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { makeTestConnection } from '../../support/connections.ts';
import { FakeProcesses } from '../../support/fake-processes.ts';

const here = '10.0.0.2';
const away = '192.0.2.80';

const makeRig = (sockets: Readonly<Record<string, Partial<SocketFacts>>>, addresses = [here]) => {
  const asked: string[] = [];
  const findSocket = (a: SocketAddresses): SocketFacts | undefined => {
    const name = `${a.protocol} ${formatAddress(a.local, 0)}:${a.localPort} ${formatAddress(a.remote, 0)}:${a.remotePort}`;
    asked.push(name);
    const found = sockets[name];
    return found && { state: 1, uid: 1000, inode: 0, cgroupId: 7, ...found };
  };
  const reader = new FakeProcesses({ 20: { sockets: { 5: 11 } }, 30: { sockets: { 5: 12, 6: 13 } } });
  const paths = new CgroupPaths(undefined);
  const info = addresses.map((address) => ({ address, family: 'IPv4' }) as NetworkInterfaceInfo);
  const attribution = new Attribution({
    findSocket,
    addresses: new LocalAddresses(() => ({ eth0: info })),
    sockets: new ProcessSockets(reader),
    describer: new ProcessDescriber(reader, paths, new ProcessUsers('/nowhere'), {
      command: true,
      maxCommandBytes: 9,
    }),
    paths,
  });
  return { attribution, reader, asked };
};

const outgoing = `6 ${here}:40000 ${away}:443`;

t.test('an outgoing connection: the process at its source', (t) => {
  const { attribution, asked } = makeRig({ [outgoing]: { inode: 11 } });
  const connection = makeTestConnection();
  attribution.attribute(connection, 'full', 0);
  t.match(connection.srcProcess, { pid: 20, quality: 3 });
  t.equal(connection.dstProcess, undefined);
  t.same(asked, [outgoing]);
  attribution.attribute(connection, 'full', 10);
  t.match(connection.srcProcess, { pid: 20, quality: 4 }, 'and then from memory');
  t.match(attribution.counters, { exact: 1, cached: 1, unknown: 0 });
  t.end();
});

t.test('an incoming one, translated: as the server sees it', (t) => {
  const { attribution } = makeRig({ [`6 ${here}:8443 192.0.2.9:40001`]: { inode: 12 } });
  const connection = makeTestConnection({
    from: ['198.51.100.1', 40000],
    to: [away, 443],
    replyFrom: [here, 8443],
    replyTo: ['192.0.2.9', 40001],
  });
  attribution.attribute(connection, 'full', 0);
  t.equal(connection.srcProcess, undefined);
  t.match(connection.dstProcess, { pid: 30 });
  t.end();
});

t.test('a connection that nobody has accepted is its listener’s', (t) => {
  const server = `6 ${here}:443 ${away}:40000`;
  const listener = `6 ${here}:443 0.0.0.0:0`;
  const connection = makeTestConnection({ from: [away, 40000], to: [here, 443] });
  for (const first of [undefined, { inode: 0 }]) {
    const sockets = { [listener]: { inode: 13, state: 10 }, ...(first && { [server]: first }) };
    const { attribution, asked } = makeRig(sockets);
    attribution.attribute(connection, 'full', 0);
    t.match(connection.dstProcess, { pid: 30, quality: 3 });
    t.same(asked, [server, listener]);
  }
  const { attribution } = makeRig({ [listener]: { inode: 13, state: 1 } });
  attribution.attribute(connection, 'full', 0);
  t.equal(connection.dstProcess, undefined, 'another socket with that port does not listen');
  t.end();
});

t.test('both ends on this machine', (t) => {
  const { attribution } = makeRig({
    '17 127.0.0.1:5000 127.0.0.1:53': { inode: 11 },
    '17 127.0.0.1:53 127.0.0.1:5000': { inode: 12 },
  });
  const connection = makeTestConnection({ from: ['127.0.0.1', 5000], to: ['127.0.0.1', 53], protocol: 17 });
  attribution.attribute(connection, 'full', 0);
  t.match(connection.srcProcess, { pid: 20 });
  t.match(connection.dstProcess, { pid: 30 });
  t.end();
});

t.test('what is forwarded, what has no sockets, what is gone', (t) => {
  const { attribution, asked } = makeRig({}, []);
  const connection = makeTestConnection();
  connection.srcProcess = { pid: 1 } as never;
  attribution.attribute(connection, 'full', 0);
  t.equal(connection.srcProcess, undefined);
  t.same(asked, [], 'the kernel is not asked about others');
  t.match(attribution.counters, { remote: 1, unknown: 0 });

  const local = makeRig({});
  local.attribution.attribute(makeTestConnection({ protocol: 1 }), 'full', 0);
  t.same(local.asked, [], 'ICMP');
  local.attribution.attribute(makeTestConnection(), 'full', 0);
  t.match(local.attribution.counters, { remote: 0, unknown: 2 });
  t.end();
});

t.test('less than a process: what the socket says', (t) => {
  const connection = makeTestConnection();
  const notFound = makeRig({ [outgoing]: { inode: 99 } });
  notFound.attribution.attribute(connection, 'full', 0);
  t.match(connection.srcProcess, { pid: 0, uid: 1000, cgroupId: 7, quality: 2 });
  const noCgroup = makeRig({ [outgoing]: { inode: 99, cgroupId: 0 } });
  noCgroup.attribution.attribute(connection, 'full', 0);
  t.match(connection.srcProcess, { pid: 0, uid: 1000, quality: 1 });
  const closed = makeRig({ [outgoing]: { inode: 0 } });
  closed.attribution.attribute(connection, 'full', 0);
  t.match(
    connection.srcProcess,
    { uid: 0xffffffff, cgroupId: 7, quality: 2 },
    'its user means nothing any more',
  );
  t.match(closed.attribution.counters, { cgroup: 1, uid: 0, exact: 0 });
  t.match(noCgroup.attribution.counters, { cgroup: 0, uid: 1 });
  t.end();
});

t.test('with less effort', (t) => {
  const { attribution, asked, reader } = makeRig({ [outgoing]: { inode: 11 } });
  const connection = makeTestConnection();
  attribution.attribute(connection, 'none', 0);
  t.same(asked, []);
  attribution.attribute(connection, 'light', 0);
  t.match(connection.srcProcess, { quality: 2 });
  t.equal(reader.asked.descriptors, 0);
  attribution.prepare(0);
  attribution.attribute(connection, 'light', 0);
  t.match(connection.srcProcess, { pid: 20, quality: 4 }, 'what is known is told');
  t.match(attribution.counters, { skipped: 1, cgroup: 1, cached: 1 });
  t.end();
});

t.test('where we may not look, we do not look all the time', (t) => {
  const { attribution, reader } = makeRig({ [outgoing]: { inode: 99 } });
  reader.change(40, { isHidden: true });
  const connection = makeTestConnection();
  attribution.attribute(connection, 'full', 0);
  const { lists } = reader.asked;
  attribution.attribute(connection, 'full', 500);
  t.equal(reader.asked.lists, lists);
  attribution.attribute(connection, 'full', 2000);
  t.ok(reader.asked.lists > lists);
  t.end();
});
