/** Lists of values as parameters. */

import type { FilterCursor } from './filter-cursor.ts';
import { paramLength } from './param-length.ts';

/** ClickHouse refuses a parameter of more than 128 KiB, as it is in the URL. */
const maxLength = 120_000;

/** `(s IN {f0:Array(T)} OR s IN {f1:Array(T)})`: a condition on the SQL of a value. */
export const bindList = (
  cursor: FilterCursor,
  type: string,
  values: readonly (string | number | bigint)[],
): ((sql: string) => string) => {
  const chunks: (string | number | bigint)[][] = [];
  let length = maxLength;
  for (const value of values) {
    const more = paramLength(value);
    length += more;
    if (length > maxLength) {
      chunks.push([]);
      length = more;
    }
    chunks.at(-1)?.push(value);
  }
  const places = chunks.map((chunk) =>
    // A bigint is no JSON, and an array of numbers is the same as text.
    cursor.bind(`Array(${type})`, typeof chunk[0] === 'bigint' ? `[${chunk.join(',')}]` : chunk),
  );
  return (sql) => anyOf(places.map((place) => `${sql} IN ${place}`));
};

/** Conditions joined by OR, in brackets where there are several. */
export const anyOf = (conditions: readonly string[]): string =>
  conditions.length === 1 ? (conditions[0] as string) : `(${conditions.join(' OR ')})`;
