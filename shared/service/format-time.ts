/** Instants as text in a time zone. */

import { zoneOffsetMs } from './time-zone.ts';

/** 9999-12-31T23:59:59Z; years of four digits only. */
const maxMs = 253_402_300_799_999;

const clockText = (micros: number, zone: string): string => {
  const ms = Math.min(maxMs, Math.max(0, Math.floor(micros / 1000)));
  return new Date(Math.min(maxMs, ms + zoneOffsetMs(ms, zone))).toISOString();
};

/** `2026-11-21 14:03:22` or `2026-11-21 14:03:22.500`, for people: milliseconds where there are any, and no zone. */
export const formatClock = (micros: number, zone: string): string => {
  const text = clockText(micros, zone);
  return `${text.slice(0, 10)} ${text.slice(11, text.endsWith('.000Z') ? 19 : 23)}`;
};

const offsetText = (offsetMs: number): string => {
  if (offsetMs === 0) return 'Z';
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};

/** `2026-11-21T14:03:22.5Z`, `2026-11-21T15:03:22.000007+01:00`, for programs: as many digits as it takes, six at most. */
export const formatInstant = (micros: number, zone = 'UTC'): string => {
  const fraction = String(((micros % 1e6) + 1e6) % 1e6)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const seconds = clockText(micros, zone).slice(0, 19);
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}${offsetText(zoneOffsetMs(micros / 1000, zone))}`;
};
