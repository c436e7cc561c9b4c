/** Times as logs write them. */

import { instantOfClock } from '../../shared/service/time-zone.ts';
import { readNumber } from './read-number.ts';

/** One object, filled again and again. */
export interface FoundTime {
  /** Microseconds since 1970. */
  micros: number;
  /** Behind the time. */
  end: number;
}

/** What a time leaves open. */
export interface TimeFrame {
  readonly nowMicros: number;
  readonly zone: string;
}

const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const dayMs = 86_400_000;
/** Zones change their clocks at quarters of an hour. */
const blockMs = 900_000;
/** Some six weeks of log. */
const maxBlocks = 4096;
const offsets = new Map<number, number>();
let zoneOfOffsets = '';

const instantMs = (clockMs: number, zone: string): number => {
  if (zone === 'UTC') return clockMs;
  if (zone !== zoneOfOffsets || offsets.size >= maxBlocks) offsets.clear();
  zoneOfOffsets = zone;
  const block = Math.floor(clockMs / blockMs);
  let offset = offsets.get(block);
  if (offset === undefined) {
    offset = instantOfClock(block * blockMs, zone) - block * blockMs;
    offsets.set(block, offset);
  }
  return clockMs + offset;
};

/** February the 30th would be the 2nd of March. NaN: there is no such day. */
const midnightMs = (year: number, month: number, day: number): number => {
  if (month < 0 || month > 11 || day < 1 || day > 31) return Number.NaN;
  const ms = Date.UTC(year, month, day);
  return day <= 28 || new Date(ms).getUTCDate() === day ? ms : Number.NaN;
};

/** `21:30:20` and its fraction, in microseconds; -1: it is none. */
const readClock = (text: string, at: number, found: FoundTime): number => {
  if (text.charCodeAt(at + 2) !== 0x3a || text.charCodeAt(at + 5) !== 0x3a) return -1;
  const hours = readNumber(text, at, at + 2);
  const minutes = readNumber(text, at + 3, at + 5);
  const seconds = readNumber(text, at + 6, at + 8);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return -1;
  let micros = (hours * 3600 + minutes * 60 + seconds) * 1e6;
  let end = at + 8;
  const mark = text.charCodeAt(end);
  if (mark === 0x2e || mark === 0x2c) {
    let weight = 1e5;
    for (end++; ; end++) {
      const digit = text.charCodeAt(end) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      micros += Math.floor(weight) * digit;
      weight /= 10;
    }
  }
  found.end = end;
  return micros;
};

/** Minutes that `Z`, `+01:00` or `+0100` is before UTC; NaN: there is no zone. */
const readZone = (text: string, found: FoundTime): number => {
  const at = found.end;
  const sign = text.charCodeAt(at);
  if (sign === 0x5a || sign === 0x7a) {
    found.end = at + 1;
    return 0;
  }
  if (sign !== 0x2b && sign !== 0x2d) return Number.NaN;
  const minutesAt = at + (text.charCodeAt(at + 3) === 0x3a ? 4 : 3);
  const hours = readNumber(text, at + 1, at + 3);
  const minutes = readNumber(text, minutesAt, minutesAt + 2);
  if (hours < 0 || minutes < 0) return Number.NaN;
  found.end = minutesAt + 2;
  return (hours * 60 + minutes) * (sign === 0x2d ? -1 : 1);
};

/** `2026-11-21T21:30:20.123456+01:00`, also with a space, without the fraction, or without the zone. */
const readIso = (text: string, from: number, frame: TimeFrame, found: FoundTime): boolean => {
  if (text.charCodeAt(from + 4) !== 0x2d || text.charCodeAt(from + 7) !== 0x2d) return false;
  const between = text.charCodeAt(from + 10) | 0x20;
  if (between !== 0x74 && between !== 0x20) return false;
  const year = readNumber(text, from, from + 4);
  const month = readNumber(text, from + 5, from + 7) - 1;
  const midnight = midnightMs(year, month, readNumber(text, from + 8, from + 10));
  const clock = readClock(text, from + 11, found);
  if (year < 1970 || Number.isNaN(midnight) || clock < 0) return false;
  const beforeUtc = readZone(text, found);
  found.micros = Number.isNaN(beforeUtc)
    ? instantMs(midnight + Math.floor(clock / 1000), frame.zone) * 1000 + (clock % 1000)
    : midnight * 1000 + clock - beforeUtc * 60e6;
  return true;
};

/** The latest such time that is not more than a day ahead of now: what was written in December is read in January. */
const inLatestYear = (month: number, day: number, clock: number, frame: TimeFrame): number => {
  const latest = frame.nowMicros + dayMs * 1000;
  const thisYear = new Date(Math.floor(frame.nowMicros / 1000)).getUTCFullYear();
  // February the 29th may have been eight years ago.
  for (let year = thisYear + 1; year > thisYear - 9; year--) {
    const midnight = midnightMs(year, month, day);
    if (Number.isNaN(midnight)) continue;
    const micros = instantMs(midnight + Math.floor(clock / 1000), frame.zone) * 1000 + (clock % 1000);
    if (micros <= latest) return micros;
  }
  return -1;
};

/** `Feb 22 10:50:36`, or `Sat Feb 22 12:27:04 2014` as ctime(3) has it. */
const readNamedMonth = (text: string, from: number, frame: TimeFrame, found: FoundTime): boolean => {
  const first = months.indexOf(text.slice(from, from + 3));
  const hasWeekday = first % 3 !== 0;
  const monthAt = hasWeekday ? from + 4 : from;
  const month = hasWeekday ? months.indexOf(text.slice(monthAt, monthAt + 3)) : first;
  if (month % 3 !== 0 || text.charCodeAt(monthAt + 3) !== 0x20) return false;
  const dayAt = monthAt + (text.charCodeAt(monthAt + 4) === 0x20 ? 5 : 4);
  const day = readNumber(text, dayAt, monthAt + 6);
  const clock = readClock(text, monthAt + 7, found);
  if (day < 0 || clock < 0) return false;
  if (!hasWeekday) {
    found.micros = inLatestYear(month / 3, day, clock, frame);
    return found.micros >= 0;
  }
  const yearAt = found.end + 1;
  const year = readNumber(text, yearAt, yearAt + 4);
  const midnight = midnightMs(year, month / 3, day);
  if (year < 1970 || Number.isNaN(midnight)) return false;
  found.micros = instantMs(midnight + Math.floor(clock / 1000), frame.zone) * 1000 + (clock % 1000);
  found.end = yearAt + 4;
  return true;
};

/** `[1795296620.408602]`, as conntrack -o timestamp has it. */
const readSeconds = (text: string, from: number, found: FoundTime): boolean => {
  const end = text.indexOf(']', from);
  const seconds = readNumber(text, from + 1, end - 7);
  const micros = readNumber(text, end - 6, end);
  if (end < 0 || seconds < 0 || micros < 0 || text.charCodeAt(end - 7) !== 0x2e) return false;
  found.micros = seconds * 1e6 + micros;
  found.end = end + 1;
  return true;
};

/**
 * Reads the time that begins at `from` in any of the forms above; what does not name its zone is in `frame.zone`. Of a time that
 * the clock shows twice, in autumn, the earlier one is meant.
 *
 * @returns whether there is one; without, what is in `found` means nothing.
 */
export const readLogTime = (text: string, from: number, frame: TimeFrame, found: FoundTime): boolean => {
  const first = text.charCodeAt(from);
  if (first === 0x5b) return readSeconds(text, from, found);
  if (first >= 0x30 && first <= 0x39) return readIso(text, from, frame, found);
  return readNamedMonth(text, from, frame, found);
};
