/** Values that are MAC addresses, kept as numbers. */

import { bindList } from './bind-list.ts';
import { equalComparisons, type FilterCursor } from './filter-cursor.ts';
import type { ValueKind } from './filter-term.ts';
import { numberIn } from './packet-value.ts';

const expected = 'a MAC address, such as 00:11:22:aa:bb:cc';
const forms =
  /^(?:[\da-f]{1,2}(?::[\da-f]{1,2}){5}|[\da-f]{2}(?:-[\da-f]{2}){5}|[\da-f]{4}(?:\.[\da-f]{4}){2})$/i;

const readMac = (cursor: FilterCursor): number => {
  const { text, at } = cursor.takeValue(expected);
  if (!forms.test(text)) cursor.fail(expected, undefined, at);
  const digits = text
    .split(/[:-]/)
    .map((part) => (part.includes('.') ? part.replaceAll('.', '') : part.padStart(2, '0')));
  return Number.parseInt(digits.join(''), 16);
};

/** `00:11:22:aa:bb:cc`, `00-11-22-aa-bb-cc`, `0011.22aa.bbcc`, and lists of them. */
export const macKind: ValueKind = {
  syntax: 'MAC',
  expected,
  read: (cursor) => {
    const comparison = cursor.takeComparison(equalComparisons, expected);
    const isNegated = comparison === '!=' || comparison === 'not in';
    if (!comparison.endsWith('in')) {
      const only = readMac(cursor);
      const place = cursor.bind('UInt64', only);
      const packet = { number: numberIn([{ from: only, to: only }]) };
      return { sql: (subject) => `${subject} = ${place}`, isNegated, columns: [], packet };
    }
    const macs: number[] = [];
    cursor.takeList(expected, () => macs.push(readMac(cursor)));
    const packet = { number: numberIn(macs.map((one) => ({ from: one, to: one }))) };
    return { sql: bindList(cursor, 'UInt64', macs), isNegated, columns: [], packet };
  },
};
