/** Batches that an earlier run may have stored, although no log says so. */

import type { ColumnBatch } from '../store/column-batch.ts';
import type { BatchRange, ExactWriter, OnToken, StoreOutcome } from '../store/exact-writer.ts';
import { GivenUp } from '../store/settle-piece.ts';

/**
 * Looks before it stores. Where there are more rows than can be decoded again (a Template is not known any more, say), those are all
 * there will be, and nothing is taken away.
 */
export const storeDoubtful = async (
  writer: Pick<ExactWriter, 'store' | 'count'>,
  batch: ColumnBatch,
  range: BatchRange,
  onToken?: OnToken,
): Promise<StoreOutcome> => {
  const { rows } = batch;
  try {
    if ((await writer.count(range)) > rows)
      return { kind: 'stored', stored: rows, quarantined: 0, found: true, lengthBytes: 0, milliseconds: 0 };
  } catch (error) {
    if (error instanceof GivenUp) return { kind: 'given-up' };
    throw error;
  }
  return writer.store(batch, range, 'recover', onToken);
};
