/** Times in the kernel: every form that exporters send, to whole microseconds since 1970. */

import { open, readUint } from './kernel-columns.as';
import {
  AHEAD_MICROS, EARLIEST_MICROS, HAS_INIT, MAX_MICROS, NO_COLUMN, NTP_OFFSET_SECONDS, TIME_ABSURD, TIME_DELTA,
  TIME_MILLISECONDS, TIME_NTP, TIME_RECEIVED, TIME_SECONDS,
} from './kernel-constants.as';

// @ts-ignore
@inline
function clamp(micros: i64): i64 {
  return micros < 0 ? 0 : micros > MAX_MICROS ? MAX_MICROS : micros;
}

export function timeOf(storage: u32, p: usize, length: u32, message: usize, init: u64): i64 {
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
      const exported = load<i64>(message, 8);
      let now = load<u32>(message, 16);
      if (load<u32>(message, 20) == 10) {
        // IPFIX has no sysUpTime in its header: it is the export time less the time when the exporter booted.
        if (init == 0 || init > 9000000000000) return 0;
        now = <u32>(exported / 1000 - <i64>init);
      }
      // Both numbers wrap after 49.7 days; their difference as a signed number does not.
      return clamp(exported - <i64>(<i32>(now - bswap<u32>(load<u32>(p)))) * 1000);
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
export function finishTime(op: usize, message: usize, count: u32, row: u32, columns: usize, time: usize): void {
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
  // Mostly both are there and can be believed: one comparison each, as unsigned numbers, tells.
  const range = <u64>(latest - EARLIEST_MICROS - 1);
  let i: u32 = 0;
  if (starts && ends && latest > EARLIEST_MICROS) {
    for (; i < count; i++, time += 4, sources++) {
      const end = load<i64>(ends + (<usize>i << 3));
      const start = load<i64>(starts + (<usize>i << 3));
      if (<u64>(end - EARLIEST_MICROS - 1) >= range || <u64>(start - EARLIEST_MICROS - 1) >= range) break;
      store<u32>(time, toSeconds(end));
      store<u8>(sources, usual);
    }
  }
  for (; i < count; i++, time += 4, sources++) {
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

/** sysUpTime of v5 and v9, the most frequent form, has a loop of its own; the others go record by record. */
export function moveUptimes(message: usize, p: usize, d: usize, stride: usize, count: u32): void {
  const base = load<i64>(message, 8);
  const now = load<u32>(message, 16);
  for (let i: u32 = 0; i < count; i++, p += stride, d += 8) {
    store<i64>(d, base - <i64>(<i32>(now - bswap<u32>(load<u32>(p)))) * 1000);
  }
}

export function moveTimes(
  storage: u32, flags: u32, message: usize, p: usize, aux: usize, d: usize, stride: usize, length: u32, count: u32,
): void {
  for (let i: u32 = 0; i < count; i++, p += stride, aux += stride, d += 8) {
    const init = flags & HAS_INIT ? bswap<u64>(load<u64>(aux)) : load<u64>(message, 24);
    store<i64>(d, timeOf(storage, p, length, message, init));
  }
}
