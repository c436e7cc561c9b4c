/**
 * The values of some rows of a sealed batch, as a Native block has them: views of the batch where they lie in a row, and the ends
 * of lists, which count from the block's first row, anew.
 */

import type { ByteColumn } from './byte-column.ts';
import type { ColumnBatch, ListColumn } from './column-batch.ts';

const view = (bytes: Uint8Array | Uint32Array, from: number, to: number): Buffer =>
  Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset + from, to - from);

/** Where text `row` begins: behind all before it, each with its length as a varint. */
const findText = ({ bytes }: ByteColumn, row: number): number => {
  let at = 0;
  for (let skipped = 0; skipped < row; skipped++) {
    let lengthBytes = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = bytes[at++] as number;
      lengthBytes |= (octet & 0x7f) << shift;
      if (octet < 0x80) break;
    }
    at += lengthBytes;
  }
  return at;
};

/** Texts `[from, to)` of a column that has `rows` of them; nothing is walked for all of them. */
const sliceTexts = (texts: ByteColumn, from: number, to: number, rows: number): Buffer =>
  view(texts.bytes, findText(texts, from), to === rows ? texts.length : findText(texts, to));

const sliceLists = (list: ListColumn, from: number, to: number): readonly Buffer[] => {
  const endOf = (row: number): number => (row === 0 ? 0 : (list.ends[2 * (row - 1)] as number));
  const first = endOf(from);
  const last = endOf(to);
  const ends = first === 0 ? list.ends.subarray(2 * from, 2 * to) : list.ends.slice(2 * from, 2 * to);
  if (first > 0) for (let i = 0; i < ends.length; i += 2) ends[i] = (ends[i] as number) - first;
  // Labels are u32 and have no keys; the items of a Map are texts.
  const items =
    list.keys.length === 0
      ? [view(list.values.bytes, 4 * first, 4 * last)]
      : [list.keys, list.values].map((texts) => sliceTexts(texts, first, last, list.items));
  return [view(ends, 0, ends.byteLength), ...items.filter((bytes) => bytes.length > 0)];
};

/** Rows `[from, to)` of the column at `position`; undefined: no row of the batch has a value. */
export const sliceColumn = (
  batch: ColumnBatch,
  position: number,
  from: number,
  to: number,
): readonly Buffer[] | undefined => {
  const fixed = batch.fixed[position];
  if (fixed?.used) return [view(fixed.u8, from * fixed.widthBytes, to * fixed.widthBytes)];
  const text = batch.texts[position];
  if (text?.used) return [sliceTexts(text.bytes, from, to, batch.rows)];
  const list = batch.lists[position];
  if (list?.used) return sliceLists(list, from, to);
  return undefined;
};
