import t from 'tap';
import { ConnectionWatch } from '../../support/connection-watch.ts';
import { NetworkNamespace } from '../../support/network-namespace.ts';
import { hasPeers, isRoot, peerPath } from '../../support/peers.ts';

const allEvents = ['new', 'update', 'destroy'] as const;
const bufferBytes = 4 * 1024 * 1024;
const burst = 500;

const sendBurst = `
const socket = require('node:dgram').createSocket('udp4');
let left = ${burst};
for (let i = 0; i < ${burst}; i++) socket.send('x', 20000 + i, '127.0.0.1', () => --left === 0 && socket.close());
// What is refused comes back as an error of the socket.
socket.on('error', () => undefined);
`;

const exchange = `
const net = require('node:net');
const server = net.createServer((peer) => { peer.end('hello'); server.close(); });
server.listen(8080, '127.0.0.1', () => net.connect(8080, '127.0.0.1').resume());
`;

t.test('connections of a network namespace', async (t) => {
  if (!isRoot(t) || !hasPeers(t, 'ip', 'nft', 'conntrack', 'ping')) return;
  const namespace = new NetworkNamespace(`fl-source-${process.pid}`);
  t.teardown(() => namespace.remove());
  namespace.set({ 'net.netfilter.nf_conntrack_acct': 1, 'net.netfilter.nf_conntrack_timestamp': 1 });
  namespace.loadRules(`
    table inet x {
      chain c {
        type filter hook output priority 0
        ct state new counter
      }
    }`);
  const runNode = (script: string): string => namespace.run(process.execPath, '-e', script);
  const flush = (): string => namespace.run(peerPath('conntrack'), '-F');

  await t.test('events and dumps, from NEW to DESTROY', async (t) => {
    const watch = new ConnectionWatch(namespace, { events: allEvents, bufferBytes });
    const { receiveBufferBytes, canDump } = await watch.waitFor('opened');
    t.equal(receiveBufferBytes, bufferBytes);
    t.ok(canDump);
    const beginMicros = Date.now() * 1000;
    namespace.run(peerPath('ping'), '-c', '1', '127.0.0.1');
    runNode(exchange);
    const isPing = ({ protocol }: { readonly protocol: number }): boolean => protocol === 1;
    const created = await watch.waitFor('connection', isPing);
    t.match(created, { kind: 'new', family: 4, portId: 0, hasCounters: false, replyIcmpType: 0 });
    t.ok(Math.abs(created.receivedMicros - beginMicros) < 20e6, 'received now, in microseconds');
    const replied = await watch.waitFor('connection', (c) => isPing(c) && c.kind === 'update');
    t.equal(replied.id, created.id);
    const ended = await watch.waitFor('connection', ({ kind, state }) => kind === 'update' && state === 7);
    t.match(ended, { protocol: 6, dstPort: 8080 }, 'TIME_WAIT');

    watch.command('dump');
    t.match(await watch.waitFor('dump'), { complete: true, entries: 2 });
    const dumped = watch.find('connection').filter(({ kind }) => kind === 'dump');
    t.same(dumped.map(({ protocol }) => protocol).sort(), [1, 6], 'all entries came before the end');
    t.match(dumped.find(isPing), { portId: 0, id: created.id, packets: 1, octets: 84, reversePackets: 1 });

    flush();
    const gone = await watch.waitFor('connection', (c) => isPing(c) && c.kind === 'destroy');
    t.match(gone, { id: created.id, hasCounters: true, packets: 1, octets: 84, reverseOctets: 84 });
    t.ok(gone.portId > 0, 'a process did it');
    t.ok(gone.startMicros > beginMicros - 1e6 && gone.startMicros <= gone.stopMicros);
    t.match(
      watch.find('connection').find((c) => c.kind === 'destroy' && c.protocol === 6),
      { state: 7, dstPort: 8080 },
    );
    watch.command('stop');
    const { counters } = await watch.waitFor('stopped');
    t.match(counters, { dumps: 1, overruns: 0, lost: 0, malformed: 0, unknownMessages: 0 });
    t.equal(counters.events, watch.find('connection').length - dumped.length);
    t.equal(await watch.ended(), 0, 'nothing keeps the process alive');
  });

  await t.test('what was queued at a stop is delivered', async (t) => {
    const watch = new ConnectionWatch(namespace, { events: ['new'], bufferBytes });
    await watch.waitFor('opened');
    watch.signal('SIGSTOP');
    runNode(sendBurst);
    watch.command('stop');
    watch.signal('SIGCONT');
    t.equal(await watch.ended(), 0);
    t.equal(watch.find('connection').length, burst);
    t.equal(watch.find('overrun').length, 0);
    flush();
  });

  await t.test('an overrun is told once, after what could be kept', async (t) => {
    const watch = new ConnectionWatch(namespace, { events: ['new'], bufferBytes: 16 * 1024 });
    await watch.waitFor('opened');
    watch.signal('SIGSTOP');
    runNode(sendBurst);
    watch.signal('SIGCONT');
    await watch.waitFor('overrun');
    const kept = watch.find('connection').length;
    t.ok(kept > 0 && kept < burst, `${kept} kept`);
    t.equal(watch.told.at(-1)?.type, 'overrun');
    // Reading goes on.
    flush();
    runNode(exchange);
    await watch.waitFor('connection', ({ protocol }) => protocol === 6);
    watch.command('stop');
    const { counters } = await watch.waitFor('stopped');
    t.match(counters, { overruns: 1, lost: burst - kept });
    t.equal(await watch.ended(), 0);
    flush();
  });

  await t.test('--reliable: nothing is said of a full buffer', async (t) => {
    const watch = new ConnectionWatch(namespace, { events: ['new'], bufferBytes: 16 * 1024, reliable: true });
    await watch.waitFor('opened');
    watch.signal('SIGSTOP');
    runNode(sendBurst);
    watch.signal('SIGCONT');
    await watch.waitFor('connection');
    watch.command('stop');
    t.equal(await watch.ended(), 0);
    t.equal(watch.find('overrun').length, 0);
    flush();
  });

  await t.test('without CAP_NET_ADMIN it says how to give it', async (t) => {
    const watch = new ConnectionWatch(namespace, { events: allEvents, bufferBytes, unprivileged: 'alone' });
    const { name, message } = await watch.waitFor('refused');
    t.equal(name, 'ConfigError');
    t.match(message, /AmbientCapabilities=CAP_NET_ADMIN/);
    t.equal(await watch.ended(), 2);
  });

  await t.test('a socket of another process brings events, but no dumps', async (t) => {
    const watch = new ConnectionWatch(namespace, {
      events: allEvents,
      bufferBytes,
      unprivileged: 'with a socket',
    });
    t.match(await watch.waitFor('opened'), { canDump: false });
    t.match(watch.find('log')[0]?.message, /^no dumps .*CAP_NET_ADMIN/);
    namespace.run(peerPath('ping'), '-c', '1', '127.0.0.1');
    t.match(await watch.waitFor('connection'), { kind: 'new', protocol: 1 });
    watch.command('dump');
    t.match(await watch.waitFor('dump'), { complete: false, entries: 0 });
    watch.command('stop');
    await watch.waitFor('stopped');
    t.equal(await watch.ended(), 0);
  });
});
