/** Random Templates over all elements that feed a column, and random records of them: seeded, so that a failure comes again. */

import { flowColumns } from '../../collector/store/flow-columns.ts';
import { findElement, resolveElement } from '../../shared/elements/registry.ts';
import { variableLength } from '../../shared/protocol/template.ts';
import { exportSeconds, type Specifier } from './message-hex.ts';
import type { ReferenceField } from './reference-decoder.ts';
import type { SeededRandom } from './seeded-random.ts';

const fed = flowColumns.flatMap((column) => column.from.map((spec) => resolveElement(spec)));
const others = ['samplerId', 'selectorId', 'samplingPacketSpace', 'systemInitTimeMilliseconds', 'paddingOctets',
  'icmpTypeIPv4', 'icmpCodeIPv4', 'icmpTypeIPv6', 'icmpCodeIPv6', 'interfaceName', 'samplingProbability',
  'dataRecordsReliability', 'ingressInterfaceType'].map((spec) => resolveElement(spec)); // biome-ignore format: a list
const known = [...fed, ...others].filter((element) => element !== undefined);

const naturalLengths: Readonly<Record<string, number>> = {
  unsigned8: 1, unsigned16: 2, unsigned32: 4, unsigned64: 8, signed32: 4, float64: 8, boolean: 1, macAddress: 6,
  ipv4Address: 4, ipv6Address: 16, dateTimeSeconds: 4, dateTimeMilliseconds: 8, dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
}; // biome-ignore format: a table

const lengthOf = (random: SeededRandom, version: 9 | 10, specifier: { pen: number; id: number }): number => {
  if (version === 10 && random.chance(0.08)) return variableLength;
  if (random.chance(0.2)) return random.between(0, 10);
  return (
    naturalLengths[findElement(version, specifier.pen, specifier.id)?.dataType ?? ''] ?? random.between(1, 12)
  );
};

/** Field Specifiers of a Template whose records have at least one octet. */
export const randomFields = (random: SeededRandom, version: 9 | 10): readonly Specifier[] => {
  const fields: Specifier[] = [[8, 4]];
  const count = random.between(1, 24);
  while (fields.length < count) {
    if (random.chance(0.06)) {
      const length = random.between(1, 9);
      fields.push(
        version === 10 && random.chance(0.5)
          ? [random.between(1, 32767), length, 99999]
          : [random.between(500, 900), length],
      );
      continue;
    }
    if (random.chance(0.05)) {
      fields.push(random.pick(fields));
      continue;
    }
    const { pen, id, netflow9Only } = random.pick(known);
    if (version === 10 ? netflow9Only : pen !== 0) continue;
    fields.push(
      pen === 0
        ? [id, lengthOf(random, version, { pen, id })]
        : [id, lengthOf(random, version, { pen, id }), pen],
    );
  }
  return fields;
};

const near = (random: SeededRandom, id: number, length: number): Uint8Array | undefined => {
  const seconds = exportSeconds - random.below(5000) + (random.chance(0.1) ? 200_000 : 0);
  const bytes = Buffer.alloc(8);
  const type = findElement(10, 0, id)?.dataType;
  if (type === 'dateTimeSeconds' && length === 4) bytes.writeUInt32BE(seconds, 4);
  else if (type === 'dateTimeMilliseconds' && length === 8)
    bytes.writeBigUInt64BE(BigInt(seconds) * 1000n + 7n);
  else if (type?.startsWith('dateTime') && length === 8) {
    bytes.writeUInt32BE(seconds + 2_208_988_800);
    bytes.writeUInt32BE(random.below(2 ** 32), 4);
  } else return undefined;
  return new Uint8Array(bytes.subarray(8 - length));
};

const valueFor = (random: SeededRandom, [id, declared]: Specifier): Uint8Array => {
  const length =
    declared === variableLength ? random.pick([0, 1, 2, 3, 4, 4, 8, 16, 16, 254, 255, 300]) : declared;
  const kind = random.below(10);
  if (kind < 3) return new Uint8Array(length);
  const value = random.bytes(length);
  if (kind < 6) value.fill(0, 0, Math.max(0, length - 1));
  if (kind === 6 && length > 0) value[length - 1] = random.below(6);
  return (kind > 6 && near(random, id, length)) || value;
};

export const randomRecord = (random: SeededRandom, fields: readonly Specifier[]): readonly ReferenceField[] =>
  fields.map((field) => ({
    id: field[0],
    lengthBytes: field[1],
    pen: field[2] ?? 0,
    octets: valueFor(random, field),
  }));

/** The octets of a record: variable lengths in the form of one octet, or of three (RFC 7011 7), which is right for any length. */
export const recordHex = (random: SeededRandom, record: readonly ReferenceField[]): string =>
  record
    .map(({ lengthBytes, octets }) => {
      const { length } = octets;
      const wide = length >= 255 || random.chance(0.3);
      const prefix = Buffer.from(wide ? [255, length >> 8, length & 255] : [length]).toString('hex');
      return (lengthBytes === variableLength ? prefix : '') + Buffer.from(octets).toString('hex');
    })
    .join('');
