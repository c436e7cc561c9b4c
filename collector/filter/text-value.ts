/** Values that are texts, or words out of a few. */

import { bindList } from './bind-list.ts';
import { closestWord } from './closest-word.ts';
import { type Comparison, equalComparisons, type FilterCursor, textComparisons } from './filter-cursor.ts';
import type { ValueKind, ValueTest } from './filter-term.ts';

/** ClickHouse refuses a parameter of more than 128 KiB, and a character takes up to nine octets in it. */
const maxLength = 10_000;

const readTexts = (
  cursor: FilterCursor,
  comparison: Comparison,
  expected: string,
  meaning: (text: string, at: number) => string,
): ValueTest => {
  const texts: string[] = [];
  const readItem = (): void => {
    const { text, at } = cursor.takeValue(expected);
    if (text.length > maxLength) cursor.fail(`at most ${maxLength} characters`, undefined, at);
    texts.push(meaning(text, at));
  };
  if (comparison.endsWith('in')) cursor.takeList(expected, readItem);
  else readItem();
  const isNegated = comparison.startsWith('!') || comparison.startsWith('not');
  if (texts.length > 1) return { sql: bindList(cursor, 'String', texts), isNegated, columns: [] };
  const place = cursor.bind('String', texts[0] as string);
  const contains = comparison.endsWith('~');
  return {
    sql: (subject) =>
      contains ? `positionCaseInsensitiveUTF8(${subject}, ${place}) > 0` : `${subject} = ${place}`,
    isNegated,
    columns: [],
  };
};

/** `= x` is exact, `~ x` is contained in any case, `in [x y]`. */
export const textKind = (syntax: string, expected: string): ValueKind => ({
  syntax,
  expected,
  read: (cursor) =>
    readTexts(cursor, cursor.takeComparison(textComparisons, expected), expected, (text) => text),
});

/** Words, in any case, and the text in the column that each stands for. */
export const choiceKind = (
  syntax: string,
  expected: string,
  meanings: Readonly<Record<string, string>>,
): ValueKind => {
  const choices = new Map(Object.entries(meanings));
  return {
    syntax,
    expected,
    read: (cursor) =>
      readTexts(cursor, cursor.takeComparison(equalComparisons, expected), expected, (text, at) => {
        const found = choices.get(text.toLowerCase());
        if (found !== undefined) return found;
        const near = closestWord(text, choices.keys());
        return cursor.fail(expected, near && `did you mean ${near}?`, at);
      }),
  };
};
