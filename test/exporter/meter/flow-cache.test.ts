import t from 'tap';
import { FlowCache, type FlowCacheOptions } from '../../../exporter/meter/flow-cache.ts';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { type PacketSketch, packetFields } from '../../support/packet-builder.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const defaults: FlowCacheOptions = {
  activeMicros: 60e6,
  idleMicros: 30e6,
  maxFlows: 1000,
  keyVlan: false,
  keyInterface: false,
  details: false,
  biflow: true,
  hashSeed: 1,
};
const fin = 1;
const syn = 2;
const rst = 4;
const ack = 16;
const reasons = ['none', 'idle', 'active', 'end', 'forced', 'resources'];

const a = '192.0.2.1';
const b = '198.51.100.2';
const there = { src: a, dst: b, srcPort: 40000, dstPort: 80, protocol: 6 };
const back = { src: b, dst: a, srcPort: 80, dstPort: 40000, protocol: 6 };

/** `src:port>dst:port packets/octets back/octets reason` of each record. */
const lineOf = (r: FlowRecord): string =>
  `${formatAddress(r.srcAddress, 0)}:${r.srcPort}>${formatAddress(r.dstAddress, 0)}:${r.dstPort} ` +
  `${r.packets}/${r.octets} ${r.reversePackets}/${r.reverseOctets} ${reasons[r.endReason]}`;

const rig = (options: Partial<FlowCacheOptions> = {}) => {
  const lines: string[] = [];
  const records: FlowRecord[] = [];
  const cache = new FlowCache({ ...defaults, ...options }, (record) => {
    lines.push(lineOf(record));
    records.push({ ...record });
  });
  const add = (...sketches: readonly PacketSketch[]) => {
    for (const sketch of sketches) cache.add(packetFields(sketch));
  };
  return { cache, lines, records, add };
};
const forward = `${a}:40000>${b}:80`;

t.test('both directions are one flow, the first packet says which is forward', async (t) => {
  const { cache, add, lines, records } = rig();
  add({ ...there, seconds: 100, flags: syn, octets: 60 });
  add(
    { ...back, seconds: 101, flags: syn | ack, octets: 52 },
    { ...there, seconds: 102.5, flags: ack, octets: 40 },
  );
  t.equal(cache.size, 1);
  t.notOk(cache.finish(10));
  t.same(lines, [`${forward} 2/100 1/52 forced`]);
  t.match(records[0], {
    startMicros: 100e6,
    endMicros: 102.5e6,
    tcpFlags: syn | ack,
    reverseTcpFlags: syn | ack,
    flowIdHigh: 100,
    flowIdLow: 1,
    totalPackets: 2,
    reverseTotalOctets: 52,
    family: 4,
    protocol: 6,
  });
});

t.test('whichever end has the lower address', async (t) => {
  const { cache, add, lines } = rig();
  add({ ...back, seconds: 1, flags: ack }, { ...there, seconds: 2, flags: ack });
  cache.finish(10);
  t.same(lines, [`${b}:80>${a}:40000 1/100 1/100 forced`]);
});

t.test('SYN and ACK is an answer', async (t) => {
  const { cache, add, lines } = rig();
  add({ ...back, seconds: 1, flags: syn | ack }, { ...there, seconds: 2, flags: ack });
  cache.finish(10);
  t.same(lines, [`${forward} 1/100 1/100 forced`]);
});

t.test('uniflows', async (t) => {
  const { cache, add, lines } = rig({ biflow: false });
  add({ ...there, seconds: 1, flags: syn }, { ...back, seconds: 2, flags: syn | ack });
  add({ ...there, seconds: 3, flags: ack });
  cache.finish(10);
  t.same(lines.sort(), [`${forward} 2/200 0/0 forced`, `${b}:80>${a}:40000 1/100 0/0 forced`]);
});

t.test('ICMP', async (t) => {
  const ping = { seconds: 1, src: a, dst: b, protocol: 1, icmpType: 8, icmpId: 7 };
  const pong = { ...ping, src: b, dst: a, icmpType: 0 };
  const { cache, add, lines, records } = rig();
  add(ping, pong, { ...ping, icmpId: 8 });
  const unreachable = { ...ping, icmpType: 3, icmpCode: 1, icmpId: 0 };
  add(unreachable, { ...unreachable, src: b, dst: a }, { ...unreachable, icmpCode: 3 });
  const ping6 = { ...ping, src: '2001:db8::1', dst: '2001:db8::2', protocol: 58, icmpType: 128 };
  add({ ...ping6, src: ping6.dst, dst: ping6.src, icmpType: 129 }, ping6);
  cache.finish(10);
  const ends = `${a}:0>${b}:0`;
  t.same(lines, [
    `${ends} 1/100 1/100 forced`,
    `${ends} 1/100 0/0 forced`,
    `${ends} 1/100 0/0 forced`,
    `${b}:0>${a}:0 1/100 0/0 forced`,
    `${ends} 1/100 0/0 forced`,
    '2001:db8::1:0>2001:db8::2:0 1/100 1/100 forced',
  ]);
  t.same(
    records.map((r) => [r.icmpType, r.icmpCode, r.icmpId]),
    [
      [8, 0, 7],
      [8, 0, 8],
      [3, 1, 0],
      [3, 1, 0],
      [3, 3, 0],
      [128, 0, 7],
    ],
  );
});

t.test('idle timeout', async (t) => {
  const { cache, add, lines, records } = rig();
  add({ ...there, seconds: 0 }, { ...there, seconds: 29.9 }, { ...there, seconds: 59.9 });
  t.same(lines, [`${forward} 2/200 0/0 idle`], 'a packet exactly at the timeout begins another flow');
  t.equal(cache.expire(80e6, 10), false);
  t.equal(lines.length, 1);
  cache.expire(89.9e6, 10);
  t.same(lines.slice(1), [`${forward} 1/100 0/0 idle`]);
  t.not(records[0]?.flowIdLow, records[1]?.flowIdLow);
});

t.test('other packets notice that a flow is over; at most so many at a time', async (t) => {
  const { cache, add, lines } = rig();
  for (let port = 1; port <= 100; port++) add({ ...there, srcPort: port, seconds: 1 });
  add({ ...back, srcPort: 1, seconds: 40 });
  t.ok(lines.length > 0 && lines.length < 100, `${lines.length}`);
  t.equal(cache.expire(40e6, 10), true);
  while (cache.expire(40e6, 10));
  t.equal(cache.size, 1);
  t.equal(lines.length, 100);
});

t.test('active timeout', async (t) => {
  const { cache, add, lines, records } = rig();
  for (let seconds = 0; seconds <= 130; seconds += 10) add({ ...there, seconds, flags: ack });
  cache.finish(10);
  t.same(lines, [
    `${forward} 6/600 0/0 active`,
    `${forward} 6/600 0/0 active`,
    `${forward} 2/200 0/0 forced`,
  ]);
  t.same(
    records.map((r) => [r.totalPackets, r.totalOctets, r.startMicros, r.endMicros / 1e6, r.flowIdLow]),
    [
      [6, 600, 0, 50, 1],
      [12, 1200, 0, 110, 1],
      [14, 1400, 0, 130, 1],
    ],
  );
  const never = rig({ activeMicros: 0 });
  for (let seconds = 0; seconds < 1000; seconds += 10) never.add({ ...there, seconds });
  t.same(never.lines, []);
});

t.test('the end of TCP', async (t) => {
  const { cache, add, lines } = rig();
  add({ ...there, seconds: 1, flags: ack | fin }, { ...back, seconds: 1.1, flags: ack });
  add({ ...back, seconds: 1.2, flags: ack | fin }, { ...there, seconds: 1.3, flags: ack });
  add({ ...back, seconds: 1.4, flags: ack | fin });
  cache.expire(3.3e6, 10);
  t.same(lines, [], 'what is sent again still belongs to it');
  cache.expire(3.5e6, 10);
  t.same(lines, [`${forward} 2/200 3/300 end`]);

  const reset = rig();
  reset.add({ ...there, seconds: 1, flags: syn }, { ...back, seconds: 1.1, flags: rst | ack });
  reset.add({ ...there, seconds: 1.2, flags: syn });
  t.same(reset.lines, [`${forward} 1/100 1/100 end`], 'a SYN begins another connection');
  reset.cache.finish(10);
  t.equal(reset.lines[1], `${forward} 1/100 0/0 forced`);

  const half = rig();
  half.add({ ...there, seconds: 1, flags: ack | fin }, { ...back, seconds: 1.1, flags: ack });
  half.cache.expire(10e6, 10);
  t.same(half.lines, [], 'half closed');
});

t.test('without room the flow goes that had no packet for longest; one that has ended first', async (t) => {
  const { cache, add, lines } = rig({ maxFlows: 2 });
  add({ ...there, seconds: 1 }, { ...there, srcPort: 2, seconds: 2 }, { ...there, seconds: 3 });
  add({ ...there, srcPort: 3, seconds: 4 });
  t.same(lines, [`${a}:2>${b}:80 1/100 0/0 resources`]);
  add({ ...there, srcPort: 3, seconds: 5, flags: rst }, { ...there, srcPort: 4, seconds: 6 });
  t.equal(lines[1], `${a}:3>${b}:80 2/200 0/0 end`);
  t.match(cache.counters, { flows: 4, evicted: 1, records: 2 });
  t.equal(cache.size, 2);
});

t.test('more Flow Keys', async (t) => {
  const both = (options: Partial<FlowCacheOptions>): number => {
    const { cache, add } = rig(options);
    add(
      { ...there, seconds: 1, vlan: 5, interfaceIndex: 1 },
      { ...there, seconds: 1, vlan: 6, interfaceIndex: 1 },
    );
    add({ ...there, seconds: 1, vlan: 5, interfaceIndex: 2 });
    return cache.size;
  };
  t.equal(both({}), 1);
  t.equal(both({ keyVlan: true }), 2);
  t.equal(both({ keyInterface: true }), 2);
  t.equal(both({ keyVlan: true, keyInterface: true }), 3);
});

t.test('details', async (t) => {
  const { cache, add, records } = rig({ details: true });
  add({ ...there, seconds: 1, octets: 100, ttl: 60 }, { ...back, seconds: 1, octets: 1500, ttl: 255 });
  add({ ...there, seconds: 1, octets: 40, ttl: 1 });
  cache.finish(10);
  t.match(records[0], { minLength: 40, maxLength: 1500, minTtl: 1, maxTtl: 255 });
});

t.test('a clock that goes backwards', async (t) => {
  const { cache, add, lines, records } = rig();
  add({ ...there, seconds: 1000 }, { ...there, seconds: 999.5 });
  t.same(lines, []);
  add({ ...there, seconds: 10 }, { ...there, seconds: 11 });
  t.same(lines, [`${forward} 2/200 0/0 idle`]);
  t.match(records[0], { startMicros: 999.5e6, endMicros: 1000e6 });
  cache.expire(41e6, 10);
  t.equal(lines[1], `${forward} 2/200 0/0 idle`);
});

/** The rules for UDP, as plainly as they can be said. */
const naively = (packets: readonly PacketSketch[], activeSeconds: number, idleSeconds: number): string[] => {
  interface Flow {
    readonly first: PacketSketch;
    counts: number[];
    last: number;
    told: number;
  }
  const flows = new Map<string, Flow>();
  const lines: string[] = [];
  const tell = (flow: Flow, reason: string): void => {
    const { src, srcPort, dst, dstPort } = flow.first;
    const [packets, octets, reversePackets, reverseOctets] = flow.counts;
    lines.push(
      `${src}:${srcPort}>${dst}:${dstPort} ${packets}/${octets} ${reversePackets}/${reverseOctets} ${reason}`,
    );
  };
  for (const packet of packets) {
    const ends = [`${packet.src}:${packet.srcPort}`, `${packet.dst}:${packet.dstPort}`];
    const key = [...ends].sort().join();
    let flow = flows.get(key);
    if (flow && packet.seconds - flow.last >= idleSeconds) {
      tell(flow, 'idle');
      flow = undefined;
    }
    if (flow && packet.seconds - flow.told >= activeSeconds) {
      tell(flow, 'active');
      flow.counts = [0, 0, 0, 0];
      flow.told = packet.seconds;
    }
    flow ??= { first: packet, counts: [0, 0, 0, 0], last: packet.seconds, told: packet.seconds };
    const from = packet.src === flow.first.src && packet.srcPort === flow.first.srcPort ? 0 : 2;
    flow.counts[from] = (flow.counts[from] ?? 0) + 1;
    flow.counts[from + 1] = (flow.counts[from + 1] ?? 0) + (packet.octets ?? 0);
    flow.last = packet.seconds;
    flows.set(key, flow);
  }
  const end = packets.at(-1)?.seconds ?? 0;
  for (const flow of flows.values()) tell(flow, end - flow.last >= idleSeconds ? 'idle' : 'forced');
  return lines.sort();
};

t.test('random packets make the flows that the plain rules make', async (t) => {
  for (const [seed, addresses] of [
    [1, 3],
    [2, 40],
    [3, 400],
  ] as const) {
    const random = new SeededRandom(seed);
    const below = (limit: number): number => random.below(limit);
    let quarters = 0;
    const packets = Array.from({ length: 20_000 }, (): PacketSketch => {
      quarters += below(3);
      const isIpv6 = below(2) === 0;
      const from = below(addresses);
      const to = below(addresses);
      const address = (n: number) =>
        isIpv6
          ? `2001:db8:${(n * 79 + 1).toString(16)}::${(n + 1).toString(16)}`
          : `10.0.${n >> 8}.${n & 255}`;
      // Ports of a pair are different, so that both directions differ also where the addresses are equal.
      return {
        seconds: quarters / 4,
        src: address(from),
        dst: address(to),
        srcPort: from < to ? 1000 : 2000 + below(2),
        dstPort: from < to ? 2000 + below(2) : 1000,
        octets: 28 + below(1400),
      };
    });
    const { cache, lines, add } = rig({ activeMicros: 20e6, idleMicros: 5e6, maxFlows: 100_000 });
    add(...packets);
    while (cache.expire((packets.at(-1)?.seconds ?? 0) * 1e6, 100));
    while (cache.finish(100));
    t.same(lines.sort(), naively(packets, 20, 5), `${lines.length} records among ${addresses} addresses`);
  }
});
