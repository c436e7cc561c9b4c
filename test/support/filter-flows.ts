/** Flows that differ in all that filters ask about, as IPFIX Messages that nfcapd understands, too. */

import { parseAddress } from '../../shared/wire/address.ts';
import { ipfixOf } from './flow-messages.ts';
import { SeededRandom } from './seeded-random.ts';

type Field = readonly [element: number, lengthBytes: number, value: number | string];

const hosts4 = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.1.2.3', '172.16.5.9', '192.0.2.1', '192.0.2.130'];
const hosts6 = ['2001:db8::1', '2001:db8::2', '2001:db8:1::1', 'fe80::1', '2001:db8:ffff::443'];
const protocols = [6, 6, 6, 6, 17, 17, 1, 47, 132, 50];
const ports = [22, 53, 80, 443, 1023, 1024, 8000, 8080, 40_000, 53_500, 65_535];
const flags = [0x00, 0x02, 0x12, 0x10, 0x18, 0x1b, 0x14, 0x29, 0x3f, 0x04];
const icmpTypes = [0x0800, 0x0000, 0x0301, 0x0303, 0x0b00];
const durationsMs = [0, 0, 1, 499, 500, 501, 1000, 5000, 60_000, 1_800_000];
const macs = [0x0011_22aa_bbcc, 0x0011_22aa_bbcd, 0x0200_0000_0001];

const addresses = (random: SeededRandom, family: 4 | 6): Field[] => {
  const hosts = family === 4 ? hosts4 : hosts6;
  const length = family === 4 ? 4 : 16;
  const [source, destination] = family === 4 ? [8, 12] : [27, 28];
  return [
    [source, length, random.pick(hosts)],
    [destination, length, random.pick(hosts)],
    [family === 4 ? 15 : 62, length, random.pick(hosts)],
  ];
};

const transport = (random: SeededRandom, family: 4 | 6): Field[] => {
  const chosen = random.pick(protocols);
  const protocol = chosen === 1 && family === 6 ? 58 : chosen;
  const hasPorts = [6, 17, 132].includes(protocol);
  const isIcmp = protocol === 1 || protocol === 58;
  // The ports of ICMP are those of NetFlow v5: type and code in the destination port. Both of us read them there.
  const destination = isIcmp ? random.pick(icmpTypes) : hasPorts ? random.pick(ports) : 0;
  return [
    [4, 1, protocol],
    [7, 2, hasPorts ? random.pick(ports) : 0],
    [11, 2, destination],
    [6, 1, protocol === 6 ? random.pick(flags) : 0],
  ];
};

const counters = (random: SeededRandom, exportMs: number): Field[] => {
  const packets = random.pick([1, 1, 2, 3, 10, 999, 1000, 1001, 50_000]);
  const endMs = exportMs - random.between(1, 3_000_000);
  return [
    [2, 8, packets],
    [1, 8, packets * random.pick([40, 63, 64, 576, 1500])],
    [152, 8, endMs - random.pick(durationsMs)],
    [153, 8, endMs],
  ];
};

const path = (random: SeededRandom): Field[] => [
  [5, 1, random.pick([0, 8, 184, 192])],
  [10, 4, random.pick([0, 1, 2, 70_000])],
  [14, 4, random.pick([0, 1, 3, 70_000])],
  [16, 4, random.pick([0, 64_500, 64_501, 4_200_000_000])],
  [17, 4, random.pick([0, 64_500, 64_502])],
  [9, 1, random.pick([0, 8, 24])],
  [13, 1, random.pick([0, 16, 24])],
  [56, 6, random.pick(macs)],
  [80, 6, random.pick(macs)],
  [58, 2, random.pick([0, 1, 100])],
  [59, 2, random.pick([0, 100, 4000])],
  [61, 1, random.pick([0, 1])],
];

const translation = (random: SeededRandom): Field[] => [
  [225, 4, random.pick(['203.0.113.7', '203.0.113.8'])],
  [226, 4, random.pick(hosts4)],
  [227, 2, random.pick(ports)],
  [228, 2, random.pick(ports)],
];

const octetsOf = ([, length, value]: Field): Buffer => {
  const octets = Buffer.alloc(length);
  if (typeof value === 'number') {
    if (length === 8) octets.writeBigUInt64BE(BigInt(value));
    else octets.writeUIntBE(value, 0, length);
    return octets;
  }
  const address = parseAddress(value) ?? new Uint8Array(16);
  octets.set(length === 4 ? address.subarray(12) : address);
  return octets;
};

const set = (id: number, content: Buffer): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(id);
  header.writeUInt16BE(content.length + 4, 2);
  return Buffer.concat([header, content]);
};

const templateSet = (template: number, fields: readonly Field[]): Buffer => {
  const content = Buffer.alloc(4 + 4 * fields.length);
  content.writeUInt16BE(template);
  content.writeUInt16BE(fields.length, 2);
  for (const [i, [element, length]] of fields.entries()) {
    content.writeUInt16BE(element, 4 + 4 * i);
    content.writeUInt16BE(length, 6 + 4 * i);
  }
  return set(2, content);
};

/** Messages of so many flows each of IPv4, IPv6 and translated IPv4, with their Templates first. */
export const filterFlows = (count: number, exportMs: number): readonly Uint8Array[] => {
  const random = new SeededRandom(5);
  const kinds: readonly (() => Field[])[] = ([4, 6, 'nat'] as const).map((kind) => () => {
    const family = kind === 6 ? 6 : 4;
    const nat = kind === 'nat' ? translation(random) : path(random);
    return [
      ...addresses(random, family),
      ...transport(random, family),
      ...counters(random, exportMs),
      ...nat,
    ];
  });
  const messages: Uint8Array[] = [];
  let sequence = 0;
  for (const [i, makeFlow] of kinds.entries()) {
    const flows = Array.from({ length: count }, makeFlow);
    messages.push(ipfixOf([templateSet(300 + i, flows[0] ?? [])], { exportMs, sequence }));
    for (let first = 0; first < count; first += 10) {
      const some = flows.slice(first, first + 10);
      const content = Buffer.concat(some.flatMap((fields) => fields.map(octetsOf)));
      messages.push(ipfixOf([set(300 + i, content)], { exportMs, sequence }));
      sequence += some.length;
    }
  }
  return messages;
};
