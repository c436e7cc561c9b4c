/** Times as operators write them in options. */

import { instantOfClock, zoneOffsetMs } from './time-zone.ts';

const clockTime = String.raw`(\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?`;
const isoTime = new RegExp(
  String.raw`^(\d{4}-\d{2}-\d{2})(?:[T ]${clockTime})?\s*(Z|[+-]\d{2}:?\d{2})?$`,
  'i',
);
const timeOfDay = new RegExp(`^(?:(today|yesterday)[T ]+)?${clockTime}$`, 'i');
const secondsSince1970 = /^\d{9,10}(?:\.\d{1,6})?$/;
const ago = /^-\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)$/i;

const unitMs = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000],
]);
const dayMs = 86_400_000;

const isDate = (date: string | undefined): boolean => {
  const midnight = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(`${date}T`);
};

const microsOf = (fraction = ''): number => Number(fraction.padEnd(6, '0').slice(0, 6));

const parseIso = (text: string, zone: string): number | undefined => {
  const match = isoTime.exec(text);
  if (!match) return undefined;
  const [, date, minutes = '00:00', seconds = '00', fraction, said] = match;
  const milliseconds = Date.parse(`${date}T${minutes}:${seconds}${said?.toUpperCase() ?? 'Z'}`);
  // February the 30th would be the 2nd of March.
  if (Number.isNaN(milliseconds) || !isDate(date)) return undefined;
  return (said === undefined ? instantOfClock(milliseconds, zone) : milliseconds) * 1000 + microsOf(fraction);
};

/**
 * Microseconds since 1970 of `2026-11-21`, `2026-11-21 14:03`, `2026-11-21T14:03:22.5+01:00`, or of seconds since 1970. Without a zone
 * it is UTC. Undefined: it is no time.
 */
export const parseTimeMicros = (text: string): number | undefined => {
  const trimmed = text.trim();
  if (secondsSince1970.test(trimmed)) return Math.round(Number(trimmed) * 1e6);
  return parseIso(trimmed, 'UTC');
};

export interface TimeContext {
  readonly nowMicros: number;
  /** In which times without a zone are meant: one that `isTimeZone` knows. */
  readonly zone: string;
}

/** A time that was said. A day has a length, an instant has none. */
export interface SaidTime {
  /** Microseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Said as so long ago: it is not meant to the second. */
  readonly isRelative: boolean;
}

export const acceptedTimes =
  '2026-11-21T14:03:22 (with Z or +01:00 where it is not in --zone), "2026-11-21 14:03", 2026-11-21, 14:03:22 (today), ' +
  '-15m (ago; s, m, h, d, w), now, today, yesterday, "yesterday 14:03", or seconds since 1970';

/**
 * Microseconds since 1970 of what `parseTimeMicros` takes, of a time of this day or of yesterday, of so long ago, `now`, `today`,
 * `yesterday`. Undefined: it is no time.
 */
export const parseSaidTime = (text: string, { nowMicros, zone }: TimeContext): SaidTime | undefined => {
  const said = text.trim().toLowerCase();
  const instant = (micros: number, isRelative = false): SaidTime => ({
    from: micros,
    to: micros,
    isRelative,
  });
  if (said === 'now') return instant(nowMicros, true);
  const [, count, unit] = ago.exec(said) ?? [];
  if (unit !== undefined)
    return instant(nowMicros - Math.round(Number(count) * (unitMs.get(unit) ?? 0) * 1000), true);
  if (secondsSince1970.test(said)) return instant(Math.round(Number(said) * 1e6));
  const nowMs = Math.floor(nowMicros / 1000);
  const clockMs = nowMs + zoneOffsetMs(nowMs, zone);
  const midnightMs = clockMs - (((clockMs % dayMs) + dayMs) % dayMs);
  // Midnights are instants of the zone's clock: a day may have 23 hours.
  const midnight = (daysOn: number): number => instantOfClock(midnightMs + daysOn * dayMs, zone) * 1000;
  if (said === 'today') return { from: midnight(0), to: midnight(1), isRelative: false };
  if (said === 'yesterday') return { from: midnight(-1), to: midnight(0), isRelative: false };
  const [matched, day] = timeOfDay.exec(said) ?? [];
  const date = new Date(midnightMs - (day === 'yesterday' ? dayMs : 0)).toISOString().slice(0, 10);
  const micros = parseIso(matched === undefined ? said : `${date}T${said.replace(/^[a-z]+[t ]+/, '')}`, zone);
  return micros === undefined ? undefined : instant(micros);
};
