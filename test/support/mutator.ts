/** Damages datagrams in the ways that exporters, networks and strangers do. Seeded: the same seed gives the same damage. */

import { joinBytes, viewOf } from './capture-builder.ts';
import type { SeededRandom } from './seeded-random.ts';

const strange = [0, 1, 2, 3, 4, 5, 255, 256, 257, 1023, 1025, 0x7fff, 0x8000, 0xfffe, 0xffff];

const headerBytes = (bytes: Uint8Array): number => {
  const version = bytes.length > 1 ? bytes[1] : 0;
  return version === 9 ? 20 : version === 10 ? 16 : 24;
};

/** Where the Sets of a datagram seem to begin; the last number is where they end. */
const setOffsets = (bytes: Uint8Array): readonly number[] => {
  const offsets: number[] = [];
  const view = viewOf(bytes);
  let at = headerBytes(bytes);
  while (at + 4 <= bytes.length && offsets.length < 200) {
    offsets.push(at);
    const length = view.getUint16(at + 2);
    if (length < 4) break;
    at += length;
  }
  return [...offsets, Math.min(at, bytes.length)];
};

type Mutation = (bytes: Uint8Array, random: SeededRandom, other: Uint8Array) => Uint8Array;

const flipBits: Mutation = (bytes, random) => {
  for (let i = random.between(1, 8); i > 0; i--) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1));

const extend: Mutation = (bytes, random) => {
  const length = random.between(1, 64);
  return joinBytes(bytes, random.chance(0.5) ? new Uint8Array(length) : random.bytes(length));
};

const writeStrange: Mutation = (bytes, random) => {
  if (bytes.length < 2) return bytes;
  viewOf(bytes).setUint16(random.below(bytes.length - 1), random.pick([...strange, bytes.length]));
  return bytes;
};

/** The id or the length of a Set, or the field count or a field length of the Template in it. */
const damageSet: Mutation = (bytes, random) => {
  const at = random.pick(setOffsets(bytes)) + 2 * random.below(8);
  if (at + 2 > bytes.length) return bytes;
  const view = viewOf(bytes);
  const value = random.chance(0.5) ? random.pick(strange) : view.getUint16(at) + random.between(-4, 4);
  view.setUint16(at, value & 0xffff);
  return bytes;
};

const swapSets: Mutation = (bytes, random) => {
  const offsets = setOffsets(bytes);
  if (offsets.length < 3) return bytes;
  const i = random.below(offsets.length - 2);
  const [a = 0, b = 0, c = 0] = offsets.slice(i, i + 3);
  return joinBytes(bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c));
};

const duplicate: Mutation = (bytes, random) => {
  const offsets = setOffsets(bytes);
  const from = random.pick(offsets);
  const to = Math.min(bytes.length, from + random.between(1, 200));
  return joinBytes(bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to));
};

const splice: Mutation = (bytes, random, other) =>
  joinBytes(
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(random.below(other.length + 1)),
  );

/** Sets of another datagram behind the header of this one: Templates and data that do not belong together. */
const graft: Mutation = (bytes, _, other) =>
  joinBytes(bytes.subarray(0, headerBytes(bytes)), other.subarray(headerBytes(other)));

const fixLength: Mutation = (bytes) => {
  if (bytes.length > 3 && bytes[1] === 10) viewOf(bytes).setUint16(2, bytes.length & 0xffff);
  return bytes;
};

const mutations = [
  flipBits,
  truncate,
  extend,
  writeStrange,
  damageSet,
  damageSet,
  damageSet,
  swapSets,
  duplicate,
  splice,
  graft,
];

/** A damaged copy of `bytes`; `other` is what parts may be taken of. Never longer than a UDP datagram. */
export const mutate = (bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array => {
  let mutated: Uint8Array = new Uint8Array(bytes);
  for (let i = random.between(1, 4); i > 0 && mutated.length > 0; i--)
    mutated = random.pick(mutations)(mutated, random, other).slice(0, 65507);
  return random.chance(0.5) ? fixLength(mutated, random, other) : mutated;
};
