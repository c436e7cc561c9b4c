/** Values of an answer as people read them, and as programs do. */

import { formatBytes, formatCount, formatDuration } from '../../shared/service/format-quantity.ts';
import { formatClock, formatInstant } from '../../shared/service/format-time.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import { protocolName } from './protocol-name.ts';
import type { CellKind } from './report.ts';

const leftKinds: ReadonlySet<CellKind> = new Set(['address', 'protocol', 'flags', 'time', 'text']);

/** Numbers stand to the right. */
export const alignOf = (kind: CellKind): 'left' | 'right' => (leftKinds.has(kind) ? 'left' : 'right');

/** From the highest bit: CWR, ECE, URG, ACK, PSH, RST, SYN, FIN, a dot where one is not set. */
const formatFlags = (flags: number): string =>
  flags === 0 ? '' : [...'CEUAPRSF'].map((letter, i) => (flags & (128 >> i) ? letter : '.')).join('');

/** Small numbers are said exactly. */
const exactBelow = 10_000;
const count = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < exactBelow ? String(value) : formatCount(value);
/** `14.3M` and `b/s` as `14.3 Mb/s`. */
const withUnit = (value: number, unit: string): string => {
  const [, digits, prefix] = /^(.*?)([kMGT]?)$/.exec(formatCount(value)) ?? [];
  return `${digits} ${prefix}${unit}`;
};
const percent = (share: number): string => {
  const text = (100 * share).toFixed(1);
  return share > 0 && text === '0.0' ? '<0.1 %' : `${text} %`;
};

/** Of numbers. */
const numbers: Partial<Readonly<Record<CellKind, (value: number, zone: string) => string>>> = {
  protocol: protocolName,
  flags: formatFlags,
  bytes: formatBytes,
  packets: count,
  count,
  'bits-per-second': (value) => withUnit(value, 'b/s'),
  'per-second': (value) => `${formatCount(value)}/s`,
  share: percent,
  time: formatClock,
  duration: (micros) => formatDuration(micros / 1000),
};

/** Empty for what is not known. Control characters are left as they are. */
export const formatCell = (kind: CellKind, value: unknown, zone: string): string => {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => formatCell(kind, item, zone)).join(', ');
  const format = numbers[kind];
  const isNumber =
    typeof value === 'number' || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value));
  if (format !== undefined && isNumber) return format(Number(value), zone);
  return kind === 'address' ? shownAddress(String(value)) : String(value);
};

/**
 * For JSON and CSV: times as ISO 8601 in `zone`, durations as seconds, addresses unmapped, everything else as it is: numbers with all their digits,
 * bits a second, shares of 1, protocols by number.
 */
export const plainValue = (kind: CellKind, value: unknown, zone = 'UTC'): unknown => {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((item) => plainValue(kind, item, zone));
  if (kind === 'address') return shownAddress(String(value));
  if (kind === 'time' && typeof value === 'number') return formatInstant(value, zone);
  if (kind === 'duration' && typeof value === 'number') return value / 1e6;
  return value;
};
