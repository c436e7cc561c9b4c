/** Values of a filter as tests on numbers and addresses: what their SQL says of a row, said of a packet. */

import { parseAddress } from '../../shared/wire/address.ts';
import type { AddressRange } from './address-range.ts';
import type { Comparison } from './filter-cursor.ts';

export type NumberTest = (value: number) => boolean;
/** Of the four words of an address, as in PacketFacts. */
export type AddressTest = (word0: number, word1: number, word2: number, word3: number) => boolean;

/** A comparison with the values that it was read with; which of them there is depends on what the values are. */
export interface PacketValue {
  readonly number?: NumberTest;
  /** What a NOT around the term denies, as ValueTest.sqlBelowNot. */
  readonly numberBelowNot?: NumberTest;
  readonly address?: AddressTest;
}

/** Both ends are in it. */
export interface NumberRange {
  readonly from: number | bigint;
  readonly to: number | bigint;
}

export const numberIn = (ranges: readonly NumberRange[]): NumberTest => {
  const single = ranges.filter(({ from, to }) => from === to).map(({ from }) => Number(from));
  const wide = ranges
    .filter(({ from, to }) => from !== to)
    .map((r) => [Number(r.from), Number(r.to)] as const);
  const isInWide: NumberTest = (value) => wide.some(([from, to]) => value >= from && value <= to);
  if (single.length === 0) {
    const [from, to] = wide[0] ?? [1, 0];
    return wide.length > 1 ? isInWide : (value) => value >= from && value <= to;
  }
  const only = single[0];
  if (wide.length === 0 && single.length === 1) return (value) => value === only;
  const set = new Set(single);
  return wide.length === 0 ? (value) => set.has(value) : (value) => set.has(value) || isInWide(value);
};

export const numberThat = (comparison: Comparison, limit: number | bigint): NumberTest => {
  const bound = Number(limit);
  switch (comparison) {
    case '<':
      return (value) => value < bound;
    case '<=':
      return (value) => value <= bound;
    case '>':
      return (value) => value > bound;
    case '>=':
      return (value) => value >= bound;
    default:
      return (value) => value === bound;
  }
};

interface Block {
  readonly words: readonly [number, number, number, number];
  readonly masks: readonly [number, number, number, number];
}

const wordsOf = (octets: Uint8Array): readonly [number, number, number, number] => {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
};

/** Bits of `prefix` among those of word number `index`. */
const maskOf = (prefix: number, index: number): number => {
  const bits = Math.max(0, Math.min(32, prefix - 32 * index));
  return bits === 0 ? 0 : -1 << (32 - bits);
};

const blockOf = ({ from, prefix }: AddressRange): Block => {
  const octets = parseAddress(from);
  if (!octets) throw new Error(`no address: ${from}`);
  return {
    words: wordsOf(octets),
    masks: [maskOf(prefix, 0), maskOf(prefix, 1), maskOf(prefix, 2), maskOf(prefix, 3)],
  };
};

const testOf = ({ words, masks }: Block): AddressTest => {
  const [a0, a1, a2, a3] = words;
  const [m0, m1, m2, m3] = masks;
  return (w0, w1, w2, w3) => (w3 & m3) === a3 && (w2 & m2) === a2 && (w1 & m1) === a1 && (w0 & m0) === a0;
};

/** More are looked up by their lengths, of which there are few. */
const maxTried = 4;

/** Networks of one length, by words in which most differ. */
const lookUp = (blocks: readonly Block[]): AddressTest => {
  const [m0, m1, m2, m3] = (blocks[0] as Block).masks;
  const tests = new Map<number, AddressTest[]>();
  for (const block of blocks) {
    const [a0, a1, a2, a3] = block.words;
    const key = a0 ^ a1 ^ a2 ^ a3;
    tests.set(key, [...(tests.get(key) ?? []), testOf(block)]);
  }
  return (w0, w1, w2, w3) => {
    const found = tests.get((w0 & m0) ^ (w1 & m1) ^ (w2 & m2) ^ (w3 & m3));
    return found?.some((test) => test(w0, w1, w2, w3)) === true;
  };
};

const someOf = (tests: readonly AddressTest[]): AddressTest => {
  const only = tests[0];
  if (only !== undefined && tests.length === 1) return only;
  return (w0, w1, w2, w3) => tests.some((test) => test(w0, w1, w2, w3));
};

export const addressIn = (ranges: readonly AddressRange[]): AddressTest => {
  if (ranges.length <= maxTried) return someOf(ranges.map((range) => testOf(blockOf(range))));
  const prefixes = new Set(ranges.map(({ prefix }) => prefix));
  return someOf(
    [...prefixes].map((one) => lookUp(ranges.filter(({ prefix }) => prefix === one).map(blockOf))),
  );
};
