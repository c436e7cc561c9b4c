/** A list of flows, the one without packets for longest first, linked through two words of their slots. */

import { type FlowSlots, noSlot, slotWords, wordsPerSlot } from './flow-slots.ts';

export class FlowOrder {
  first: number = noSlot;
  #last: number = noSlot;
  readonly #slots: FlowSlots;

  constructor(slots: FlowSlots) {
    this.#slots = slots;
  }

  append(slot: number): void {
    const { words } = this.#slots;
    const at = slot * wordsPerSlot;
    words[at + slotWords.previous] = this.#last;
    words[at + slotWords.next] = noSlot;
    if (this.#last === noSlot) this.first = slot;
    else words[this.#last * wordsPerSlot + slotWords.next] = slot;
    this.#last = slot;
  }

  remove(slot: number): void {
    const { words } = this.#slots;
    const at = slot * wordsPerSlot;
    const previous = words[at + slotWords.previous] as number;
    const next = words[at + slotWords.next] as number;
    if (previous === noSlot) this.first = next;
    else words[previous * wordsPerSlot + slotWords.next] = next;
    if (next === noSlot) this.#last = previous;
    else words[next * wordsPerSlot + slotWords.previous] = previous;
  }
}
