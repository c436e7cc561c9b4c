/** Finds the slot of a Flow Key. */

import { type FlowSlots, noSlot, slotWords, wordsPerSlot } from './flow-slots.ts';
import { SlotPlaces } from './slot-places.ts';

const firstPlaces = 8192;

export class FlowIndex {
  readonly #slots: FlowSlots;
  readonly #places = new SlotPlaces(firstPlaces, (slot) => this.#hashOf(slot));

  constructor(slots: FlowSlots) {
    this.#slots = slots;
  }

  /** The slot whose first words are `key`, or `noSlot`. */
  find(key: Int32Array, hash: number): number {
    const { words } = this.#slots;
    const { entries } = this.#places;
    const mask = entries.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const entry = entries[place] as number;
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
    this.#places.add(slot, this.#hashOf(slot));
  }

  remove(slot: number): void {
    this.#places.remove(slot);
  }

  #hashOf(slot: number): number {
    return this.#slots.words[slot * wordsPerSlot + slotWords.hash] as number;
  }
}
