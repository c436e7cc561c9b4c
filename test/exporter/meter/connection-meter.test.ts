import t from 'tap';
import { ConnectionMeter, type ConnectionMeterOptions } from '../../../exporter/meter/connection-meter.ts';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import { statusBits } from '../../../exporter/observe/connection.ts';
import { type ProcessFacts, processQualities } from '../../../exporter/observe/process-facts.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { type ConnectionSpec, defaultTimeouts, makeTestConnection } from '../../support/connections.ts';

const second = 1e6;
const begin = 1_700_000_000 * second;
const at = (seconds: number): number => begin + seconds * second;

const startMeter = (options: Partial<ConnectionMeterOptions> = {}) => {
  const records: FlowRecord[] = [];
  const meter = new ConnectionMeter(
    {
      activeMicros: 60 * second,
      maxConnections: 1000,
      exportEvents: { new: false, update: false, destroy: true },
      natEvents: 'off',
      flows: true,
      rememberNew: true,
      timeouts: defaultTimeouts,
      ...options,
    },
    (record) => records.push(structuredClone(record)),
  );
  const tell = (nowSeconds: number, spec: ConnectionSpec): void =>
    meter.connection(makeTestConnection(spec), at(nowSeconds));
  const dump = (nowSeconds: number, specs: readonly ConnectionSpec[], complete = true): void => {
    meter.dumpStarted(at(nowSeconds));
    for (const spec of specs) tell(nowSeconds, { kind: 'dump', timeoutSeconds: 432_000, ...spec });
    meter.dumpEnded(complete, at(nowSeconds));
  };
  return { meter, records, tell, dump };
};

const processFacts = (pid: number): ProcessFacts => ({
  quality: processQualities.exact,
  pid,
  uid: 0,
  gid: 0,
  name: '',
  user: '',
  command: '',
  cgroup: '',
  cgroupId: 0,
  containerId: '',
});

const counted = (packets: number): ConnectionSpec => ({
  hasCounters: true,
  packets,
  octets: 100 * packets,
  reversePackets: 2 * packets,
  reverseOctets: 3000 * packets,
});

t.test('a short connection is one DESTROY, and nothing is kept of it', async (t) => {
  const { meter, records, tell, dump } = startMeter();
  dump(0, []);
  tell(150, {
    kind: 'destroy',
    id: 0xfedcba98,
    state: 7,
    zone: 5,
    mark: 9,
    startMicros: at(10),
    stopMicros: at(133),
    replyTo: ['203.0.113.7', 40005],
    ...counted(4),
  });
  t.equal(meter.size, 0);
  t.equal(records.length, 1);
  const [record] = records;
  t.match(record, {
    form: 'flow',
    source: 'conntrack',
    event: 'destroy',
    firewallEvent: 2,
    endReason: 3,
    natEvent: 0,
    startMicros: at(10),
    endMicros: at(13),
    srcPort: 40000,
    dstPort: 443,
    isTranslated: true,
    postSrcPort: 40005,
    postDstPort: 443,
    packets: 4,
    octets: 400,
    reversePackets: 8,
    reverseOctets: 12_000,
    totalPackets: 4,
    reverseTotalOctets: 12_000,
    hasCounters: true,
    tcpFlags: 0x13,
    reverseTcpFlags: 0x13,
    flowIdLow: 0xfedcba98,
    connectionId: 0xfedcba98,
    zone: 5,
    mark: 9,
    state: 7,
  });
  t.equal(formatAddress(record?.postSrcAddress ?? new Uint8Array(16), 0), '203.0.113.7');
});

t.test('what was before us is in totals and never in deltas', async (t) => {
  const { records, tell, dump } = startMeter();
  const older: ConnectionSpec = { id: 1, startMicros: at(-500) };
  dump(0, [{ ...older, ...counted(1000) }]);
  // Began after us, and a dump shows it before the first one has ended.
  const younger: ConnectionSpec = { id: 2, from: ['10.0.0.3', 1], startMicros: at(1) };
  dump(2, [
    { ...older, ...counted(1003) },
    { ...younger, ...counted(5) },
  ]);
  tell(9, { kind: 'destroy', ...older, ...counted(1007) });
  tell(9, { kind: 'destroy', ...younger, ...counted(6) });
  t.match(records[0], { packets: 7, totalPackets: 1007, reversePackets: 14 });
  t.match(records[1], { packets: 6, totalPackets: 6 });
  // Older than us, and no dump has told of its counters.
  tell(9, { kind: 'destroy', id: 3, from: ['10.0.0.4', 1], startMicros: at(-1), ...counted(50) });
  t.match(records[2], { packets: 0, octets: 0, totalPackets: 50 });
});

t.test('without any dump, what began since we were told to begin is counted', async (t) => {
  const { meter, records, tell } = startMeter();
  meter.begin(at(0));
  tell(5, { kind: 'destroy', id: 1, startMicros: at(1), ...counted(5) });
  tell(5, { kind: 'destroy', id: 2, startMicros: at(-1), ...counted(7) });
  t.match(records, [
    { packets: 5, totalPackets: 5 },
    { packets: 0, totalPackets: 7 },
  ]);
});

t.test('a clock that is put back by an hour: connections count, and interim records come', async (t) => {
  const { records, tell, dump } = startMeter();
  const lasting: ConnectionSpec = { id: 1, startMicros: at(-500) };
  dump(0, [{ ...lasting, ...counted(10) }]);
  dump(-3600, [{ ...lasting, ...counted(11) }]);
  t.match(records, [{ event: 'interim', packets: 1 }]);
  tell(-3590, { kind: 'destroy', id: 2, from: ['10.0.0.3', 1], startMicros: at(-3595), ...counted(5) });
  t.match(records[1], { event: 'destroy', packets: 5 });
  dump(-3590, [{ ...lasting, ...counted(12) }]);
  dump(-3480, [{ ...lasting, ...counted(13) }]);
  const interims = records.filter(({ event }) => event === 'interim');
  t.equal(
    interims.reduce((sum, { packets }) => sum + packets, 0),
    3,
    'each packet once, and not an hour later',
  );
});

t.test('interim records: deltas since the last one, spread, and none without packets', async (t) => {
  const { meter, records, dump } = startMeter();
  const many = Array.from({ length: 200 }, (_, i) => ({ id: i, from: ['10.0.0.2', 1000 + i] as const }));
  const dumpAll = (seconds: number, packets: number): void =>
    dump(
      seconds,
      many.map((each) => ({ ...each, startMicros: at(-5), timeoutSeconds: 431_998, ...counted(packets) })),
    );
  dumpAll(0, 100);
  for (let i = 1; i <= 6; i++) {
    const before = records.length;
    dumpAll(10 * i, 100 + i);
    const due = records.length - before;
    t.ok(due > 15 && due < 55, `a sixth of them is due: ${due}`);
  }
  t.equal(records.length, 200, 'and after 60 s all of them were');
  t.match(records[0], {
    form: 'flow',
    event: 'interim',
    endReason: 2,
    firewallEvent: 5,
    packets: 1,
    totalPackets: 101,
    startMicros: at(-5),
    endMicros: at(8),
  });
  for (let i = 7; i <= 12; i++) dumpAll(10 * i, 106);
  const sums = new Map<number, number>();
  for (const { srcPort, packets } of records) sums.set(srcPort, (sums.get(srcPort) ?? 0) + packets);
  t.same([...new Set(sums.values())], [6], 'all that came after the baseline, once');
  t.equal(meter.counters.interims, records.length);
  const before = records.length;
  for (let i = 13; i <= 18; i++) dumpAll(10 * i, 106);
  t.equal(records.length, before, 'nothing new');
});

t.test(
  'a connection that begins while we watch has its first interim record after the active timeout',
  async (t) => {
    const { records, dump } = startMeter();
    dump(0, []);
    const younger = (packets: number): ConnectionSpec => ({ startMicros: at(5), ...counted(packets) });
    for (const seconds of [10, 20, 30, 40, 50, 60]) dump(seconds, [younger(seconds)]);
    t.equal(records.length, 0);
    dump(70, [younger(70)]);
    t.match(records, [{ event: 'interim', packets: 70 }]);
  },
);

t.test('counters that were set to 0 go on from there', async (t) => {
  const { records, tell, dump } = startMeter();
  dump(0, [{ startMicros: at(-5), ...counted(10) }]);
  dump(1, [{ startMicros: at(-5), ...counted(14) }]);
  dump(2, [{ startMicros: at(-5), ...counted(3) }]);
  tell(3, { kind: 'destroy', startMicros: at(-5), ...counted(5) });
  t.match(records, [{ packets: 4 + 5 }]);
});

t.test(
  'an entry of a dump that was destroyed meanwhile is passed over, and so is a second DESTROY',
  async (t) => {
    const { meter, records, tell } = startMeter();
    meter.dumpStarted(at(0));
    for (const startMicros of [at(-3), at(-3)]) tell(1, { kind: 'destroy', startMicros, ...counted(2) });
    tell(1, { kind: 'dump', startMicros: at(-3), ...counted(1) });
    t.equal(meter.size, 0);
    t.equal(meter.counters.duplicates, 2);
    tell(1, { kind: 'dump', startMicros: at(0.5), ...counted(1) });
    t.equal(meter.size, 1, 'the next with the same id and tuple, which begins at another time');
    meter.dumpEnded(true, at(2));
    tell(3, { kind: 'destroy', startMicros: at(0.5), ...counted(4) });
    t.match(records, [{ totalPackets: 2 }, { packets: 4 }]);
  },
);

t.test('the next dump is believed again', async (t) => {
  const { meter, tell, dump } = startMeter();
  meter.dumpStarted(at(0));
  tell(1, { kind: 'destroy', ...counted(2) });
  meter.dumpEnded(true, at(2));
  dump(3, [counted(1)]);
  t.equal(meter.size, 1, 'the same id and tuple, and no start that tells them apart');
});

t.test('DESTROY says no helper and no labels: the table does', async (t) => {
  const { records, tell, dump } = startMeter();
  const labels = '0'.repeat(31).concat('4');
  dump(0, [{ startMicros: at(-3), helper: 'sip', labels, ...counted(1) }]);
  tell(5, { kind: 'destroy', startMicros: at(-3), ...counted(1) });
  t.match(records, [{ helper: 'sip', labels }]);
});

t.test('one that had vanished and is back is not counted again', async (t) => {
  const { records, tell, dump } = startMeter();
  const spec: ConnectionSpec = { startMicros: at(1) };
  dump(0, []);
  dump(2, [{ ...spec, ...counted(4) }]);
  dump(4, []);
  dump(6, []);
  dump(8, [{ ...spec, ...counted(6) }]);
  tell(9, { kind: 'destroy', ...spec, ...counted(7) });
  t.match(records, [{ packets: 4 }, { packets: 1, totalPackets: 7 }]);
});

t.test('vanished connections are forgotten after half an hour, or a whole one', async (t) => {
  const { meter, records, tell, dump } = startMeter();
  dump(0, []);
  dump(1, [counted(1)]);
  for (const seconds of [2, 3, 1700]) dump(seconds, []);
  tell(1700, { kind: 'destroy', ...counted(1) });
  t.equal(meter.counters.duplicates, 1);
  for (const seconds of [3601, 7202]) dump(seconds, []);
  tell(7203, { kind: 'destroy', ...counted(1) });
  t.equal(records.length, 2);
});

t.test('two complete dumps without it: it has vanished', async (t) => {
  const { meter, records, tell, dump } = startMeter();
  const spec: ConnectionSpec = { startMicros: at(-100), helper: 'ftp', labels: '0'.repeat(31).concat('1') };
  dump(0, [{ ...spec, ...counted(7) }]);
  dump(10, [{ ...spec, ...counted(9), timeoutSeconds: 431_997 }]);
  dump(20, []);
  dump(25, [], false);
  t.equal(records.length, 0, 'once is no proof, and an incomplete one neither');
  dump(30, []);
  t.match(records, [
    { event: 'destroy', firewallEvent: 2, endReason: 1, packets: 2, totalPackets: 9, endMicros: at(7) },
  ]);
  t.match(records[0], { startMicros: at(-100), helper: 'ftp', labels: spec.labels, state: 3 });
  t.equal(meter.counters.vanished, 1);
  tell(40, { kind: 'destroy', ...spec, ...counted(9) });
  t.equal(records.length, 1, 'its DESTROY comes too late');
  t.equal(meter.size, 0);
});

t.test('the same tuple with another id is another connection', async (t) => {
  const { records, dump } = startMeter();
  dump(0, [{ id: 1, startMicros: at(-9), state: 7, ...counted(1) }]);
  for (const seconds of [10, 20]) dump(seconds, [{ id: 2, startMicros: at(5), ...counted(3) }]);
  t.match(records, [{ connectionId: 1, endReason: 3, event: 'destroy' }], 'the old one has ended');
});

t.test('NEW and UPDATE carry no counters; all records have the same flowId', async (t) => {
  const { records, tell, dump } = startMeter({ exportEvents: { new: true, update: true, destroy: true } });
  dump(0, []);
  tell(1, { kind: 'new', state: 1, status: 0, eventMicros: at(0.9) });
  tell(2.1, { kind: 'update', state: 2, status: statusBits.seenReply });
  // The kernel's own start is in another second.
  tell(9, { kind: 'destroy', state: 8, startMicros: at(0.99) - second, ...counted(3) });
  t.match(records, [
    { form: 'event', event: 'new', firewallEvent: 1, endReason: 0, endMicros: at(0.9), tcpFlags: 2 },
    { form: 'event', event: 'update', firewallEvent: 5, endMicros: at(2.1), reverseTcpFlags: 0x12 },
    { form: 'flow', event: 'destroy', startMicros: at(-0.01), hasCounters: true },
  ]);
  t.same(
    records.map(({ hasCounters }) => hasCounters),
    [false, false, true],
  );
  t.equal(records[0]?.startMicros, at(0.9), 'when the kernel made the event');
  t.equal(new Set(records.map(({ flowIdHigh }) => flowIdHigh)).size, 1);
});

t.test(
  'with timestamps of the kernel NEW needs no memory, and the flowId is the same all the same',
  async (t) => {
    const { meter, records, tell, dump } = startMeter({
      exportEvents: { new: true, update: false, destroy: true },
      rememberNew: false,
    });
    dump(0, []);
    tell(1, { kind: 'new', eventMicros: at(0.9) });
    t.equal(meter.size, 0);
    tell(9, { kind: 'destroy', startMicros: at(0.9), ...counted(3) });
    t.match(records, [
      { event: 'new', startMicros: at(0.9) },
      { event: 'destroy', packets: 3 },
    ]);
    t.equal(new Set(records.map(({ flowIdHigh }) => flowIdHigh)).size, 1);
    t.not(records[0]?.flowIdHigh, 0);
  },
);

t.test('without timestamps of the kernel NEW tells the start', async (t) => {
  const { records, tell } = startMeter();
  tell(3, { kind: 'new' });
  tell(9, { kind: 'destroy', ...counted(3) });
  t.match(records, [{ startMicros: at(3), endMicros: at(9), packets: 3 }]);
  tell(9, { kind: 'destroy', ...counted(3) });
  t.equal(records[1]?.startMicros, 0, 'not known');
});

t.test('NAT events', async (t) => {
  const nat: ConnectionSpec = { replyTo: ['203.0.113.7', 40005] };
  const run = (options: Partial<ConnectionMeterOptions>, spec: ConnectionSpec) => {
    const { records, tell } = startMeter({ flows: false, ...options });
    tell(1, { kind: 'new', ...spec });
    tell(5, { kind: 'destroy', eventMicros: at(4), startMicros: at(1), ...counted(3), ...spec });
    return records;
  };
  const records = run({ natEvents: 'session' }, nat);
  t.match(records, [
    { form: 'nat-event', natEvent: 4, firewallEvent: 0, endMicros: at(1), hasCounters: false },
    { form: 'nat-event', natEvent: 5, firewallEvent: 0, endMicros: at(4), totalPackets: 0 },
  ]);
  t.match(run({ natEvents: 'historic' }, nat), [{ natEvent: 1 }, { natEvent: 2 }]);
  const nat66: ConnectionSpec = { from: ['fd00::2', 1], to: ['2001:db8::1', 2], replyTo: ['2001:db8::9', 1] };
  t.match(run({ natEvents: 'session' }, nat66), [{ natEvent: 1 }, { natEvent: 2 }], 'no code exists');
  t.same(run({ natEvents: 'session' }, {}), [], 'not translated');
});

t.test('deleted by a process: forced, and that is the end', async (t) => {
  const { records, tell } = startMeter();
  tell(9, { kind: 'destroy', portId: 4711, startMicros: at(1), stopMicros: at(8.9), ...counted(1) });
  t.match(records, [{ endReason: 4, endMicros: at(9) }]);
});

t.test('a full table: not kept, counted, and exported when they end', async (t) => {
  const { meter, records, tell, dump } = startMeter({ maxConnections: 1 });
  dump(0, [
    { id: 1, startMicros: at(-5), ...counted(1) },
    { id: 2, startMicros: at(-5), ...counted(1), from: ['fd00::1', 1], to: ['fd00::2', 2] },
  ]);
  t.equal(meter.size, 1, 'both families together');
  t.equal(meter.counters.untracked, 1);
  tell(9, { kind: 'destroy', id: 3, startMicros: at(5), ...counted(8) });
  t.match(records, [{ packets: 8 }]);
});

t.test('a clean stop: a last record of all', async (t) => {
  const { meter, records, tell, dump } = startMeter();
  const from: ConnectionSpec['from'] = ['fd00::1', 1];
  dump(0, [{ from, to: ['fd00::2', 2], startMicros: at(-5), ...counted(1) }]);
  dump(9, [{ from, to: ['fd00::2', 2], startMicros: at(-5), ...counted(3), zone: 0 }]);
  tell(10, { kind: 'new', id: 5, protocol: 17, state: -1 });
  t.equal(meter.finish(at(11), 1), true, 'one at a time');
  t.equal(meter.finish(at(11), 10), false);
  t.match(records, [
    { protocol: 17, hasCounters: false, endReason: 4, endMicros: at(10), startMicros: at(10) },
    { family: 6, endReason: 4, firewallEvent: 5, event: 'interim', packets: 2, totalPackets: 3 },
  ]);
  t.equal(formatAddress(records[1]?.dstAddress ?? new Uint8Array(16), 0), 'fd00::2');
  t.equal(meter.size, 0);
});

t.test('destroy not wanted: no last records, NAT events all the same', async (t) => {
  const { records, tell } = startMeter({
    exportEvents: { new: false, update: false, destroy: false },
    natEvents: 'session',
  });
  tell(9, { kind: 'destroy', startMicros: at(1), replyFrom: ['10.1.0.9', 443], ...counted(1) });
  t.match(records, [{ form: 'nat-event', natEvent: 5 }]);
  t.equal(records.length, 1);
});

t.test('the processes that NEW told of are in all records of the connection, and in no other', async (t) => {
  const { records, tell, dump, meter } = startMeter({
    exportEvents: { new: true, update: true, destroy: true },
    natEvents: 'session',
    rememberNew: false,
  });
  const web = processFacts(1);
  const older = processFacts(2);
  const translated = { replyTo: ['203.0.113.7', 40005] } as const;
  dump(0, [{ id: 9, startMicros: at(-50), dstProcess: older, ...counted(1) }]);
  tell(1, { kind: 'new', srcProcess: web, ...translated });
  tell(2, { kind: 'update', ...translated });
  dump(70, [
    { startMicros: at(1), ...counted(3), ...translated },
    { id: 9, startMicros: at(-50), ...counted(5) },
  ]);
  dump(140, [{ id: 9, startMicros: at(-50), ...counted(7) }]);
  tell(150, { kind: 'destroy', startMicros: at(1), ...counted(4), ...translated });
  t.same(
    records.map(({ form, event, srcProcess, dstProcess }) => [form, event, srcProcess?.pid, dstProcess?.pid]),
    [
      ['event', 'new', 1, undefined],
      ['nat-event', 'new', 1, undefined],
      ['event', 'update', 1, undefined],
      ['flow', 'interim', 1, undefined],
      ['flow', 'interim', undefined, 2],
      ['flow', 'interim', undefined, 2],
      ['flow', 'destroy', 1, undefined],
      ['nat-event', 'destroy', 1, undefined],
    ],
  );
  records.length = 0;
  tell(160, { kind: 'new' });
  tell(161, { kind: 'destroy', ...counted(1) });
  meter.finish(at(170), 10);
  t.same(
    records.map(({ event, srcProcess, dstProcess }) => [event, srcProcess?.pid, dstProcess?.pid]),
    [
      ['new', undefined, undefined],
      ['destroy', undefined, undefined],
      ['interim', undefined, 2],
    ],
    'the same id and tuple once more, by somebody else',
  );
});
