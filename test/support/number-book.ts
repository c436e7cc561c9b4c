/** Which numbers of which sender are known, each with a time of receipt: what a journal holds, or a table. */

export class NumberBook {
  count = 0;
  /** Numbers that were entered more than once. */
  doubled = 0;
  readonly #micros = new Map<number, Float64Array>();
  readonly #next = new Map<number, number>();

  get senders(): readonly number[] {
    return [...this.#micros.keys()].sort();
  }

  /** One more than the largest number of a sender. */
  end(sender: number): number {
    return this.#next.get(sender) ?? 0;
  }

  /** Microseconds since 1970; 0: this number is not known. */
  micros(sender: number, number: number): number {
    return this.#micros.get(sender)?.[number] ?? 0;
  }

  enter(sender: number, number: number, micros: number): void {
    let known = this.#micros.get(sender) ?? new Float64Array(1 << 16);
    while (number >= known.length) {
      const larger = new Float64Array(2 * known.length);
      larger.set(known);
      known = larger;
    }
    this.#micros.set(sender, known);
    if (known[number] === 0) this.count++;
    else this.doubled++;
    known[number] = micros;
    this.#next.set(sender, Math.max(this.end(sender), number + 1));
  }

  /** The same without those numbers. */
  without(isLeftOut: (sender: number, number: number) => boolean): NumberBook {
    const book = new NumberBook();
    for (const sender of this.senders)
      for (let number = 0; number < this.end(sender); number++) {
        const micros = this.micros(sender, number);
        if (micros !== 0 && !isLeftOut(sender, number)) book.enter(sender, number, micros);
      }
    return book;
  }

  /** Runs of numbers that are not known, with the times of receipt of the known ones around them (0 at the ends). */
  gaps(sender: number, end = this.end(sender)): readonly NumberGap[] {
    const gaps: NumberGap[] = [];
    let beforeMicros = 0;
    let length = 0;
    for (let number = 0; number < end; number++) {
      const micros = this.micros(sender, number);
      if (micros === 0) {
        length++;
        continue;
      }
      if (length > 0) gaps.push({ length, beforeMicros, afterMicros: micros });
      length = 0;
      beforeMicros = micros;
    }
    if (length > 0) gaps.push({ length, beforeMicros, afterMicros: 0 });
    return gaps;
  }
}

export interface NumberGap {
  readonly length: number;
  readonly beforeMicros: number;
  readonly afterMicros: number;
}
