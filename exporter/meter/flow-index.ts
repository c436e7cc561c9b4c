/** Finds the slot of a Flow Key: open addressing with linear probing, at most half full. */

import { type FlowSlots, noSlot, slotWords, wordsPerSlot } from './flow-slots.ts';

const firstPlaces = 8192;

export class FlowIndex {
  readonly #slots: FlowSlots;
  /** A slot plus one; 0 is a free place. */
  #places = new Int32Array(firstPlaces);
  #used = 0;

  constructor(slots: FlowSlots) {
    this.#slots = slots;
  }

  /** The slot whose first words are `key`, or `noSlot`. */
  find(key: Int32Array, hash: number): number {
    const { words } = this.#slots;
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const entry = places[place] as number;
      if (entry === 0) return noSlot;
      const at = (entry - 1) * wordsPerSlot;
      // Those that differ most often come first.
      if (
        words[at + 8] === key[8] &&
        words[at + 3] === key[3] &&
        words[at + 7] === key[7] &&
        words[at + 9] === key[9] &&
        words[at] === key[0] &&
        words[at + 1] === key[1] &&
        words[at + 2] === key[2] &&
        words[at + 4] === key[4] &&
        words[at + 5] === key[5] &&
        words[at + 6] === key[6] &&
        words[at + 10] === key[10] &&
        words[at + 11] === key[11]
      )
        return entry - 1;
    }
  }

  /** Adds a slot, whose hash is among its words, and whose key is not there yet. */
  add(slot: number): void {
    if (2 * ++this.#used > this.#places.length) this.#grow();
    this.#put(this.#places, slot);
  }

  remove(slot: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let hole = this.#hashOf(slot) & mask;
    while (places[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Entries behind the hole move into it, unless that were in front of the place where they are looked for.
    for (let place = (hole + 1) & mask; places[place] !== 0; place = (place + 1) & mask) {
      const entry = places[place] as number;
      const wanted = this.#hashOf(entry - 1) & mask;
      if (((place - wanted) & mask) < ((place - hole) & mask)) continue;
      places[hole] = entry;
      hole = place;
    }
    places[hole] = 0;
    this.#used--;
  }

  #hashOf(slot: number): number {
    return this.#slots.words[slot * wordsPerSlot + slotWords.hash] as number;
  }

  #put(places: Int32Array, slot: number): void {
    const mask = places.length - 1;
    let place = this.#hashOf(slot) & mask;
    while (places[place] !== 0) place = (place + 1) & mask;
    places[place] = slot + 1;
  }

  #grow(): void {
    const places = new Int32Array(2 * this.#places.length);
    for (const entry of this.#places) if (entry !== 0) this.#put(places, entry - 1);
    this.#places = places;
  }
}
