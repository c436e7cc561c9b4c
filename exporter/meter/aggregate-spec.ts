/** `--aggregate` as operators write it: `window=60s,src=24,dst=32,src6=64,dst6=128`. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { parseDuration } from '../../shared/service/parse-quantity.ts';

export interface AggregateSpec {
  readonly windowMicros: number;
  /** Bits of the addresses that are kept. */
  readonly srcPrefix4: number;
  readonly dstPrefix4: number;
  readonly srcPrefix6: number;
  readonly dstPrefix6: number;
  /** Groups kept at a time, at least 1; the oldest makes room for another. */
  readonly maxGroups: number;
}

const maxGroups = 262_144;
const defaultWindow = '60s';
const shortestWindowMs = 1000;
const longestWindowMs = 86_400_000;
const prefixes: ReadonlyMap<string, number> = new Map([
  ['src', 32],
  ['dst', 32],
  ['src6', 128],
  ['dst6', 128],
]);

const readWindow = (text: string): number => {
  const ms = parseDuration('--aggregate window', text, 's');
  if (ms < shortestWindowMs || ms > longestWindowMs)
    throw new ConfigError(`--aggregate window ${text}: not from 1s to 1d`);
  return ms * 1000;
};

const readPrefix = (key: string, text: string | undefined, longest: number): number => {
  if (text === undefined) return longest;
  if (!/^\d{1,3}$/.test(text) || Number(text) > longest)
    throw new ConfigError(`--aggregate ${key}=${text}: not a prefix length from 0 to ${longest}`);
  return Number(text);
};

/** What the text leaves out has its default: 60 seconds, whole addresses. @throws ConfigError naming the word that is wrong. */
export const parseAggregate = (text: string): AggregateSpec => {
  const values = new Map<string, string>();
  for (const part of text.split(',').map((word) => word.trim())) {
    if (part === '') continue;
    const [key = '', value, ...more] = part.split('=');
    if (value === undefined || more.length > 0 || (key !== 'window' && !prefixes.has(key)))
      throw new ConfigError(
        `--aggregate ${part}: not one of window=60s, ${[...prefixes].map((p) => p.join('=')).join(', ')}`,
      );
    if (values.has(key)) throw new ConfigError(`--aggregate ${part}: ${key} was there before`);
    values.set(key, value);
  }
  const prefix = (key: string): number => readPrefix(key, values.get(key), prefixes.get(key) as number);
  return {
    windowMicros: readWindow(values.get('window') ?? defaultWindow),
    srcPrefix4: prefix('src'),
    dstPrefix4: prefix('dst'),
    srcPrefix6: prefix('src6'),
    dstPrefix6: prefix('dst6'),
    maxGroups,
  };
};
