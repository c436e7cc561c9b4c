/**
 * The record scan: where each field of each Data Record of a Set lies. One of the two loops over wire octets (the other walks
 * Sets). Every record takes at least `minBytes` >= 1 octets, so the loop makes progress.
 */

import { type Template, variableLength } from '../../shared/protocol/template.ts';

/** Field `f` of record `r` is at index `r * fieldCount + f`. The arrays are reused by the next scan. */
export interface RecordScan {
  count: number;
  fieldCount: number;
  offsets: Uint32Array;
  lengths: Uint32Array;
}

export const makeRecordScan = (): RecordScan => ({
  count: 0,
  fieldCount: 0,
  offsets: new Uint32Array(256),
  lengths: new Uint32Array(256),
});

const grow = (scan: RecordScan, needed: number): void => {
  if (needed <= scan.offsets.length) return;
  const offsets = new Uint32Array(2 * needed);
  const lengths = new Uint32Array(2 * needed);
  offsets.set(scan.offsets);
  lengths.set(scan.lengths);
  scan.offsets = offsets;
  scan.lengths = lengths;
};

const isPadding = (view: DataView, at: number, end: number): boolean => {
  if (end - at >= 4) return false;
  for (let i = at; i < end; i++) if (view.getUint8(i) !== 0) return false;
  return true;
};

/**
 * Finds the records of a Data Set in `[at, end)`. Fewer octets than the shortest record are padding (RFC 7011 3.3.1).
 * Returns false when a variable length points past the Set; then nothing of the Set can be trusted.
 */
export const scanRecords = (
  scan: RecordScan,
  template: Template,
  view: DataView,
  at: number,
  end: number,
): boolean => {
  const { fields, minBytes } = template;
  scan.fieldCount = fields.length;
  scan.count = 0;
  let position = at;
  let index = 0;
  while (end - position >= minBytes && !(template.hasVariable && isPadding(view, position, end))) {
    grow(scan, index + fields.length);
    for (const field of fields) {
      let length = field.lengthBytes;
      if (length === variableLength) {
        if (position >= end) return false;
        length = view.getUint8(position++);
        if (length === 255) {
          if (end - position < 2) return false;
          length = view.getUint16(position);
          position += 2;
        }
      }
      scan.offsets[index] = position;
      scan.lengths[index++] = length;
      position += length;
      if (position > end) return false;
    }
    scan.count++;
  }
  return true;
};
