import t from 'tap';
import { shapeBits as b, shapeOf } from '../../../exporter/export/record-shape.ts';
import { natFlow, type RecordSpec } from '../../support/flow-records.ts';
import { curl, makeTrace, traceRecord } from '../../support/processes.ts';

const flow = b.flow | b.conntrack | b.translated | b.start | b.counters;
const packets: RecordSpec = { source: 'packets', isTranslated: false };
const packetFlow = b.flow | b.start | b.counters | b.tcp;

const shapes: readonly (readonly [what: string, spec: RecordSpec, shape: number])[] = [
  ['translated TCP', {}, flow | b.tcp],
  ['not translated', { isTranslated: false }, (flow & ~b.translated) | b.tcp],
  ['UDP over IPv6', { family: 6, protocol: 17 }, flow | b.ipv6 | b.postIpv6],
  ['ICMP', { protocol: 1 }, flow | b.icmp],
  ['ICMPv6', { family: 6, protocol: 58 }, flow | b.ipv6 | b.postIpv6 | b.icmp],
  ['ICMP over IPv6 is no ICMP', { family: 6, protocol: 1 }, flow | b.ipv6 | b.postIpv6],
  ['a zone', { protocol: 17, zone: 1 }, flow | b.tagged],
  ['a mark', { protocol: 17, mark: 1 }, flow | b.tagged],
  ['no counters', { protocol: 17, hasCounters: false }, flow & ~b.counters],
  ['no start', { protocol: 17, startMicros: 0 }, flow & ~b.start],
  ['an event', { form: 'event' }, b.event | b.conntrack | b.translated | b.tcp],
  ['a NAT event', { form: 'nat-event' }, b.natEvent | b.conntrack | b.translated],
  [
    'a NAT event that changes neither end',
    { form: 'nat-event', isTranslated: false },
    b.natEvent | b.conntrack | b.translated,
  ],
  [
    'a NAT event with a mark, which it does not say',
    { form: 'nat-event', mark: 1 },
    b.natEvent | b.conntrack | b.translated,
  ],
  ['packets', packets, packetFlow],
  ['packets have no zone', { ...packets, zone: 1, mark: 1 }, packetFlow],
  ['an interface', { ...packets, inInterface: 1 }, packetFlow | b.interface],
  ['VLANs', { ...packets, vlan: 1, innerVlan: 2 }, packetFlow | b.vlan | b.innerVlan],
  ['lengths and TTLs', { ...packets, minLength: 40 }, packetFlow | b.details],
  ['an aggregate', { form: 'aggregate', startMicros: 0 }, b.aggregate | b.start | b.counters],
  ['an aggregate without counters', { form: 'aggregate', hasCounters: false }, b.aggregate | b.start],
];

t.test('processes at the ends of flows and events, and of nothing else', async (t) => {
  t.equal(shapeOf(natFlow({ protocol: 17, srcProcess: curl })), flow | b.srcProcess);
  t.equal(
    shapeOf(natFlow({ protocol: 17, srcProcess: curl, dstProcess: curl })),
    flow | b.srcProcess | b.dstProcess,
  );
  const event = b.event | b.conntrack | b.translated | b.tcp;
  t.equal(shapeOf(natFlow({ form: 'event', dstProcess: curl })), event | b.dstProcess);
  const natEvent = b.natEvent | b.conntrack | b.translated;
  t.equal(shapeOf(natFlow({ form: 'nat-event', srcProcess: curl })), natEvent);
  t.equal(shapeOf(natFlow({ form: 'aggregate', srcProcess: curl })), b.aggregate | b.start | b.counters);
});

t.test('traces: a family in front, a family behind, a client of either', async (t) => {
  const [four, six] = ['192.0.2.7', '2001:db8::7'];
  const front = makeTrace({ client: undefined });
  t.equal(shapeOf(traceRecord(front)), b.trace | b.translated);
  t.equal(shapeOf(traceRecord(front, { isTranslated: false })), b.trace);
  t.equal(shapeOf(traceRecord(makeTrace({ client: four }))), b.trace | b.translated | b.clientIpv4);
  t.equal(
    shapeOf(traceRecord(makeTrace({ client: six, front: [six, 1, six, 2] }))),
    b.trace | b.translated | b.ipv6 | b.clientIpv6,
  );
  t.equal(
    shapeOf(traceRecord(makeTrace({ client: undefined, back: [six, 1, six, 2] }))),
    b.trace | b.translated | b.postIpv6,
  );
});

t.test('shapes have the bits of what a record says', async (t) => {
  for (const [what, spec, shape] of shapes) t.equal(shapeOf(natFlow(spec)), shape, what);
});

t.test('each bit is another', async (t) => {
  const bits = Object.values(b);
  t.equal(
    bits.reduce((sum, bit) => sum | bit, 0),
    2 ** bits.length - 1,
  );
});
