/** Sizes and durations as operators write them in options. */

import { ConfigError } from './config-error.ts';

/** As in coreutils: K, M, G and KiB, MiB, GiB are powers of 1024; kB, MB, GB powers of 1000. */
const sizePowers = ['', 'K', 'M', 'G', 'T', 'P'];

const sizeUnits = new Map<string, number>([['b', 1]]);
for (const [power, letter] of sizePowers.entries()) {
  sizeUnits.set(letter.toLowerCase(), 1024 ** power);
  if (letter === '') continue;
  sizeUnits.set(`${letter.toLowerCase()}ib`, 1024 ** power);
  sizeUnits.set(`${letter.toLowerCase()}b`, 1000 ** power);
}

const durationUnits = new Map<string, number>([
  ['us', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000],
]);

const parse = (text: string, units: ReadonlyMap<string, number>): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const unit = units.get(match[2] as string);
  const value = unit === undefined ? Number.NaN : Math.round(Number(match[1]) * unit * 1000) / 1000;
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
};

/** `10G`, `64MiB`, `1.5 GB`, `4096`: octets, whole. Throws ConfigError beginning with the option's name. */
export const parseBytes = (option: string, text: string): number => {
  const bytes = parse(text, sizeUnits);
  if (bytes === undefined) throw new ConfigError(`${option} ${text}: not a size, such as 64MiB, 10G or 4096`);
  return Math.floor(bytes);
};

/** `50ms`, `1.5s`, `5m` (minutes), `12h`, `30d`, `2w`: milliseconds. A number alone is in `defaultUnit`, if there is one. */
export const parseDuration = (option: string, text: string, defaultUnit = ''): number => {
  const milliseconds = parse(/[a-z]\s*$/i.test(text) ? text : text + defaultUnit, durationUnits);
  if (milliseconds === undefined)
    throw new ConfigError(`${option} ${text}: not a duration, such as 50ms, 12h or 30d`);
  return milliseconds;
};
