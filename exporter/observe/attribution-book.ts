/** The receiving side of attribution: facts by the numbers that a reading thread gave them. */

import { type AttributionCounters, makeAttributionCounters } from './attribution.ts';
import type { AttributionReport } from './attribution-recorder.ts';
import type { ProcessFacts } from './process-facts.ts';

/**
 * A number that a chunk uses is not older than the thread's own table (16,384) and what one chunk can add to it (two for each of its
 * frames, of 64 octets at least).
 */
const maxFacts = 32_768;

export class AttributionBook {
  counters: AttributionCounters = makeAttributionCounters();
  readonly #facts = new Map<number, ProcessFacts>();

  /** What comes with a chunk, before the chunk is read. */
  learn(report: AttributionReport): void {
    this.counters = report.counters;
    for (const [number, facts] of report.facts) this.#facts.set(number, facts);
    for (const number of this.#facts.keys()) {
      if (this.#facts.size <= maxFacts) return;
      this.#facts.delete(number);
    }
  }

  /** 0 is nobody. */
  find(number: number): ProcessFacts | undefined {
    return this.#facts.get(number);
  }
}
