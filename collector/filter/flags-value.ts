/** TCP flags as letters. */

import type { ValueKind } from './filter-term.ts';

/** RFC 9293, RFC 3168; X is nfdump's, for the six that it knows. */
const bits: ReadonlyMap<string, number> = new Map([
  ['F', 0x01],
  ['S', 0x02],
  ['R', 0x04],
  ['P', 0x08],
  ['A', 0x10],
  ['U', 0x20],
  ['E', 0x40],
  ['C', 0x80],
  ['X', 0x3f],
]);

const expected = 'TCP flags: letters of FSRPAUEC, such as SA, or a number up to 255';

/**
 * Letters: all of them are set, the others do not matter. A number: exactly these are set. `flags S and not flags AFR` is how people
 * say that S is set and none of the others, so NOT denies each letter, as in nfdump.
 */
export const flagsKind: ValueKind = {
  syntax: 'FLAGS',
  expected,
  read: (cursor) => {
    const { text, at } = cursor.takeValue(expected);
    const number = /^(?:\d{1,3}|0x[\da-f]{1,2})$/i.test(text) ? Number(text) : Number.NaN;
    if (number <= 255) {
      const place = cursor.bind('UInt16', number);
      return {
        sql: (subject) => `bitAnd(${subject}, 255) = ${place}`,
        isNegated: false,
        columns: [],
        packet: { number: (flags) => flags === number },
      };
    }
    const letters = [...text.toUpperCase()].map((letter) => bits.get(letter));
    if (letters.length === 0 || letters.includes(undefined)) cursor.fail(expected, undefined, at);
    const wanted = letters.reduce<number>((sum, bit) => sum | (bit ?? 0), 0);
    const place = cursor.bind('UInt16', wanted);
    return {
      sql: (subject) => `bitAnd(${subject}, ${place}) = ${place}`,
      sqlBelowNot: (subject) => `bitAnd(${subject}, ${place}) != 0`,
      isNegated: false,
      columns: [],
      packet: {
        number: (flags) => (flags & wanted) === wanted,
        numberBelowNot: (flags) => (flags & wanted) !== 0,
      },
    };
  },
};
