/** Elements that have no column of their own: `extra NAME`, and what may follow. */

import { type Comparison, type FilterCursor, orderComparisons, textComparisons } from './filter-cursor.ts';
import type { ValueKind, ValueTest } from './filter-term.ts';
import { textKind } from './text-value.ts';

const expected = 'the name of an element, such as samplerName or 9.12235';
const comparisons: readonly Comparison[] = [...new Set([...orderComparisons, ...textComparisons])];
const text = textKind('TEXT', 'a text or a number');

const readNumber = (cursor: FilterCursor, element: string): ValueTest => {
  const comparison = cursor.takeComparison(comparisons, expected);
  const { text: typed, at } = cursor.takeValue('a number');
  const number = /^-?\d{1,20}(?:\.\d{1,20})?$/.test(typed) ? Number(typed) : Number.NaN;
  if (Number.isNaN(number)) cursor.fail(`a number after ${comparison}`, undefined, at);
  const place = cursor.bind('Float64', number);
  return {
    // What is no number is neither more nor less, also below NOT.
    sql: (subject) => `ifNull(toFloat64OrNull(${subject}[${element}]) ${comparison} ${place}, 0)`,
    isNegated: false,
    columns: [],
  };
};

/** The name alone: the record had the element. `<` and the like compare numbers, all others texts. */
export const extraKind: ValueKind = {
  syntax: 'NAME [= TEXT]',
  expected,
  read: (cursor) => {
    const { text: name, at } = cursor.takeValue(expected);
    if (name.length > 1000) cursor.fail(expected, undefined, at);
    const element = cursor.bind('String', name);
    const { kind, text: next } = cursor.peek();
    const isList = next.toLowerCase() === 'in' || cursor.peek(1).text.toLowerCase() === 'in';
    const isCompared =
      kind === 'comparator' || /^(?:eq|ne|lt|le|gt|ge)$/i.test(next) || (kind === 'word' && isList);
    if (!isCompared)
      return { sql: (subject) => `mapContains(${subject}, ${element})`, isNegated: false, columns: [] };
    if (/^(?:[<>]=?|lt|le|gt|ge)$/i.test(next)) return readNumber(cursor, element);
    const { sql, ...test } = text.read(cursor);
    return { ...test, sql: (subject, column) => sql(`${subject}[${element}]`, column) };
  },
};
