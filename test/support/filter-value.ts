/** A kind of values, asked to read some. */

import { FilterCursor } from '../../collector/filter/filter-cursor.ts';
import { FilterError } from '../../collector/filter/filter-error.ts';
import type { ValueKind } from '../../collector/filter/filter-term.ts';

export interface ReadValue {
  /** About a subject `s`; with NOT before it where the comparison is negated. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** What was not read. */
  readonly rest: string;
}

export const readFilterValue = (kind: ValueKind, text: string): ReadValue => {
  const cursor = new FilterCursor(text);
  const { sql, isNegated } = kind.read(cursor);
  const condition = sql('s', (column) => `c.${column}`);
  return {
    sql: isNegated ? `NOT ${condition}` : condition,
    params: cursor.params,
    rest: text.slice(cursor.peek().at),
  };
};

/** The FilterError that `run` throws; any other is thrown on. */
export const filterMistake = (run: () => unknown): FilterError => {
  try {
    run();
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error('there is no mistake');
};
