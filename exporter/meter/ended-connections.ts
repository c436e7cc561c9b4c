/**
 * Remembers which connections have ended, so that what still tells of them later is passed over. The youngest are kept: at least
 * half as many as the limit, and at most as many.
 */

import { type ConnectionKey, isSameStart, keyWords } from './connection-key.ts';

const firstPlaces = 1024;

/** Ends by hash and id of the key, which are 64 bits, with linear probing, at most half full. */
class EndSet {
  size = 0;
  #marks: Int32Array = new Int32Array(2 * firstPlaces);
  /** Not a number: a free place. */
  #starts: Float64Array = new Float64Array(firstPlaces).fill(Number.NaN);

  has(hash: number, id: number, startMicros: number): boolean {
    const mask = this.#starts.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const start = this.#starts[place] as number;
      if (Number.isNaN(start)) return false;
      if (this.#marks[2 * place] !== hash || this.#marks[2 * place + 1] !== id) continue;
      if (isSameStart(start, startMicros)) return true;
    }
  }

  add(hash: number, id: number, startMicros: number): void {
    if (2 * ++this.size > this.#starts.length) this.#grow();
    this.#put(hash, id, startMicros);
  }

  clear(): void {
    if (this.size > 0) this.#starts.fill(Number.NaN);
    this.size = 0;
  }

  #put(hash: number, id: number, startMicros: number): void {
    const mask = this.#starts.length - 1;
    let place = hash & mask;
    while (!Number.isNaN(this.#starts[place] as number)) place = (place + 1) & mask;
    this.#marks[2 * place] = hash;
    this.#marks[2 * place + 1] = id;
    this.#starts[place] = startMicros;
  }

  #grow(): void {
    const marks = this.#marks;
    const starts = this.#starts;
    this.#marks = new Int32Array(2 * marks.length);
    this.#starts = new Float64Array(2 * starts.length).fill(Number.NaN);
    for (const [place, start] of starts.entries())
      if (!Number.isNaN(start)) this.#put(marks[2 * place] as number, marks[2 * place + 1] as number, start);
  }
}

export class EndedConnections {
  readonly #perSet: number;
  #young = new EndSet();
  #old = new EndSet();

  constructor(maxConnections: number) {
    this.#perSet = Math.ceil(maxConnections / 2);
  }

  /** `startMicros` is as `isSameStart` wants it. */
  has({ hash, words }: ConnectionKey, startMicros: number): boolean {
    const id = words[keyWords.id] as number;
    return (
      (this.#young.size > 0 && this.#young.has(hash, id, startMicros)) ||
      (this.#old.size > 0 && this.#old.has(hash, id, startMicros))
    );
  }

  add({ hash, words }: ConnectionKey, startMicros: number): void {
    if (this.#young.size >= this.#perSet) this.forgetOlder();
    this.#young.add(hash, words[keyWords.id] as number, startMicros);
  }

  /** Forgets what was remembered before the last call. */
  forgetOlder(): void {
    const emptied = this.#old;
    emptied.clear();
    this.#old = this.#young;
    this.#young = emptied;
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
