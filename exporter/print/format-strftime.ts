/** Times by a pattern of strftime(3), in UTC and in the words of the C locale. */

import { ConfigError } from '../../shared/service/config-error.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

const digits = (value: number, places: number): string => String(value).padStart(places, '0');

const dayMs = 86_400_000;
/** 9999-12-31T23:59:59.999Z. */
const maxMs = 253_402_300_799_999;

type Conversion = (date: Date, micros: number) => string;

// biome-ignore format: a table is read by its rows
const simple: readonly (readonly [letter: string, convert: Conversion])[] = [
  ['%', () => '%'],
  ['n', () => '\n'],
  ['t', () => '\t'],
  ['s', (_, micros) => String(Math.floor(micros / 1e6))],
  ['f', (_, micros) => digits(micros % 1e6, 6)],
  ['Y', (date) => digits(date.getUTCFullYear(), 4)],
  ['y', (date) => digits(date.getUTCFullYear() % 100, 2)],
  ['m', (date) => digits(date.getUTCMonth() + 1, 2)],
  ['B', (date) => months[date.getUTCMonth()] ?? ''],
  ['b', (date) => (months[date.getUTCMonth()] ?? '').slice(0, 3)],
  ['d', (date) => digits(date.getUTCDate(), 2)],
  ['e', (date) => String(date.getUTCDate()).padStart(2)],
  ['j', (date) => digits(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / dayMs) + 1, 3)],
  ['A', (date) => days[date.getUTCDay()] ?? ''],
  ['a', (date) => (days[date.getUTCDay()] ?? '').slice(0, 3)],
  ['H', (date) => digits(date.getUTCHours(), 2)],
  ['I', (date) => digits(date.getUTCHours() % 12 || 12, 2)],
  ['p', (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['M', (date) => digits(date.getUTCMinutes(), 2)],
  ['S', (date) => digits(date.getUTCSeconds(), 2)],
  ['z', () => '+0000'],
  ['Z', () => 'UTC'],
];

const conversions: ReadonlyMap<string, Conversion> = new Map(simple);
/** Conversions that stand for others. */
const short: ReadonlyMap<string, string> = new Map([
  ['F', '%Y-%m-%d'],
  ['T', '%H:%M:%S'],
  ['R', '%H:%M'],
  ['D', '%m/%d/%y'],
  ['c', '%a %b %e %H:%M:%S %Y'],
]);

/**
 * Makes what turns microseconds since 1970 into text, `-` past the year 9999. `%f` are the microseconds of the second.
 * @throws ConfigError: a conversion is not known.
 */
export const compileStrftime = (pattern: string): ((micros: number) => string) => {
  const parts = pattern
    .replace(/%(.)/gs, (whole, letter: string) => short.get(letter) ?? whole)
    .split(/(%.|%$)/s)
    .map((part): string | Conversion => {
      if (!part.startsWith('%')) return part;
      const conversion = conversions.get(part.slice(1));
      if (conversion) return conversion;
      const known = [...conversions.keys(), ...short.keys()].map((letter) => `%${letter}`).join(' ');
      throw new ConfigError(`--format-ts: no conversion ${JSON.stringify(part)}; there are ${known}`);
    });
  return (micros) => {
    const ms = Math.floor(micros / 1000);
    if (!(ms <= maxMs)) return '-';
    const date = new Date(ms);
    return parts.map((part) => (typeof part === 'string' ? part : part(date, micros))).join('');
  };
};
