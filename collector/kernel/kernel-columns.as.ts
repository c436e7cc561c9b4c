/** Columns and fields as the kernel sees them: where a row lies, and what an integer of odd length says. */

import {
  DIRECTION, FILL_DOMAIN, FILL_EXPORTER, FILL_RATE, FILL_VERSION, FINISH_TIME, ICMP_CODE, ICMP_TYPE, IP, U16, U32, U8,
} from './kernel-constants.as';

/** Shift that turns a row into an offset, by what an operation writes. */
// @ts-ignore
@inline
export function widthShift(storage: u32): u32 {
  switch (storage) {
    case U8:
    case DIRECTION:
    case FILL_VERSION:
      return 0;
    case U16:
    case ICMP_TYPE:
    case ICMP_CODE:
      return 1;
    case U32:
    case FILL_DOMAIN:
    case FILL_RATE:
    case FINISH_TIME:
      return 2;
    case IP:
    case FILL_EXPORTER:
      return 4;
    default:
      return 3;
  }
}

/** The column's memory from `row` on. Rows skipped since it was last written become 0. */
export function open(columns: usize, column: u32, shift: u32, row: u32, count: u32): usize {
  const entry = columns + (<usize>column << 3);
  const base: usize = load<u32>(entry);
  const filled = load<u32>(entry, 4);
  if (filled < row) memory.fill(base + (<usize>filled << shift), 0, (<usize>(row - filled)) << shift);
  if (row + count > filled) store<u32>(entry, row + count, 4);
  return base + (<usize>row << shift);
}

/** The same where not every row will be written: those that were not written before become 0. */
export function openZeroed(columns: usize, column: u32, shift: u32, row: u32, count: u32): usize {
  const entry = columns + (<usize>column << 3);
  const base: usize = load<u32>(entry);
  const filled = load<u32>(entry, 4);
  const end = row + count;
  if (filled < end) {
    memory.fill(base + (<usize>filled << shift), 0, (<usize>(end - filled)) << shift);
    store<u32>(entry, end, 4);
  }
  return base + (<usize>row << shift);
}

/** An unsigned integer of any length; of one longer than 8 octets the last 8 count. */
export function readUint(p: usize, length: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = length > 8 ? length - 8 : 0; i < length; i++) value = (value << 8) | load<u8>(p + i);
  return value;
}

export function isZero(p: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(p + i)) return false;
  return true;
}
