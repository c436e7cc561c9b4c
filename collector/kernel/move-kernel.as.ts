/**
 * The move kernel, in AssemblyScript: octets of Data Records from network order to column order. It is compiled once, by
 * `npm run generate`, into `move-kernel.generated.ts`. Templates reach it as data (a list of operations), never as code.
 * Layouts of operation, message and column entries are those of `kernel-layout.ts`; this file is their only other reader.
 */

// Operation: 24 octets.
// @ts-ignore: decorators are AssemblyScript's
@inline const OP_BYTES: usize = 24;
// @ts-ignore
@inline const COALESCE: u32 = 1;
// @ts-ignore
@inline const HAS_INIT: u32 = 2;
// @ts-ignore
@inline const VARIABLE: u32 = 0xffff;

// What an operation writes.
// @ts-ignore
@inline const U8: u32 = 0;
// @ts-ignore
@inline const U16: u32 = 1;
// @ts-ignore
@inline const U32: u32 = 2;
// @ts-ignore
@inline const U64: u32 = 3;
// @ts-ignore
@inline const IP: u32 = 4;
// @ts-ignore
@inline const DIRECTION: u32 = 5;
// @ts-ignore
@inline const ICMP_TYPE: u32 = 6;
// @ts-ignore
@inline const ICMP_CODE: u32 = 7;
// @ts-ignore
@inline const TIME_SECONDS: u32 = 8;
// @ts-ignore
@inline const TIME_MILLISECONDS: u32 = 9;
// @ts-ignore
@inline const TIME_NTP: u32 = 10;
// @ts-ignore
@inline const TIME_UPTIME: u32 = 11;
// @ts-ignore
@inline const TIME_DELTA: u32 = 12;
// @ts-ignore
@inline const FILL_RECEIVED: u32 = 13;
// @ts-ignore
@inline const FILL_EXPORTER: u32 = 14;
// @ts-ignore
@inline const FILL_DOMAIN: u32 = 15;
// @ts-ignore
@inline const FILL_VERSION: u32 = 16;
// @ts-ignore
@inline const FILL_RATE: u32 = 17;
// @ts-ignore
@inline const FINISH_TIME: u32 = 18;

const NO_COLUMN: u32 = 0xffffffff;
const NTP_OFFSET_SECONDS: i64 = 2208988800;
const MAX_MICROS: i64 = 9007199254740991;
const EARLIEST_MICROS: i64 = 946684800000000;
const AHEAD_MICROS: i64 = 86400000000;
const TIME_RECEIVED: u8 = 0;
const TIME_ABSURD: u8 = 8;

/** Shift that turns a row into an offset, by what an operation writes. */
// @ts-ignore
@inline
function widthShift(storage: u32): u32 {
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
function open(columns: usize, column: u32, shift: u32, row: u32, count: u32): usize {
  const entry = columns + (<usize>column << 3);
  const base: usize = load<u32>(entry);
  const filled = load<u32>(entry, 4);
  if (filled < row) memory.fill(base + (<usize>filled << shift), 0, (<usize>(row - filled)) << shift);
  if (row + count > filled) store<u32>(entry, row + count, 4);
  return base + (<usize>row << shift);
}

/** An unsigned integer of any length; of one longer than 8 octets the last 8 count. */
function readUint(p: usize, length: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = length > 8 ? length - 8 : 0; i < length; i++) value = (value << 8) | load<u8>(p + i);
  return value;
}

function isZero(p: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(p + i)) return false;
  return true;
}

// @ts-ignore
@inline
function clamp(micros: i64): i64 {
  return micros < 0 ? 0 : micros > MAX_MICROS ? MAX_MICROS : micros;
}

function timeOf(storage: u32, p: usize, length: u32, message: usize, init: u64): i64 {
  switch (storage) {
    case TIME_SECONDS: {
      const seconds = readUint(p, length);
      return seconds > 9007199254 ? MAX_MICROS : <i64>seconds * 1000000;
    }
    case TIME_MILLISECONDS: {
      const milliseconds = bswap<u64>(load<u64>(p));
      return milliseconds > 9007199254740 ? MAX_MICROS : <i64>milliseconds * 1000;
    }
    case TIME_NTP: {
      const ntp = bswap<u64>(load<u64>(p));
      if (ntp == 0) return 0;
      return clamp((<i64>(ntp >> 32) - NTP_OFFSET_SECONDS) * 1000000 + <i64>(((ntp & 0xffffffff) * 1000000) >> 32));
    }
    case TIME_DELTA:
      return clamp(load<i64>(message, 8) - <i64>bswap<u32>(load<u32>(p)));
    default: {
      const uptime = bswap<u32>(load<u32>(p));
      if (load<u32>(message, 20) == 10) return init == 0 || init > 9000000000000 ? 0 : <i64>(init + uptime) * 1000;
      // Both numbers wrap after 49.7 days; their difference as a signed number does not.
      return clamp(load<i64>(message, 8) - <i64>(<i32>(load<u32>(message, 16) - uptime)) * 1000);
    }
  }
}

/** Below 2^53 the quotient of two doubles is never rounded up to a whole second, and costs less than a division of integers. */
// @ts-ignore
@inline
function toSeconds(micros: i64): u32 {
  return <u32>(<f64>micros / 1000000.0);
}

/** Writes `time` and `time_source` from flow_start and flow_end, which other operations have written before. */
function finishTime(op: usize, message: usize, count: u32, row: u32, columns: usize, time: usize): void {
  const received = load<i64>(message);
  const latest = received + AHEAD_MICROS;
  const startColumn = load<u32>(op, 4);
  const endColumn = load<u32>(op, 8);
  const usual = <u8>load<u32>(op, 20);
  let sources = open(columns, load<u32>(op, 16), 0, row, count);
  let starts: usize = 0;
  let ends: usize = 0;
  if (startColumn != NO_COLUMN) starts = load<u32>(columns + (<usize>startColumn << 3)) + (row << 3);
  if (endColumn != NO_COLUMN) ends = load<u32>(columns + (<usize>endColumn << 3)) + (row << 3);
  const receivedSeconds = toSeconds(received);
  for (let i: u32 = 0; i < count; i++, time += 4, sources++) {
    const start: i64 = starts ? load<i64>(starts + (<usize>i << 3)) : 0;
    const end: i64 = ends ? load<i64>(ends + (<usize>i << 3)) : 0;
    const believed = end ? end : start;
    const first = start ? start : believed;
    if (first > EARLIEST_MICROS && first < latest && believed > EARLIEST_MICROS && believed < latest) {
      store<u32>(time, toSeconds(believed));
      store<u8>(sources, usual);
    } else {
      store<u32>(time, receivedSeconds);
      store<u8>(sources, believed ? TIME_ABSURD : TIME_RECEIVED);
    }
  }
}

/** One operation over `count` records; `p` is its field in the first one. */
function move(op: usize, message: usize, p: usize, aux: usize, stride: usize, length: u32, count: u32, row: u32, columns: usize): void {
  const storage: u32 = load<u8>(op);
  const flags: u32 = load<u8>(op, 1);
  let d = open(columns, load<u32>(op, 12), widthShift(storage), row, count);
  if (flags & COALESCE) {
    // Another element wrote the column before; this one only where it says something.
    for (let i: u32 = 0; i < count; i++, p += stride) {
      if (!isZero(p, length)) one(storage, d + (<usize>i << widthShift(storage)), p, length);
    }
    return;
  }
  switch (storage) {
    case U8:
      p += length - 1;
      for (let i: u32 = 0; i < count; i++, p += stride, d++) store<u8>(d, load<u8>(p));
      return;
    case U16:
      if (length != 2) break;
      for (let i: u32 = 0; i < count; i++, p += stride, d += 2) store<u16>(d, bswap<u16>(load<u16>(p)));
      return;
    case U32:
      if (length == 4) {
        for (let i: u32 = 0; i < count; i++, p += stride, d += 4) store<u32>(d, bswap<u32>(load<u32>(p)));
        return;
      }
      if (length != 2) break;
      for (let i: u32 = 0; i < count; i++, p += stride, d += 4) store<u32>(d, bswap<u16>(load<u16>(p)));
      return;
    case U64:
      if (length == 4) {
        for (let i: u32 = 0; i < count; i++, p += stride, d += 8) store<u64>(d, bswap<u32>(load<u32>(p)));
        return;
      }
      if (length != 8) break;
      for (let i: u32 = 0; i < count; i++, p += stride, d += 8) store<u64>(d, bswap<u64>(load<u64>(p)));
      return;
    case IP:
      if (length != 4) break;
      for (let i: u32 = 0; i < count; i++, p += stride, d += 16) {
        store<u64>(d, 0);
        store<u64>(d, (<u64>load<u32>(p) << 32) | 0xffff0000, 8);
      }
      return;
    case TIME_UPTIME:
      if (load<u32>(message, 20) == 10) break;
      const base = load<i64>(message, 8);
      const now = load<u32>(message, 16);
      for (let i: u32 = 0; i < count; i++, p += stride, d += 8) {
        store<i64>(d, clamp(base - <i64>(<i32>(now - bswap<u32>(load<u32>(p)))) * 1000));
      }
      return;
    case FILL_RECEIVED: {
      const received = load<u64>(message);
      for (let i: u32 = 0; i < count; i++, d += 8) store<u64>(d, received);
      return;
    }
    case FILL_EXPORTER: {
      const low = load<u64>(message, 32);
      const high = load<u64>(message, 40);
      for (let i: u32 = 0; i < count; i++, d += 16) {
        store<u64>(d, low);
        store<u64>(d, high, 8);
      }
      return;
    }
    case FILL_DOMAIN: {
      const domain = load<u32>(message, 48);
      for (let i: u32 = 0; i < count; i++, d += 4) store<u32>(d, domain);
      return;
    }
    case FILL_RATE: {
      const rate = load<u32>(message, 52);
      for (let i: u32 = 0; i < count; i++, d += 4) store<u32>(d, rate);
      return;
    }
    case FILL_VERSION:
      memory.fill(d, <u8>load<u32>(message, 20), count);
      return;
    case FINISH_TIME:
      finishTime(op, message, count, row, columns, d);
      return;
  }
  const shift = widthShift(storage);
  const width: usize = <usize>1 << shift;
  if (storage >= TIME_SECONDS && storage <= TIME_DELTA) {
    for (let i: u32 = 0; i < count; i++, p += stride, aux += stride, d += 8) {
      const init = flags & HAS_INIT ? bswap<u64>(load<u64>(aux)) : load<u64>(message, 24);
      store<i64>(d, timeOf(storage, p, length, message, init));
    }
    return;
  }
  for (let i: u32 = 0; i < count; i++, p += stride, d += width) one(storage, d, p, length);
}

/** One value of a length or a meaning that has no loop of its own. */
function one(storage: u32, d: usize, p: usize, length: u32): void {
  switch (storage) {
    case U8:
      store<u8>(d, <u8>readUint(p, length));
      return;
    case U16:
      store<u16>(d, <u16>readUint(p, length));
      return;
    case U32:
      store<u32>(d, <u32>readUint(p, length));
      return;
    case U64:
      store<u64>(d, readUint(p, length));
      return;
    case IP:
      if (length == 4) {
        store<u64>(d, 0);
        store<u64>(d, (<u64>load<u32>(p) << 32) | 0xffff0000, 8);
      } else if (length == 16) {
        store<u64>(d, load<u64>(p));
        store<u64>(d, load<u64>(p, 8), 8);
      } else {
        store<u64>(d, 0);
        store<u64>(d, 0, 8);
      }
      return;
    case DIRECTION: {
      const said = readUint(p, length);
      store<u8>(d, said < 2 ? <u8>said + 1 : 0);
      return;
    }
    case ICMP_TYPE:
      store<u8>(d, load<u8>(p + length - 1), 1);
      return;
    case ICMP_CODE:
      store<u8>(d, load<u8>(p + length - 1));
      return;
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
      if (length == 0 || (isTime(storage) && length != load<u16>(plan, 2))) {
        open(columns, load<u32>(plan, 12), widthShift(storage), row + r, 0);
        continue;
      }
      const aux = source + load<u32>(offsets + ((<usize>r * fields + auxField) << 2));
      move(plan, message, source + load<u32>(offsets + at), aux, 0, length, 1, row + r, columns);
    }
  }
}

// @ts-ignore
@inline
function isTime(storage: u32): bool {
  return storage >= TIME_SECONDS && storage <= TIME_DELTA;
}
