/** Columns of texts and of MPLS labels: rows vary in length, so they are filled record by record. */

import type { ColumnBatch } from '../store/column-batch.ts';
import type { LabelFields, TextField } from './column-operations.ts';
import type { DataRecords } from './record-sink.ts';

/** Texts without their trailing NULs, which fill up fields of a fixed length. */
export const writeTexts = (
  fields: readonly TextField[],
  batch: ColumnBatch,
  row: number,
  records: DataRecords,
): void => {
  const { bytes, count } = records;
  const { offsets, lengths, fieldCount } = records.scan();
  for (const { column, field } of fields) {
    const text = batch.texts[column];
    if (!text) throw new Error(`column ${column} holds no texts`);
    for (let i = 0; i < count; i++) {
      const at = offsets[i * fieldCount + field] ?? 0;
      let lengthBytes = lengths[i * fieldCount + field] ?? 0;
      while (lengthBytes > 0 && bytes[at + lengthBytes - 1] === 0) lengthBytes--;
      text.append(row + i, bytes, at, lengthBytes);
    }
  }
};

/** A label stack entry: 20 bits of label, 3 of EXP, 1 bottom of stack (RFC 7012, element 70). Zero entries are none. */
export const writeLabels = (
  labels: LabelFields,
  batch: ColumnBatch,
  row: number,
  records: DataRecords,
): void => {
  const { view, count } = records;
  const { offsets, lengths, fieldCount } = records.scan();
  const list = batch.lists[labels.column];
  if (!list) throw new Error(`column ${labels.column} holds no lists`);
  for (let i = 0; i < count; i++) {
    list.padTo(row + i);
    for (const field of labels.fields) {
      if (lengths[i * fieldCount + field] !== 3) continue;
      const at = offsets[i * fieldCount + field] ?? 0;
      const entry = (view.getUint16(at) << 8) | view.getUint8(at + 2);
      if (entry === 0) continue;
      list.values.writeUint32(entry >>> 4);
      list.items++;
    }
  }
};
