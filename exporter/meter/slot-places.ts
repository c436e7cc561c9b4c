/** Where slots are found: open addressing with linear probing, at most half full. The number of slots is limited by their owner. */

export class SlotPlaces {
  /** A slot plus one; 0 is a free place. As many as a power of two: whoever looks for a slot begins at its hash and ends at a 0. */
  entries: Int32Array;
  size = 0;
  readonly #hashOf: (slot: number) => number;

  /** `hashOf` a slot that is there never changes. */
  constructor(places: number, hashOf: (slot: number) => number) {
    this.entries = new Int32Array(places);
    this.#hashOf = hashOf;
  }

  /** Adds a slot that is not there yet. */
  add(slot: number, hash: number): void {
    if (2 * ++this.size > this.entries.length) this.#grow();
    this.#put(slot, hash);
  }

  /** Removes a slot that is there; `hashOf` has to know it still. */
  remove(slot: number): void {
    const { entries } = this;
    const hashOf = this.#hashOf;
    const mask = entries.length - 1;
    let hole = hashOf(slot) & mask;
    while (entries[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Entries behind the hole move into it, unless that were in front of the place where they are looked for.
    for (let place = (hole + 1) & mask; entries[place] !== 0; place = (place + 1) & mask) {
      const entry = entries[place] as number;
      const wanted = hashOf(entry - 1) & mask;
      if (((place - wanted) & mask) < ((place - hole) & mask)) continue;
      entries[hole] = entry;
      hole = place;
    }
    entries[hole] = 0;
    this.size--;
  }

  #put(slot: number, hash: number): void {
    const { entries } = this;
    const mask = entries.length - 1;
    let place = hash & mask;
    while (entries[place] !== 0) place = (place + 1) & mask;
    entries[place] = slot + 1;
  }

  #grow(): void {
    const before = this.entries;
    this.entries = new Int32Array(2 * before.length);
    for (const entry of before) if (entry !== 0) this.#put(entry - 1, this.#hashOf(entry - 1));
  }
}
