/** Instants as text in UTC (RFC 3339), and the NTP timestamps of IPFIX (RFC 7011 6.1.7 to 6.1.10). */

/** Seconds from 1900, where NTP begins, to 1970. */
const ntpToUnixSeconds = 2_208_988_800;
/** NTP seconds wrap in February 2036. RFC 4330 3: with the first bit clear they are counted from there. */
const ntpEraSeconds = 2 ** 32;
/**
 * Below this they are not: 0 is what exporters send for "not known", and Citrix NetScaler puts plain microseconds into
 * elements of this type (netscaler-ipfix, httpResForwFB). A day of NTP seconds holds eleven years of those.
 */
const unwrappedSeconds = 86_400;
/** 9999-12-31T23:59:59Z: RFC 3339 has years of four digits. */
const maxSeconds = 253_402_300_799;

/** Digits behind the second: none, milliseconds, microseconds, nanoseconds. */
export type Precision = 0 | 3 | 6 | 9;

let lastSeconds = Number.NaN;
let lastText = '';

/** `YYYY-MM-DDTHH:MM:SS`; the last one is remembered, since neighbouring records share their seconds. */
const formatWholeSeconds = (seconds: number): string => {
  if (seconds !== lastSeconds) {
    lastText = new Date(seconds * 1000).toISOString().slice(0, 19);
    lastSeconds = seconds;
  }
  return lastText;
};

/**
 * RFC 3339 text, `2024-02-29T12:00:00.123Z`. `seconds` are whole, since 1970; `fraction` counts units of the precision.
 * Undefined when the year has not four digits.
 */
export const formatTimestamp = (
  seconds: number,
  fraction: number,
  precision: Precision,
): string | undefined => {
  if (!(seconds >= -62_167_219_200 && seconds <= maxSeconds)) return undefined;
  const whole = formatWholeSeconds(seconds);
  return precision === 0 ? `${whole}Z` : `${whole}.${String(fraction).padStart(precision, '0')}Z`;
};

/** RFC 3339 text with milliseconds, of whole milliseconds since 1970. */
export const formatMillis = (millis: number): string | undefined => {
  const seconds = Math.floor(millis / 1e3);
  return formatTimestamp(seconds, millis - seconds * 1e3, 3);
};

/** RFC 3339 text with microseconds, of whole microseconds since 1970. */
export const formatMicros = (micros: number): string | undefined => {
  const seconds = Math.floor(micros / 1e6);
  return formatTimestamp(seconds, micros - seconds * 1e6, 6);
};

/** Whole seconds since 1970 of the seconds of an NTP timestamp. */
const unixSeconds = (ntpSeconds: number): number =>
  ntpSeconds -
  ntpToUnixSeconds +
  (ntpSeconds >= unwrappedSeconds && ntpSeconds < 2 ** 31 ? ntpEraSeconds : 0);

/** The lower 11 bits of the fraction are no part of a dateTimeMicroseconds (RFC 7011 6.1.9). */
const microsOfFraction = (ntpFraction: number): number =>
  Math.round((((ntpFraction >>> 11) * 2048) / 2 ** 32) * 1e6);

/**
 * Whole microseconds since 1970 of an NTP timestamp (two u32: seconds, fraction of a second in 2^-32), rounded: exporters cut
 * when they turn microseconds into a fraction.
 */
export const ntpToMicros = (ntpSeconds: number, ntpFraction: number): number =>
  unixSeconds(ntpSeconds) * 1e6 + microsOfFraction(ntpFraction);

/** RFC 3339 text of an NTP timestamp as dateTimeMicroseconds (6) or dateTimeNanoseconds (9) has it. */
export const formatNtp = (ntpSeconds: number, ntpFraction: number, precision: 6 | 9): string | undefined => {
  const perSecond = 10 ** precision;
  const units =
    precision === 6 ? microsOfFraction(ntpFraction) : Math.round((ntpFraction / 2 ** 32) * perSecond);
  const seconds = unixSeconds(ntpSeconds);
  // Rounding may reach the next second.
  return units === perSecond
    ? formatTimestamp(seconds + 1, 0, precision)
    : formatTimestamp(seconds, units, precision);
};
