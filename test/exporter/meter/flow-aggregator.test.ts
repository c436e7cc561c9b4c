import t, { type Test } from 'tap';
import { parseAggregate } from '../../../exporter/meter/aggregate-spec.ts';
import { FlowAggregator } from '../../../exporter/meter/flow-aggregator.ts';
import { type FlowRecord, flowEndReasons } from '../../../exporter/meter/flow-record.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { makeRecord } from '../../support/printed-records.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

type Fields = Parameters<typeof makeRecord>[0];

const second = 1_000_000;
const t0 = 1_700_000_000 * second;

/** What the aggregator hands on, with addresses as text. */
const makeRig = (spec = '', limits: { maxGroups?: number } = {}) => {
  const received: ReturnType<typeof describe>[] = [];
  const describe = (record: FlowRecord) => ({
    ...record,
    src: `${formatAddress(record.srcAddress, 0)}/${record.srcPrefixLength}`,
    dst: `${formatAddress(record.dstAddress, 0)}/${record.dstPrefixLength}`,
  });
  const options = { ...parseAggregate(spec), hashSeed: 5, ...limits };
  const aggregator = new FlowAggregator(options, (record) => received.push(describe(record)));
  return { aggregator, received, take: () => received.splice(0) };
};

/** Each record has what is expected of it, and there are no more. */
const matchAll = (t: Test, found: readonly Partial<FlowRecord>[], expected: readonly object[]): void => {
  t.match(found, expected);
  t.equal(found.length, expected.length);
};

/** A flow of one second that began at `t0` and had one record. */
const flow = (fields: Fields = {}): FlowRecord => {
  const counters = { packets: 1, octets: 100, reversePackets: 2, reverseOctets: 2000, ...fields };
  return makeRecord({
    source: 'conntrack',
    protocol: 6,
    srcAddress: '10.0.0.1',
    srcPort: 40_000,
    dstAddress: '192.0.2.1',
    dstPort: 443,
    startMicros: t0,
    endMicros: t0 + second,
    endReason: flowEndReasons.end,
    totalPackets: counters.packets,
    totalOctets: counters.octets,
    reverseTotalPackets: counters.reversePackets,
    reverseTotalOctets: counters.reverseOctets,
    ...counters,
  });
};

t.test('flows that differ in the port of the client are one', async (t) => {
  const { aggregator, received } = makeRig();
  aggregator.add(flow());
  aggregator.add(flow({ srcPort: 40_001, packets: 5, octets: 900, startMicros: t0 - 3 * second }));
  aggregator.add(flow({ srcPort: 40_002, reverseOctets: 2 ** 52, endMicros: t0 + 9 * second }));
  t.same(received, []);
  t.equal(aggregator.size, 1);
  aggregator.finish();
  matchAll(t, received, [
    {
      form: 'aggregate',
      source: 'conntrack',
      family: 4,
      protocol: 6,
      src: '10.0.0.1/32',
      dst: '192.0.2.1/32',
      srcPort: 0,
      dstPort: 443,
      startMicros: t0 - 3 * second,
      endMicros: t0 + 9 * second,
      packets: 7,
      octets: 1100,
      reversePackets: 6,
      reverseOctets: 2 ** 52 + 4000,
      totalPackets: 7,
      totalOctets: 1100,
      reverseTotalPackets: 6,
      reverseTotalOctets: 2 ** 52 + 4000,
      hasCounters: true,
      isTranslated: false,
      flowsPresent: 3,
      flowsInitiated: 3,
      flowsCompleted: 3,
      distinctSources: 1,
      distinctDestinations: 1,
    },
  ]);
  t.same([aggregator.size, aggregator.counters], [0, { aggregates: 1, evicted: 0 }]);
});

const others: readonly Fields[] = [
  { srcAddress: '10.0.0.2' },
  { dstAddress: '192.0.2.2' },
  { dstPort: 80 },
  { protocol: 17 },
  { zone: 4 },
  { source: 'packets' },
  { hasCounters: false, packets: 0, octets: 0, reversePackets: 0, reverseOctets: 0 },
  { family: 6, srcAddress: '2001:db8::1', dstAddress: '2001:db8::2' },
];
t.test('flows that differ in anything else are not', async (t) => {
  const { aggregator, received } = makeRig();
  for (const fields of [{}, ...others]) aggregator.add(flow(fields));
  aggregator.finish();
  t.equal(received.length, others.length + 1);
  for (const record of received) t.equal(record.flowsPresent, 1);
  t.match(received[4], { protocol: 17, zone: 0 });
  t.match(received[5], { protocol: 6, zone: 4 });
  t.match(received[6], { source: 'packets', zone: 0 });
  t.match(received[7], { source: 'conntrack', hasCounters: false, packets: 0 });
  t.match(received[8], { family: 6, src: '2001:db8::1/128', dst: '2001:db8::2/128', hasCounters: true });
});

t.test('prefixes bring hosts together, which are counted', async (t) => {
  const { aggregator, received } = makeRig('src=24,dst=31,src6=64');
  for (const srcAddress of ['10.0.0.1', '10.0.0.9', '10.0.0.1', '10.0.0.255', '10.0.1.1'])
    for (const dstAddress of ['192.0.2.2', '192.0.2.3']) aggregator.add(flow({ srcAddress, dstAddress }));
  const v6 = { family: 6, dstAddress: '2001:db8::2' } as const;
  for (const srcAddress of ['2001:db8:0:1::1', '2001:db8:0:1:1::1', '2001:db8:0:1::1'])
    aggregator.add(flow({ ...v6, srcAddress }));
  aggregator.finish();
  matchAll(t, received, [
    { src: '10.0.0.0/24', dst: '192.0.2.2/31', flowsPresent: 8, distinctSources: 3, distinctDestinations: 2 },
    { src: '10.0.1.0/24', dst: '192.0.2.2/31', flowsPresent: 2, distinctSources: 1, distinctDestinations: 2 },
    { src: '2001:db8:0:1::/64', dst: '2001:db8::2/128', distinctSources: 2, distinctDestinations: 1 },
  ]);
});

t.test('no more distinct addresses are counted than are kept in mind', async (t) => {
  const { aggregator, received } = makeRig('src=0,dst=0');
  for (let i = 0; i < 5000; i++) aggregator.add(flow({ srcAddress: `10.0.${i >> 8}.${i & 255}` }));
  aggregator.finish();
  matchAll(t, received, [{ flowsPresent: 5000, distinctSources: 4096, distinctDestinations: 1 }]);
});

t.test('what must be told one by one is handed on at once, as it is', async (t) => {
  const untouched = [
    flow({ isTranslated: true, postSrcAddress: '203.0.113.1', postSrcPort: 1024 }),
    flow({ protocol: 1, icmpType: 8 }),
    flow({ protocol: 58, family: 6, icmpType: 128 }),
    flow({ form: 'event', event: 'new' }),
    flow({ form: 'nat-event' }),
  ];
  const received: FlowRecord[] = [];
  const aggregator = new FlowAggregator(parseAggregate(''), (record) => received.push(record));
  for (const record of untouched) aggregator.add(record);
  t.equal(received.length, 5);
  for (const [i, record] of untouched.entries()) t.equal(received[i], record);
  t.equal(aggregator.size, 0);
});

t.test('a window ends after its time, each group for itself', async (t) => {
  const { aggregator, take } = makeRig('window=10s');
  aggregator.expire(t0 + 2 * second);
  aggregator.add(flow());
  aggregator.expire(t0 + 5 * second);
  aggregator.add(flow({ dstPort: 80 }));
  aggregator.expire(t0 + 12 * second - 1);
  t.same(take(), []);
  aggregator.expire(t0 + 12 * second);
  matchAll(t, take(), [{ dstPort: 443 }]);
  t.equal(aggregator.size, 1);
  aggregator.expire(t0 + 15 * second);
  matchAll(t, take(), [{ dstPort: 80 }]);
});

t.test('where nobody calls, the ends of flows are the clock', async (t) => {
  const { aggregator, take } = makeRig('window=10s');
  aggregator.add(flow({ endMicros: t0 }));
  aggregator.add(flow({ endMicros: t0 + 5 * second, dstPort: 80 }));
  aggregator.add(flow({ endMicros: t0 + 9 * second }));
  t.same(take(), []);
  aggregator.add(flow({ endMicros: t0 + 10 * second }));
  matchAll(t, take(), [{ dstPort: 443, flowsPresent: 2, endMicros: t0 + 9 * second }]);
  // One that ended before does not set the clock back.
  aggregator.add(flow({ endMicros: t0 }));
  aggregator.finish();
  matchAll(t, take(), [
    { dstPort: 80, flowsPresent: 1 },
    { dstPort: 443, flowsPresent: 2 },
  ]);
});

t.test('many windows that end at once end with the next records, if not before', async (t) => {
  const { aggregator, take } = makeRig('window=10s');
  for (let dstPort = 0; dstPort < 100; dstPort++) aggregator.add(flow({ dstPort }));
  for (let i = 1; i <= 7; i++) {
    // The window of port 99 is not among the first, and yet this record is none of it.
    aggregator.add(flow({ dstPort: 99, endMicros: t0 + 20 * second }));
    const ended = take();
    t.equal(ended.length, i === 1 ? 17 : i < 7 ? 16 : 3);
    for (const { flowsPresent } of ended) t.equal(flowsPresent, 1);
  }
  t.equal(aggregator.size, 1);
});

t.test('whoever cannot take all at once takes some at a time', async (t) => {
  const { aggregator, take } = makeRig('window=10s');
  for (let dstPort = 0; dstPort < 10; dstPort++) aggregator.add(flow({ dstPort }));
  t.equal(aggregator.expire(t0 + 11 * second - 1, 3), false);
  t.equal(take().length, 0);
  t.equal(aggregator.expire(t0 + 11 * second, 3), true);
  t.same(
    take().map(({ dstPort }) => dstPort),
    [0, 1, 2],
  );
  t.equal(aggregator.finish(6), true);
  t.equal(take().length, 6);
  t.equal(aggregator.finish(6), false);
  t.equal(take().length, 1);
  t.equal(aggregator.expire(t0 + 30 * second, 3), false);
});

t.test('a clock that is set back ends windows as well, if it is not by a little', async (t) => {
  const { aggregator, take } = makeRig('window=10s');
  aggregator.expire(t0);
  aggregator.add(flow({ endMicros: t0 }));
  aggregator.expire(t0 - 9 * second);
  t.same(take(), []);
  aggregator.expire(t0 - 10 * second);
  t.equal(take().length, 1);
});

/** The records of a flow that lasts: three while it goes on, one at its end. */
const lasting = (flowIdLow: number): FlowRecord[] =>
  [0, 1, 2, 3].map((i) =>
    flow({
      flowIdLow,
      totalPackets: i + 1,
      totalOctets: 100 * (i + 1),
      reverseTotalPackets: 2 * (i + 1),
      endMicros: t0 + i * second,
      endReason: i === 3 ? flowEndReasons.idle : flowEndReasons.active,
    }),
  );

t.test('a flow is present once in a window, whatever number of records it has there', async (t) => {
  const { aggregator, take } = makeRig();
  for (const record of [...lasting(1), ...lasting(2), flow()]) aggregator.add(record);
  aggregator.finish();
  matchAll(t, take(), [{ flowsPresent: 3, flowsInitiated: 3, flowsCompleted: 3, packets: 9, octets: 900 }]);
});

t.test('a flow is present in each of its windows, and begins and ends in one', async (t) => {
  const { aggregator, take } = makeRig('window=2s');
  for (const record of lasting(1)) aggregator.add(record);
  aggregator.finish();
  matchAll(t, take(), [
    { flowsPresent: 1, flowsInitiated: 1, flowsCompleted: 0, packets: 2 },
    { flowsPresent: 1, flowsInitiated: 0, flowsCompleted: 1, packets: 2 },
  ]);
});

t.test('a flow from before did not begin here', async (t) => {
  const { aggregator, take } = makeRig();
  aggregator.add(flow({ totalPackets: 10 }));
  aggregator.add(flow({ reverseTotalPackets: 10, flowIdLow: 2 }));
  aggregator.finish();
  matchAll(t, take(), [{ flowsPresent: 2, flowsInitiated: 0, flowsCompleted: 2 }]);
});

t.test('a beginning that is not known is no time', async (t) => {
  const { aggregator, take } = makeRig();
  aggregator.add(flow({ startMicros: 0 }));
  aggregator.finish();
  matchAll(t, take(), [{ startMicros: t0 + second, endMicros: t0 + second }]);
  aggregator.add(flow({ startMicros: 0 }));
  aggregator.add(flow());
  aggregator.finish();
  matchAll(t, take(), [{ startMicros: t0 }]);
});

t.test('without room, the oldest group goes early', async (t) => {
  const { aggregator, take } = makeRig('', { maxGroups: 3 });
  for (const dstPort of [1, 2, 3, 1, 4, 1]) aggregator.add(flow({ dstPort }));
  matchAll(t, take(), [
    { dstPort: 1, flowsPresent: 2 },
    { dstPort: 2, flowsPresent: 1 },
  ]);
  t.same(aggregator.counters, { aggregates: 2, evicted: 2 });
  aggregator.finish();
  t.same(
    take().map(({ dstPort, flowsPresent }) => [dstPort, flowsPresent]),
    [
      [3, 1],
      [4, 1],
      [1, 1],
    ],
  );
});

t.test('nothing is lost or counted twice, in whatever order', async (t) => {
  const random = new SeededRandom(11);
  const { aggregator, received } = makeRig('window=5s,src=30,dst=31', { maxGroups: 20 });
  const sums = { packets: 0, reverseOctets: 0, records: 0 };
  const totals = new Map<number, number>();
  const ended = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    const flowIdLow = random.below(3000);
    if (ended.has(flowIdLow)) continue;
    const packets = random.between(1, 50);
    const before = totals.get(flowIdLow) ?? 0;
    totals.set(flowIdLow, before + packets);
    const isLast = random.chance(0.3);
    if (isLast) ended.add(flowIdLow);
    aggregator.add(
      flow({
        flowIdLow,
        srcAddress: `10.0.0.${flowIdLow & 15}`,
        dstAddress: `192.0.2.${(flowIdLow >> 4) & 3}`,
        dstPort: 400 + (flowIdLow & 1),
        packets,
        totalPackets: before + packets,
        endMicros: t0 + i * 10_000,
        endReason: isLast ? flowEndReasons.end : flowEndReasons.active,
      }),
    );
    sums.packets += packets;
    sums.reverseOctets += 2000;
    sums.records++;
  }
  aggregator.finish();
  const sum = (key: 'packets' | 'reverseOctets' | 'flowsPresent' | 'flowsInitiated' | 'flowsCompleted') =>
    received.reduce((total, record) => total + record[key], 0);
  t.equal(sum('packets'), sums.packets);
  t.equal(sum('reverseOctets'), sums.reverseOctets);
  t.equal(sum('flowsInitiated'), totals.size);
  t.equal(sum('flowsCompleted'), ended.size);
  t.ok(sum('flowsPresent') >= totals.size && sum('flowsPresent') < sums.records);
});
