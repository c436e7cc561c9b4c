/** Counts by exporter address. Counting makes no object and no string: it happens once a datagram where there are too many of them. */

import { randomInt } from 'node:crypto';
import { addressBytes } from '../../shared/wire/address.ts';

/** Addresses counted apart; those that come when there is no room are counted together, as `::`. */
export const defaultMaxAddresses = 16384;
const together = '0'.repeat(2 * addressBytes);

const hashOf = (secret: number, octets: Uint8Array, at: number): number => {
  let hash = secret;
  for (let i = at; i < at + addressBytes; i++) {
    hash = Math.imul(hash ^ (octets[i] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
};

/** An open hash table that is never more than half full. */
export class AddressCounts {
  size = 0;
  readonly #octets: Uint8Array;
  readonly #counts: Float64Array;
  /** Where the entry of a hash is, plus 1; 0: nowhere. */
  readonly #slots: Int32Array;
  /** Whoever forges addresses cannot choose those that meet in one slot. */
  readonly #secret = randomInt(2 ** 32);
  #rest = 0;

  constructor(maxAddresses: number = defaultMaxAddresses) {
    this.#octets = new Uint8Array(maxAddresses * addressBytes);
    this.#counts = new Float64Array(maxAddresses);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * maxAddresses)));
  }

  /** `octets` has the 16 octets of the address at `at`. */
  add(octets: Uint8Array, at: number, count: number): void {
    const slot = this.#slotOf(octets, at);
    let entry = (this.#slots[slot] as number) - 1;
    if (entry < 0) {
      if (this.size === this.#counts.length) {
        this.#rest += count;
        return;
      }
      entry = this.size++;
      this.#slots[slot] = entry + 1;
      for (let i = 0; i < addressBytes; i++)
        this.#octets[entry * addressBytes + i] = octets[at + i] as number;
    }
    (this.#counts[entry] as number) += count;
  }

  get(octets: Uint8Array, at: number): number {
    return this.#counts[(this.#slots[this.#slotOf(octets, at)] as number) - 1] ?? 0;
  }

  /** In the order in which they came, addresses as 32 hex digits; last what is counted together. */
  *entries(): IterableIterator<readonly [address: string, count: number]> {
    const octets = Buffer.from(this.#octets.buffer);
    for (let entry = 0; entry < this.size; entry++) {
      const at = entry * addressBytes;
      yield [octets.toString('hex', at, at + addressBytes), this.#counts[entry] as number];
    }
    if (this.#rest > 0) yield [together, this.#rest];
  }

  clear(): void {
    this.#slots.fill(0);
    this.#counts.fill(0, 0, this.size);
    this.size = 0;
    this.#rest = 0;
  }

  /** Where the address is, or is to go. */
  #slotOf(octets: Uint8Array, at: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(this.#secret, octets, at) & mask;
    for (let entry = this.#slots[slot] as number; entry > 0; entry = this.#slots[slot] as number) {
      if (this.#isAt(entry - 1, octets, at)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isAt(entry: number, octets: Uint8Array, at: number): boolean {
    for (let i = 0; i < addressBytes; i++)
      if (this.#octets[entry * addressBytes + i] !== octets[at + i]) return false;
    return true;
  }
}
