/**
 * The grammar: filter = and-list { "or" and-list }; and-list = factor { "and" factor }; factor = { "not" } ( "(" filter ")" | term ).
 * No filter at all is every row.
 */

import { closestWord } from './closest-word.ts';
import type { FilterCursor } from './filter-cursor.ts';
import type { ColumnSql, Phrase, Subject, ValueTest } from './filter-term.ts';
import type { PacketTest } from './packet-test.ts';
import { findPhrase, maxPhraseLength, wordsAfter } from './phrase-book.ts';
import { unknownTerms } from './unknown-terms.ts';

/** Both ClickHouse and people lose the way in more. */
const maxDepth = 100;

const startOfTerm = 'a term, such as proto, ip, net, port, bytes or the name of a column';

/** SQL that stands alone in AND, OR and NOT. */
export type SqlCondition = (column: ColumnSql) => string;

interface Condition {
  readonly sql: SqlCondition;
  /** Undefined: some term of it is about flows only. */
  readonly packet: PacketTest | undefined;
}

/** A term that packets do not have, and its offset in the filter. */
export interface FlowTerm {
  readonly words: string;
  readonly at: number;
}

export interface ParsedFilter {
  readonly condition: SqlCondition;
  readonly columns: ReadonlySet<string>;
  /** The same of a packet, or the first term that is about flows only. */
  readonly packet: PacketTest | FlowTerm;
}

/** `or` and `and` of `src or dst port` would only confuse. */
const listed = (words: ReadonlySet<string>): string =>
  [...words].filter((word) => word !== 'or' && word !== 'and').join(', ');

/** In halves: each pair has its own place in the code, which is several times as fast as a loop, and is not deep. */
const joinedTest = (tests: readonly PacketTest[], join: 'OR' | 'AND'): PacketTest => {
  if (tests.length === 1) return tests[0] as PacketTest;
  const middle = tests.length >> 1;
  const [first, second] = [joinedTest(tests.slice(0, middle), join), joinedTest(tests.slice(middle), join)];
  return join === 'OR'
    ? (packet) => first(packet) || second(packet)
    : (packet) => first(packet) && second(packet);
};

const joined = (conditions: readonly Condition[], join: 'OR' | 'AND'): Condition => {
  const tests = conditions.map(({ packet }) => packet).filter((test) => test !== undefined);
  return {
    sql: (column) =>
      conditions.length === 1
        ? (conditions[0] as Condition).sql(column)
        : `(${conditions.map(({ sql }) => sql(column)).join(` ${join} `)})`,
    packet: tests.length === conditions.length ? joinedTest(tests, join) : undefined,
  };
};

const negated = ({ sql, packet }: Condition): Condition => ({
  sql: (column) => `NOT (${sql(column)})`,
  packet: packet && ((facts) => !packet(facts)),
});

const conditionOf = (
  phrase: Phrase,
  only: Subject | undefined,
  test: ValueTest | undefined,
  isBelowNot: boolean,
): Condition => {
  const testSql = (isBelowNot ? test?.sqlBelowNot : undefined) ?? test?.sql;
  const number = (isBelowNot ? test?.packet?.numberBelowNot : undefined) ?? test?.packet?.number;
  const value = number === undefined ? test?.packet : { ...test?.packet, number };
  const subjects = phrase.subjects.map(
    (subject): Condition => ({
      sql: (column) => (testSql ? testSql(subject.sql(column), column) : subject.sql(column)),
      packet: subject.packet?.(value),
    }),
  );
  const all = joined(subjects, phrase.join);
  const guarded = only ? joined([{ sql: only.sql, packet: only.packet?.(undefined) }, all], 'AND') : all;
  return test?.isNegated ? negated(guarded) : guarded;
};

class FilterParser {
  readonly columns = new Set<string>();
  flowTerm: FlowTerm | undefined;
  readonly #cursor: FilterCursor;

  constructor(cursor: FilterCursor) {
    this.#cursor = cursor;
  }

  readAll(): Condition {
    const cursor = this.#cursor;
    if (cursor.peek().kind === 'end') return { sql: () => '1', packet: () => true };
    const condition = this.#readOr(0, false);
    if (cursor.peek().kind !== 'end') this.#failAfterTerm(false);
    return condition;
  }

  /** `isBelowNot`: within an odd number of NOTs. */
  #readOr(depth: number, isBelowNot: boolean): Condition {
    const parts = [this.#readAnd(depth, isBelowNot)];
    while (this.#cursor.take('or')) parts.push(this.#readAnd(depth, isBelowNot));
    return joined(parts, 'OR');
  }

  #readAnd(depth: number, isBelowNot: boolean): Condition {
    const parts = [this.#readFactor(depth, isBelowNot)];
    while (this.#cursor.take('and')) parts.push(this.#readFactor(depth, isBelowNot));
    return joined(parts, 'AND');
  }

  #readFactor(depth: number, isBelowNot: boolean): Condition {
    const cursor = this.#cursor;
    let isNegated = false;
    while (cursor.take('not')) isNegated = !isNegated;
    const at = cursor.peek().at;
    let condition: Condition;
    if (cursor.take('(')) {
      if (depth === maxDepth) cursor.fail(`at most ${maxDepth} brackets in each other`, undefined, at);
      condition = this.#readOr(depth + 1, isBelowNot !== isNegated);
      if (!cursor.take(')')) this.#failAfterTerm(true);
    } else condition = this.#readTerm(isBelowNot !== isNegated);
    return isNegated ? negated(condition) : condition;
  }

  #readTerm(isBelowNot: boolean): Condition {
    const cursor = this.#cursor;
    const { at } = cursor.peek();
    const words: string[] = [];
    while (words.length < maxPhraseLength && cursor.peek(words.length).kind === 'word')
      words.push(cursor.peek(words.length).text.toLowerCase());
    const found = findPhrase(words);
    if (!found) return this.#failInPhrase(words);
    const { term, phrase } = found;
    const isBegun = wordsAfter(words.slice(0, found.length)).has(words[found.length] ?? '');
    // `nat src` is no `nat`: somebody has begun to say `nat src ip`.
    if (!term.value && isBegun) return this.#failInPhrase(words);
    cursor.advance(found.length);
    const test = term.value?.read(cursor);
    for (const { columns } of [...phrase.subjects, term.only ?? { columns: [] }, test ?? { columns: [] }])
      for (const column of columns) this.columns.add(column);
    const condition = conditionOf(phrase, term.only, test, isBelowNot);
    if (condition.packet === undefined) this.flowTerm ??= { words: phrase.words, at };
    return condition;
  }

  #failInPhrase(words: readonly string[]): never {
    const cursor = this.#cursor;
    let known = 0;
    while (known < words.length && wordsAfter(words.slice(0, known + 1)).size > 0) known++;
    const choices = wordsAfter(words.slice(0, known));
    const typed = words[known];
    const { at } = cursor.peek(known);
    const near = typed === undefined ? undefined : closestWord(typed, choices);
    const reason = typed === undefined ? undefined : unknownTerms.get(typed);
    const expected = known === 0 ? startOfTerm : `one of ${listed(choices)}`;
    return cursor.fail(expected, reason ?? (near && `did you mean ${near}?`), at);
  }

  #failAfterTerm(isInBrackets: boolean): never {
    const isClosing = this.#cursor.peek().text === ')' && !isInBrackets;
    const hint = isClosing ? 'there is no ( for it' : undefined;
    return this.#cursor.fail(isInBrackets ? 'and, or, or )' : 'and, or, or the end', hint);
  }
}

/** Throws FilterError. */
export const parseFilter = (cursor: FilterCursor): ParsedFilter => {
  const parser = new FilterParser(cursor);
  const { sql, packet = parser.flowTerm } = parser.readAll();
  if (packet === undefined) throw new Error('no term is said to be about flows only');
  return { condition: sql, columns: parser.columns, packet };
};
