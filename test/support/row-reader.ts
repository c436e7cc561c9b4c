/** The rows of a column batch as objects, which is how tests can compare them. Reads what a Native block would send. */

import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import type { FlowColumn } from '../../collector/store/flow-columns.ts';
import { formatAddress } from '../../shared/wire/address.ts';

export type Cell = number | bigint | string | readonly number[] | Readonly<Record<string, string>>;
export type Row = Readonly<Record<string, Cell>>;

const readTexts = (bytes: Uint8Array, end: number): string[] => {
  const texts: string[] = [];
  for (let at = 0; at < end; ) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = bytes[at++] ?? 0;
      length |= (octet & 0x7f) << shift;
      if (octet < 0x80) break;
    }
    texts.push(Buffer.from(bytes.subarray(at, at + length)).toString());
    at += length;
  }
  return texts;
};

const emptyCell = ({ storage }: FlowColumn): Cell => {
  if (storage === 'u64') return 0n;
  if (storage === 'ip') return '::';
  if (storage === 'text') return '';
  if (storage === 'labels') return [];
  return storage === 'extra' ? {} : 0;
};

const fixedCells = (batch: ColumnBatch, position: number): Cell[] | undefined => {
  const column = batch.fixed[position];
  if (!column?.used) return undefined;
  const { u8, u16, u32 } = column;
  return Array.from({ length: batch.rows }, (_, row): Cell => {
    if (column.widthBytes === 1) return u8[row] ?? 0;
    if (column.widthBytes === 2) return u16[row] ?? 0;
    if (column.widthBytes === 4) return u32[row] ?? 0;
    if (column.widthBytes === 8) return BigInt(u32[2 * row] ?? 0) + (BigInt(u32[2 * row + 1] ?? 0) << 32n);
    return formatAddress(u8, 16 * row);
  });
};

const listCells = (batch: ColumnBatch, position: number, isMap: boolean): Cell[] | undefined => {
  const list = batch.lists[position];
  if (!list?.used) return undefined;
  const keys = readTexts(list.keys.bytes, list.keys.length);
  const texts = isMap ? readTexts(list.values.bytes, list.values.length) : [];
  const number = (item: number): number => list.values.bytes.readUInt32LE(4 * item);
  let from = 0;
  return Array.from({ length: batch.rows }, (_, row): Cell => {
    const to = list.ends[2 * row] ?? 0;
    const items = Array.from({ length: to - from }, (_, i) => from + i);
    from = to;
    return isMap ? Object.fromEntries(items.map((i) => [keys[i] ?? '', texts[i] ?? ''])) : items.map(number);
  });
};

const cellsOf = (batch: ColumnBatch, column: FlowColumn, position: number): Cell[] | undefined => {
  if (column.storage === 'text') {
    const text = batch.texts[position];
    return text?.used ? readTexts(text.bytes.bytes, text.bytes.length) : undefined;
  }
  if (column.storage === 'labels' || column.storage === 'extra')
    return listCells(batch, position, column.storage === 'extra');
  return fixedCells(batch, position);
};

/** Seals the batch and reads all its rows; columns that are not used have what the table would put there. */
export const readRows = (batch: ColumnBatch): readonly Row[] => {
  batch.seal();
  const rows = Array.from({ length: batch.rows }, (): Record<string, Cell> => ({}));
  batch.columns.forEach((column, position) => {
    const cells = cellsOf(batch, column, position);
    if (cells && cells.length !== batch.rows) throw new Error(`${column.name} has ${cells.length} cells`);
    rows.forEach((row, i) => {
      row[column.name] = cells?.[i] ?? emptyCell(column);
    });
  });
  return rows;
};

/** A row without the columns that are zero, empty or the same in every row of a test. */
export const briefRow = (row: Row, ...without: readonly string[]): Record<string, Cell> => {
  const dull = ['received', 'exporter', 'domain', 'version', 'time', 'sampling_rate', ...without];
  const isEmpty = (cell: Cell): boolean =>
    cell === 0 ||
    cell === 0n ||
    cell === '' ||
    cell === '::' ||
    (typeof cell === 'object' && Object.keys(cell).length === 0);
  return Object.fromEntries(
    Object.entries(row).filter(([name, cell]) => !dull.includes(name) && !isEmpty(cell)),
  );
};
