/** Numbers for people: three digits at most, and a unit. Programs get plain numbers elsewhere. */

/** 1.23, 12.3, 123: as many decimals as make three digits, without trailing zeros. */
const threeDigits = (value: number): string => {
  const size = Math.abs(value);
  return String(Number(value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)));
};

const scaled = (value: number, base: number, units: readonly string[]): readonly [string, string] => {
  let unit = 0;
  let rest = value;
  // 999.7 would be written 1000, so it is already one of the next unit.
  while (Math.abs(rest) >= base - 0.5 && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  return [threeDigits(rest), units[unit] as string];
};

/** `0 B`, `512 B`, `1.5 KiB`, `32 MiB`. */
export const formatBytes = (bytes: number): string =>
  scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']).join(' ');

/** `950`, `1.2k`, `14.3M`, `2G`. */
export const formatCount = (count: number): string => scaled(count, 1000, ['', 'k', 'M', 'G', 'T']).join('');

/** `1 flow`, `1234 flows`: exact, for totals. */
export const formatTotal = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

/** `109k flows/s`. */
export const formatRate = (perSecond: number, what: string): string => `${formatCount(perSecond)} ${what}/s`;

const subSecond = [
  [1, 'ms'],
  [1e-3, 'us'],
  [1e-6, 'ns'],
] as const;

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** `250 us`, `12.5 ms`, `1.5 s`, `3 min 20 s`, `2 d 3 h`: the two largest units, of those from a minute on. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds === 0) return '0 s';
  if (milliseconds < 999.5) {
    const [size, unit] = subSecond.find(([least]) => milliseconds >= least * 0.9995) ?? subSecond[2];
    return `${threeDigits(milliseconds / size)} ${unit}`;
  }
  if (milliseconds < 59_950) return `${threeDigits(milliseconds / 1000)} s`;
  const seconds = Math.round(milliseconds / 1000);
  const first = units.findIndex(([, size]) => seconds >= size);
  const [unit, size] = units[first] as (typeof units)[number];
  const [nextUnit, nextSize] = units[first + 1] as (typeof units)[number];
  const next = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)} ${unit}${next > 0 ? ` ${next} ${nextUnit}` : ''}`;
};
