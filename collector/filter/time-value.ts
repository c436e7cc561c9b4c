/** Values that are times. */

import { parseTimeMicros } from '../../shared/service/parse-time.ts';
import type { Comparison } from './filter-cursor.ts';
import type { ValueKind } from './filter-term.ts';
import { numberThat } from './packet-value.ts';

const expected = 'a time, such as 2026-11-21T14:03:22 (UTC) or "2026-11-21 14:03"';
const comparisons: readonly Comparison[] = ['=', '!=', '<', '<=', '>', '>='];

export const timeKind: ValueKind = {
  syntax: 'TIME',
  expected,
  read: (cursor) => {
    const comparison = cursor.takeComparison(comparisons, expected);
    const { text, at } = cursor.takeValue(expected);
    const micros = parseTimeMicros(text) ?? cursor.fail(expected, undefined, at);
    const place = cursor.bind('Int64', micros);
    const sign = comparison === '!=' ? '=' : comparison;
    return {
      sql: (subject) => `${subject} ${sign} fromUnixTimestamp64Micro(${place})`,
      isNegated: comparison === '!=',
      columns: [],
      packet: { number: numberThat(sign, micros) },
    };
  },
};
