/** The ways in which a term can be said. */

import type { Phrase, Subject } from './filter-term.ts';
import { packetColumns } from './packet-subjects.ts';

export const columnSubject = (name: string): Subject => ({
  columns: [name],
  sql: (column) => column(name),
  packet: packetColumns.get(name),
});

/** Different words for the same. */
export const phrasesFor = (subject: Subject, ...words: readonly string[]): Phrase[] =>
  words.map((one) => ({ words: one, subjects: [subject], join: 'OR' }));

/** `in if`, `out if`, `if` and `in or out if` for one of both, `in and out if` for both. */
export const eitherOf = (
  noun: string,
  first: readonly [word: string, column: string],
  second: readonly [word: string, column: string],
): Phrase[] => {
  const [a, b] = [columnSubject(first[1]), columnSubject(second[1])];
  return [
    { words: noun, subjects: [a, b], join: 'OR' },
    { words: `${first[0]} ${noun}`, subjects: [a], join: 'OR' },
    { words: `${second[0]} ${noun}`, subjects: [b], join: 'OR' },
    { words: `${first[0]} or ${second[0]} ${noun}`, subjects: [a, b], join: 'OR' },
    { words: `${first[0]} and ${second[0]} ${noun}`, subjects: [a, b], join: 'AND' },
  ];
};

/** Of `src_X` and `dst_X`, or of the columns that are given. */
export const sidesOf = (noun: string, source: string, destination: string): Phrase[] =>
  eitherOf(noun, ['src', source], ['dst', destination]);

/** `nat src port`, `src nat port`, and what nfdump has: `src nport`, `src xport`. */
export const natSidesOf = (noun: string, column: string): Phrase[] => {
  const [source, destination] = [`post_nat_src_${column}`, `post_nat_dst_${column}`];
  return [
    ...sidesOf(`nat ${noun}`, source, destination),
    ...sidesOf(`n${noun}`, source, destination),
    ...sidesOf(`x${noun}`, source, destination),
    ...phrasesFor(columnSubject(source), `nat src ${noun}`),
    ...phrasesFor(columnSubject(destination), `nat dst ${noun}`),
  ];
};
