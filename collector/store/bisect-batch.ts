/** How a batch is taken apart when ClickHouse refuses it: by time of receipt, since by it rows are found again. */

import type { ColumnBatch } from './column-batch.ts';

/** Rows `[from, to)` of a batch, and the times of receipt, whole microseconds, between which they and no others lie. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly firstMicros: number;
  readonly lastMicros: number;
}

/** Time of receipt of a row, in microseconds. */
export type ReceivedMicros = (row: number) => number;

/** Throws when the rows are not in the order of their receipt: then a range of times would not be a range of rows. */
export const receivedOf = (batch: ColumnBatch): ReceivedMicros => {
  batch.seal();
  const column = batch.fixed[batch.columns.findIndex(({ name }) => name === 'received')];
  if (!column?.used) return () => 0;
  const { u32 } = column;
  const received = (row: number): number => (u32[2 * row] as number) + 2 ** 32 * (u32[2 * row + 1] as number);
  for (let row = 1; row < batch.rows; row++)
    if (received(row) < received(row - 1))
      throw new Error(`row ${row} of a batch was received before the one in front of it`);
  return received;
};

/** The first row of those after `from` that was received with another datagram than its predecessor, nearest to the middle. */
const findChange = ({ from, to }: Piece, received: ReceivedMicros): number | undefined => {
  const middle = (from + to) >> 1;
  for (let away = 0; middle - away > from || middle + away < to; away++) {
    for (const row of [middle - away, middle + away])
      if (row > from && row < to && received(row) !== received(row - 1)) return row;
  }
  return undefined;
};

/** Two pieces of about the same size, cut between two datagrams; undefined for the rows of a single one. */
export const bisectByReceipt = (piece: Piece, received: ReceivedMicros): readonly Piece[] | undefined => {
  const row = findChange(piece, received);
  if (row === undefined) return undefined;
  return [
    { ...piece, to: row, lastMicros: received(row - 1) },
    { ...piece, from: row, firstMicros: received(row) },
  ];
};

/** Two pieces of one datagram, which share its time; undefined for a single row. */
export const bisectByRows = (piece: Piece): readonly Piece[] | undefined => {
  const row = (piece.from + piece.to) >> 1;
  if (row === piece.from) return undefined;
  return [
    { ...piece, to: row },
    { ...piece, from: row },
  ];
};
