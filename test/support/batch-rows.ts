/** A column batch made of rows as objects: the other way round than row-reader.ts. */

import { ColumnBatch, openColumn } from '../../collector/store/column-batch.ts';
import type { FlowColumn } from '../../collector/store/flow-columns.ts';
import type { Cell, Row } from './row-reader.ts';

const writeFixed = (batch: ColumnBatch, position: number, row: number, cell: Cell): void => {
  const column = openColumn(batch, position, row, 1);
  if (column.widthBytes === 16) column.u8.set(Buffer.from(String(cell), 'hex'), 16 * row);
  else if (column.widthBytes === 8) {
    column.u32[2 * row] = Number(BigInt(cell as bigint) & 0xffff_ffffn);
    column.u32[2 * row + 1] = Number(BigInt(cell as bigint) >> 32n);
  } else if (column.widthBytes === 4) column.u32[row] = Number(cell);
  else if (column.widthBytes === 2) column.u16[row] = Number(cell);
  else column.u8[row] = Number(cell);
};

const writeList = (batch: ColumnBatch, position: number, row: number, cell: Cell): void => {
  const list = batch.lists[position];
  if (!list) throw new Error(`column ${position} has no lists`);
  list.padTo(row);
  for (const [key, item] of Object.entries(cell)) {
    if (typeof item === 'number') list.values.writeUint32(item);
    else {
      list.keys.writeString(key);
      list.values.writeString(item as string);
    }
    list.items++;
  }
  list.padTo(row + 1);
};

/** Columns that a row does not name are not written. An address is 32 hex digits, a u64 a bigint. */
export const batchOf = (columns: readonly FlowColumn[], rows: readonly Row[]): ColumnBatch => {
  const batch = new ColumnBatch(columns, Math.max(1, rows.length));
  for (const [row, cells] of rows.entries()) {
    for (const [name, cell] of Object.entries(cells)) {
      const position = columns.findIndex((column) => column.name === name);
      if (batch.fixed[position]) writeFixed(batch, position, row, cell);
      else if (batch.lists[position]) writeList(batch, position, row, cell);
      else if (batch.texts[position]) {
        const text = Buffer.from(String(cell));
        batch.texts[position].append(row, text, 0, text.length);
      } else throw new Error(`there is no column ${name}`);
    }
  }
  batch.rows = rows.length;
  return batch;
};
