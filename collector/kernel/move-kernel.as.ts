/**
 * The move kernel, in AssemblyScript: octets of Data Records from network order to column order. It is compiled once, by
 * `npm run generate`, into `move-kernel.generated.ts`. Templates reach it as data (a list of operations), never as code.
 * Layouts of operation, message and column entries are those of `kernel-layout.ts`; these files are their only other readers.
 */

import { isZero, open, openZeroed, widthShift } from './kernel-columns.as';
import {
  COALESCE, FILL_RECEIVED, FINISH_TIME, IP, OP_BYTES, TIME_DELTA, TIME_SECONDS, TIME_UPTIME, U16, U32, U64, U8,
} from './kernel-constants.as';
import { fill, moveBytes, moveIpv4, moveU16, moveU32, moveU64, one, widenU16, widenU32 } from './kernel-loops.as';
import { finishTime, moveTimes, moveUptimes } from './kernel-times.as';

/** Earlier export times could make a time negative, which only the general way takes care of. */
const SAFE_EXPORT_MICROS: i64 = 4294967296000;

// @ts-ignore
@inline
function isTime(storage: u32): bool {
  return storage >= TIME_SECONDS && storage <= TIME_DELTA;
}

/** A loop for this meaning and length; false when there is none. */
// @ts-ignore
@inline
function moveFast(storage: u32, p: usize, d: usize, stride: usize, length: u32, count: u32): bool {
  if (storage == U32 && length == 4) moveU32(p, d, stride, count);
  else if (storage == U8) moveBytes(p + length - 1, d, stride, count);
  else if (storage == IP && length == 4) moveIpv4(p, d, stride, count);
  else if (storage == U16 && length == 2) moveU16(p, d, stride, count);
  else if (storage == U64 && length == 8) moveU64(p, d, stride, count);
  else if (storage == U64 && length == 4) widenU32(p, d, stride, count);
  else if (storage == U32 && length == 2) widenU16(p, d, stride, count);
  else return false;
  return true;
}

/** One operation over `count` records; `p` is its field in the first one, `aux` the boot time where the record has it. */
function move(op: usize, message: usize, p: usize, aux: usize, stride: usize, length: u32, count: u32, row: u32, columns: usize): void {
  const storage: u32 = load<u8>(op);
  const flags: u32 = load<u8>(op, 1);
  const shift = widthShift(storage);
  if (flags & COALESCE) {
    // Another element may have written the column before; this one only where it says something.
    const from = openZeroed(columns, load<u32>(op, 12), shift, row, count);
    for (let i: u32 = 0; i < count; i++, p += stride) {
      if (!isZero(p, length)) one(storage, from + (<usize>i << shift), p, length);
    }
    return;
  }
  let d = open(columns, load<u32>(op, 12), shift, row, count);
  if (storage == FINISH_TIME) finishTime(op, message, count, row, columns, d);
  else if (storage >= FILL_RECEIVED) fill(storage, message, d, count);
  else if (isTime(storage)) {
    const isPlain = storage == TIME_UPTIME && load<u32>(message, 20) != 10 && load<i64>(message, 8) > SAFE_EXPORT_MICROS;
    if (isPlain) moveUptimes(message, p, d, stride, count);
    else moveTimes(storage, flags, message, p, aux, d, stride, length, count);
  } else if (!moveFast(storage, p, d, stride, length, count)) {
    const width: usize = <usize>1 << shift;
    for (let i: u32 = 0; i < count; i++, p += stride, d += width) one(storage, d, p, length);
  }
}

/** Runs `ops` operations over `count` records of a fixed length, the first one at `source`. */
export function moveFixed(plan: usize, ops: u32, message: usize, source: usize, stride: u32, count: u32, row: u32, columns: usize): void {
  for (let o: u32 = 0; o < ops; o++, plan += OP_BYTES) {
    const aux = source + load<u32>(plan, 20);
    move(plan, message, source + load<u32>(plan, 8), aux, stride, load<u16>(plan, 2), count, row, columns);
  }
}

/**
 * The same for records of varying length: `offsets` and `lengths` have one u32 for each field of each record, offsets being
 * relative to `source`. A field of no length, or of one that its meaning cannot have, leaves 0.
 */
export function moveScanned(
  plan: usize, ops: u32, message: usize, source: usize, offsets: usize, lengths: usize, fields: u32,
  count: u32, row: u32, columns: usize,
): void {
  for (let o: u32 = 0; o < ops; o++, plan += OP_BYTES) {
    const storage: u32 = load<u8>(plan);
    if (storage >= FILL_RECEIVED) {
      move(plan, message, source, source, 0, 0, count, row, columns);
      continue;
    }
    const field: usize = load<u32>(plan, 4);
    const auxField: usize = load<u32>(plan, 16);
    for (let r: u32 = 0; r < count; r++) {
      const at: usize = (<usize>r * fields + field) << 2;
      const length = load<u32>(lengths + at);
      const isOdd =
        storage == IP ? length != 4 && length != 16 : isTime(storage) && length != load<u16>(plan, 2);
      if (length == 0 || isOdd) {
        open(columns, load<u32>(plan, 12), widthShift(storage), row + r, 0);
        continue;
      }
      const aux = source + load<u32>(offsets + ((<usize>r * fields + auxField) << 2));
      move(plan, message, source + load<u32>(offsets + at), aux, 0, length, 1, row + r, columns);
    }
  }
}
