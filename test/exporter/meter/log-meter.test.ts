import t from 'tap';
import type { LoggedConnection } from '../../../exporter/logs/logged-connection.ts';
import { type FlowRecord, flowEndReasons } from '../../../exporter/meter/flow-record.ts';
import { LogMeter, type LogMeterOptions } from '../../../exporter/meter/log-meter.ts';
import { type ConnectionSpec, defaultTimeouts, makeTestConnection } from '../../support/connections.ts';

const second = 1e6;
const begin = 1_700_000_000 * second;
const readAt = begin + 3600 * second;
const nat = { replyTo: ['203.0.113.5', 61000] } as const;
const counters = { hasCounters: true, packets: 5, octets: 500, reversePackets: 4, reverseOctets: 4000 };

const makeRig = (more: Partial<LogMeterOptions> = {}) => {
  const seen: FlowRecord[] = [];
  const exportEvents = { new: true, update: true, destroy: true };
  const meter = new LogMeter(
    { exportEvents, natEvents: 'off', timeouts: defaultTimeouts, ...more },
    (record) => seen.push({ ...record }),
  );
  const say = (spec: ConnectionSpec, endMicros = 0): FlowRecord[] => {
    seen.length = 0;
    const logged: LoggedConnection = { connection: makeTestConnection(spec), endMicros };
    meter.connection(logged, readAt);
    return [...seen];
  };
  return { meter, say };
};

t.test('NEW, UPDATE and DESTROY of one connection share a flowId', async (t) => {
  const { meter, say } = makeRig();
  const [first] = say({ kind: 'new', state: 1, eventMicros: begin, ...nat });
  t.match(first, { form: 'event', event: 'new', endMicros: begin, startMicros: begin, isTranslated: true });
  t.match(first, { connectionId: 77, flowIdLow: 77, postSrcPort: 61000, hasCounters: false });
  const [second_] = say({ kind: 'update', eventMicros: begin + second, ...nat });
  t.match(second_, { form: 'event', event: 'update', endMicros: begin + second, startMicros: begin });
  const [last, ...rest] = say({
    kind: 'destroy',
    eventMicros: begin + 9 * second,
    ...nat,
    ...counters,
    state: 7,
  });
  t.same(rest, []);
  t.match(last, { form: 'flow', event: 'destroy', startMicros: begin, endMicros: begin + 9 * second });
  t.match(last, { packets: 5, octets: 500, reversePackets: 4, reverseOctets: 4000, hasCounters: true });
  t.equal(last?.endReason, flowEndReasons.end);
  t.equal(new Set([first, second_, last].map((r) => `${r?.flowIdHigh} ${r?.flowIdLow}`)).size, 1);
  t.match(meter.counters, { events: 2, flows: 1, untimed: 0 });
});

t.test('without an id the start tells connections apart that have the same ends', async (t) => {
  const { say } = makeRig();
  const ids = [0, 60].map((seconds) => {
    const atMicros = begin + seconds * second;
    const records = [
      ...say({ kind: 'new', id: 0, eventMicros: atMicros }),
      ...say({ kind: 'destroy', id: 0, eventMicros: atMicros + 5 * second }),
    ];
    t.equal(records.length, 2);
    t.equal(records[1]?.startMicros, atMicros, 'the start is what NEW said');
    t.equal(records[0]?.flowIdLow, records[1]?.flowIdLow);
    return records[0]?.flowIdLow;
  });
  t.not(ids[0], ids[1]);
  t.match(say({ kind: 'destroy', id: 0, eventMicros: begin }), [{ startMicros: 0, flowIdLow: 0 }]);
});

t.test('a start that nobody tells is not known', async (t) => {
  const { say } = makeRig();
  t.match(say({ kind: 'destroy', eventMicros: begin }), [{ startMicros: 0, endMicros: begin }]);
  t.match(say({ kind: 'update', eventMicros: begin }), [{ startMicros: 0 }]);
});

t.test('a start that is told to the second is less than what NEW told', async (t) => {
  const { say } = makeRig();
  say({ kind: 'new', eventMicros: begin + 435_574 });
  t.match(say({ kind: 'destroy', startMicros: begin, eventMicros: begin + second }), [
    { startMicros: begin + 435_574 },
  ]);
  say({ kind: 'new', eventMicros: begin + 435_574 });
  t.match(say({ kind: 'destroy', startMicros: begin + 435_001, eventMicros: begin + second }), [
    { startMicros: begin + 435_001 },
  ]);
});

t.test('the end: the last packet where the state tells it, else what the log calls the end', async (t) => {
  const { say } = makeRig();
  const startMicros = begin;
  const stopMicros = begin + 200 * second;
  const event = { kind: 'destroy', startMicros, eventMicros: stopMicros + second } as const;
  t.match(
    say({ ...event, stopMicros, state: 7 }),
    [{ endMicros: begin + 80 * second }],
    'TIME_WAIT is 120 s',
  );
  t.match(say({ ...event, stopMicros, protocol: 17, state: -1 }), [
    { endMicros: begin + 80 * second, endReason: 1 },
  ]);
  t.match(
    say({ ...event, stopMicros, state: -1 }),
    [{ endMicros: stopMicros, endReason: 0 }],
    'TCP in no state',
  );
  t.match(say({ ...event, state: -1 }, begin + 100.5 * second), [{ endMicros: begin + 100.5 * second }]);
  t.match(say({ ...event, state: -1 }, begin - second), [{ endMicros: begin }], 'never before the start');
  t.match(say({ ...event, portId: 99, state: 3 }), [{ endReason: flowEndReasons.forced }]);
});

t.test('without a time it is when the line was written', async (t) => {
  const { meter, say } = makeRig();
  t.match(say({ kind: 'new' }), [{ endMicros: readAt }]);
  t.match(say({ kind: 'update' }), [{ endMicros: readAt }]);
  t.match(say({ kind: 'destroy', state: -1 }), [{ endMicros: readAt }]);
  t.match(say({ kind: 'new', startMicros: begin }), [{ endMicros: begin }]);
  t.equal(meter.counters.untimed, 3);
});

t.test('a listing: what was counted since the one before', async (t) => {
  const { meter, say } = makeRig();
  const entry = { kind: 'dump', timeoutSeconds: 431_990 } as const;
  t.match(say({ ...entry, ...counters }), [
    {
      form: 'flow',
      event: 'interim',
      packets: 5,
      octets: 500,
      totalPackets: 5,
      startMicros: 0,
      endReason: 2,
      endMicros: readAt - 10 * second,
    },
  ]);
  t.same(say({ ...entry, ...counters }), [], 'nothing new');
  t.match(say({ ...entry, ...counters, packets: 7, octets: 900 }), [
    { packets: 2, octets: 400, reversePackets: 0, totalPackets: 7 },
  ]);
  t.match(say({ kind: 'destroy', ...counters, packets: 8, octets: 1000 }), [
    { event: 'destroy', packets: 1, octets: 100, totalPackets: 8 },
  ]);
  t.match(say({ ...entry, id: 5 }), [
    { form: 'event', event: 'update', endMicros: readAt, hasCounters: false },
  ]);
  t.match(say({ kind: 'update', ...counters, eventMicros: begin, id: 6 }, begin - second), [
    { event: 'interim', packets: 5, endMicros: begin - second },
  ]);
  t.match(meter.counters, { listed: 5, unchanged: 1, flows: 1 });
});

t.test('what was not asked for is no record', async (t) => {
  const { say } = makeRig({ exportEvents: { new: false, update: false, destroy: false } });
  t.same(say({ kind: 'new', eventMicros: begin }), []);
  t.same(say({ kind: 'update', eventMicros: begin }), []);
  t.same(say({ kind: 'destroy', eventMicros: begin }), []);
  t.equal(say({ kind: 'dump' }).length, 1);
});

t.test('NAT events, of what is translated', async (t) => {
  const { meter, say } = makeRig({ natEvents: 'session' });
  t.match(say({ kind: 'new', eventMicros: begin, ...nat }), [
    { form: 'event' },
    { form: 'nat-event', natEvent: 4, endMicros: begin },
  ]);
  t.match(say({ kind: 'destroy', eventMicros: begin + 7, ...nat, state: -1 }), [
    { form: 'flow' },
    { form: 'nat-event', natEvent: 5, endMicros: begin + 7 },
  ]);
  t.equal(say({ kind: 'new', id: 5, eventMicros: begin }).length, 1);
  t.equal(meter.counters.natEvents, 2);
});

t.test('flags are made of states, and of nothing else', async (t) => {
  const { say } = makeRig();
  const unknown = { kind: 'destroy', eventMicros: begin, status: 0 } as const;
  t.match(say({ ...unknown, state: -1 }), [{ tcpFlags: 0, reverseTcpFlags: 0, status: 0 }]);
  t.match(say({ ...unknown, state: -1, ...counters }), [{ tcpFlags: 0, status: 2 }], 'there was a reply');
  t.match(say({ ...unknown, state: 1 }), [{ tcpFlags: 2 }]);
});
