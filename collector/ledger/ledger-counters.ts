/** What became of the rows of this run. */

import type { StoreOutcome } from '../store/exact-writer.ts';

export class LedgerCounters {
  rowsStored = 0;
  /** Rows that ClickHouse refuses for good. */
  rowsQuarantined = 0;
  /** Rows that were not stored when we had to end, without a journal to keep them. */
  rowsGivenUp = 0;
  batchesStored = 0;
  /** Batches of which an attempt failed and was made again. */
  batchesRetried = 0;
  insertSeconds = 0;
  /** Datagrams that were in the journal and had to go, because it was full, before they were stored. */
  datagramsDiscarded = 0;

  stored(outcome: StoreOutcome & { kind: 'stored' }): void {
    this.rowsStored += outcome.stored;
    this.rowsQuarantined += outcome.quarantined;
    this.batchesStored++;
    this.insertSeconds += outcome.milliseconds / 1000;
  }
}
