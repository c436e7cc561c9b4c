/** The batches of the ledger: one is filled, some are being inserted, the others are free. Their number bounds the memory. */

import type { ColumnBatch } from '../store/column-batch.ts';

export class BatchPool {
  readonly #free: ColumnBatch[];
  #waiting: (() => void) | undefined;

  constructor(batches: readonly ColumnBatch[]) {
    this.#free = [...batches];
  }

  get free(): number {
    return this.#free.length;
  }

  take(): ColumnBatch | undefined {
    return this.#free.pop();
  }

  giveBack(batch: ColumnBatch): void {
    batch.clear();
    this.#free.push(batch);
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** Resolves when a batch is free, or after `orMs`; for one caller at a time. */
  async untilFree(orMs: number): Promise<void> {
    if (this.#free.length > 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
      timer = setTimeout(resolve, orMs);
    });
    clearTimeout(timer);
  }
}
