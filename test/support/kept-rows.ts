/** Stands in for the RowWriter: keeps the rows that it was given. */

import type { Row, RowTable, RowWriter } from '../../collector/store/row-writer.ts';

export interface KeptRows {
  readonly rows: readonly (Row & { readonly table: RowTable })[];
  readonly writer: RowWriter;
}

export const keepRows = (): KeptRows => {
  const rows: (Row & { table: RowTable })[] = [];
  const writer = { stored: 0, dropped: 0, add: (table: RowTable, row: Row) => rows.push({ ...row, table }) };
  return { rows, writer: writer as unknown as RowWriter };
};
