/**
 * Connections of one address family in typed arrays: a slot is a number. Arrays grow by doubling; the owner keeps their number below
 * its limit.
 */

import { type ConnectionKey, hashKey, isSameStart, keyWords } from './connection-key.ts';
import { SlotPlaces } from './slot-places.ts';

/** Words of a slot in `facts`. */
export const slotFacts = {
  replyPorts: 0,
  status: 1,
  mark: 2,
  /** State (8 bits, 255 is none), TCP states that were seen (a bit each, from bit 8), and `slotBits`. */
  states: 3,
  /** Number of the last dump that had it, and in the lowest two bits how many complete ones had it not since; free: `freeSlot`. */
  dump: 4,
  texts: 5,
  timeoutSeconds: 6,
} as const;
const factsPerSlot = 7;
export type SlotFact = (typeof slotFacts)[keyof typeof slotFacts];
const freeSlot = -1;

/** Bits of `states`. */
export const slotBits = {
  /** `startMicros` is when we heard of the connection, not the kernel's. */
  startIsGuessed: 1 << 24,
  hasCounters: 1 << 25,
  /** It is known which of its counters were before us. */
  hasBaseline: 1 << 26,
  /** Only that it was there at our first dump speaks for its counters being from before us. */
  baselineIsGuessed: 1 << 27,
} as const;

/** Numbers of a slot in `numbers`. */
export const slotNumbers = {
  startMicros: 0,
  recordMicros: 1,
  lastPacketMicros: 2,
  /** Four counters, as of the last record. */
  exported: 3,
  /** Four counters, as the kernel said last. */
  latest: 7,
} as const;
const numbersPerSlot = 11;

const firstSlots = 1024;
export const noSlot = -1;

export class ConnectionTable {
  /** Id, ports, kind; source, destination, and those of the reply. */
  keys: Int32Array;
  readonly addressWords: 1 | 4;
  readonly keysPerSlot: number;
  #facts: Int32Array;
  #numbers: Float64Array;
  readonly #maxSlots: number;
  #capacity: number;
  readonly #places = new SlotPlaces(2 * firstSlots, (slot) => this.#hashOf(slot));
  /** Slots that were never used begin here; those given back are chained by their first key. */
  #fresh = 0;
  #returned: number = noSlot;

  constructor(addressWords: 1 | 4, maxSlots: number) {
    this.addressWords = addressWords;
    this.keysPerSlot = keyWords.addresses + 4 * addressWords;
    this.#maxSlots = maxSlots;
    this.#capacity = Math.min(maxSlots, firstSlots);
    this.keys = new Int32Array(this.#capacity * this.keysPerSlot);
    this.#facts = new Int32Array(this.#capacity * factsPerSlot);
    this.#numbers = new Float64Array(this.#capacity * numbersPerSlot);
  }

  get size(): number {
    return this.#places.size;
  }

  /** All slots that may be in use are below. */
  get slotsEnd(): number {
    return this.#fresh;
  }

  isUsed(slot: number): boolean {
    return this.fact(slot, slotFacts.dump) !== freeSlot;
  }

  fact(slot: number, fact: SlotFact): number {
    return this.#facts[slot * factsPerSlot + fact] as number;
  }

  setFact(slot: number, fact: SlotFact, value: number): void {
    this.#facts[slot * factsPerSlot + fact] = value;
  }

  /** Of `slotBits`. */
  hasBits(slot: number, bits: number): boolean {
    return (this.fact(slot, slotFacts.states) & bits) !== 0;
  }

  setBits(slot: number, set: number, clear: number): void {
    this.setFact(slot, slotFacts.states, (this.fact(slot, slotFacts.states) & ~clear) | set);
  }

  /** `number`: of `slotNumbers`, or behind one of them that has four. */
  number(slot: number, number: number): number {
    return this.#numbers[slot * numbersPerSlot + number] as number;
  }

  setNumber(slot: number, number: number, value: number): void {
    this.#numbers[slot * numbersPerSlot + number] = value;
  }

  /** The slot of that connection, or `noSlot`; of several with this key the one with the same start. */
  find(key: ConnectionKey, startMicros: number): number {
    const { entries } = this.#places;
    const mask = entries.length - 1;
    for (let place = key.hash & mask; ; place = (place + 1) & mask) {
      const entry = entries[place] as number;
      if (entry === 0) return noSlot;
      if (this.#isSame(entry - 1, key.words) && isSameStart(this.startOf(entry - 1), startMicros))
        return entry - 1;
    }
  }

  #isSame(slot: number, words: Int32Array): boolean {
    const { keys } = this;
    const at = slot * this.keysPerSlot;
    const end = keyWords.addresses + 2 * this.addressWords;
    for (let word = 0; word < end; word++) if (keys[at + word] !== words[word]) return false;
    return true;
  }

  /** As `isSameStart` wants it. */
  startOf(slot: number): number {
    const startMicros = this.number(slot, slotNumbers.startMicros);
    return this.hasBits(slot, slotBits.startIsGuessed) ? -startMicros : startMicros;
  }

  /** A slot with this key and all else 0. Not to be asked of a full table. */
  add(key: ConnectionKey): number {
    let slot = this.#returned;
    if (slot !== noSlot) this.#returned = this.keys[slot * this.keysPerSlot] as number;
    else {
      if (this.#fresh === this.#capacity) this.#growSlots();
      slot = this.#fresh++;
    }
    const at = slot * this.keysPerSlot;
    const end = keyWords.addresses + 2 * this.addressWords;
    for (let word = 0; word < end; word++) this.keys[at + word] = key.words[word] as number;
    this.#facts.fill(0, slot * factsPerSlot, (slot + 1) * factsPerSlot);
    this.#numbers.fill(0, slot * numbersPerSlot, (slot + 1) * numbersPerSlot);
    this.#places.add(slot, key.hash);
    return slot;
  }

  remove(slot: number): void {
    this.#places.remove(slot);
    this.setFact(slot, slotFacts.dump, freeSlot);
    this.keys[slot * this.keysPerSlot] = this.#returned;
    this.#returned = slot;
  }

  #hashOf(slot: number): number {
    return hashKey(this.keys, slot * this.keysPerSlot, this.addressWords);
  }

  #growSlots(): void {
    const capacity = Math.min(this.#maxSlots, 2 * this.#capacity);
    const keys = new Int32Array(capacity * this.keysPerSlot);
    keys.set(this.keys);
    this.keys = keys;
    const facts = new Int32Array(capacity * factsPerSlot);
    facts.set(this.#facts);
    this.#facts = facts;
    const numbers = new Float64Array(capacity * numbersPerSlot);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    this.#capacity = capacity;
  }
}
