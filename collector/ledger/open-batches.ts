/**
 * The batches that are not stored yet, in order of the journal: which range of it each one covers, and from where on the journal is
 * still needed because of them.
 */

import type { ColumnBatch } from '../store/column-batch.ts';

export interface OpenBatch {
  readonly number: number;
  readonly batch: ColumnBatch;
  /** Position of its first frame, and behind its last one. */
  readonly start: number;
  end: number;
  /** Times of receipt of its first and last frame. */
  readonly firstMicros: number;
  lastMicros: number;
}

export class OpenBatches {
  readonly #open = new Map<number, OpenBatch>();

  add(open: OpenBatch): void {
    this.#open.set(open.number, open);
  }

  remove(open: OpenBatch): void {
    this.#open.delete(open.number);
  }

  get size(): number {
    return this.#open.size;
  }

  values(): IterableIterator<OpenBatch> {
    return this.#open.values();
  }

  /** Where the oldest begins; undefined when all are stored. Numbers are given in order, so the first is the oldest. */
  get oldest(): OpenBatch | undefined {
    return this.#open.values().next().value;
  }

  get rows(): number {
    let sum = 0;
    for (const { batch } of this.#open.values()) sum += batch.rows;
    return sum;
  }
}
