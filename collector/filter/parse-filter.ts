/**
 * The grammar: filter = and-list { "or" and-list }; and-list = factor { "and" factor }; factor = { "not" } ( "(" filter ")" | term ).
 * No filter at all is every row.
 */

import { closestWord } from './closest-word.ts';
import type { FilterCursor } from './filter-cursor.ts';
import type { ColumnSql, Phrase, Subject, ValueTest } from './filter-term.ts';
import { findPhrase, maxPhraseLength, wordsAfter } from './phrase-book.ts';
import { unknownTerms } from './unknown-terms.ts';

/** Both ClickHouse and people lose the way in more. */
const maxDepth = 100;

const startOfTerm = 'a term, such as proto, ip, net, port, bytes or the name of a column';

/** SQL that stands alone in AND, OR and NOT. */
export type Condition = (column: ColumnSql) => string;

export interface ParsedFilter {
  readonly condition: Condition;
  readonly columns: ReadonlySet<string>;
}

/** `or` and `and` of `src or dst port` would only confuse. */
const listed = (words: ReadonlySet<string>): string =>
  [...words].filter((word) => word !== 'or' && word !== 'and').join(', ');

const joined =
  (conditions: readonly Condition[], join: 'OR' | 'AND'): Condition =>
  (column) =>
    conditions.length === 1
      ? (conditions[0] as Condition)(column)
      : `(${conditions.map((condition) => condition(column)).join(` ${join} `)})`;

const negated =
  (condition: Condition): Condition =>
  (column) =>
    `NOT (${condition(column)})`;

const conditionOf = (
  phrase: Phrase,
  only: Subject | undefined,
  test: ValueTest | undefined,
  isBelowNot: boolean,
): Condition => {
  const testSql = (isBelowNot ? test?.sqlBelowNot : undefined) ?? test?.sql;
  const subjects = phrase.subjects.map(
    (subject): Condition =>
      (column) =>
        testSql ? testSql(subject.sql(column), column) : subject.sql(column),
  );
  const all = joined(subjects, phrase.join);
  const guarded = only ? joined([only.sql, all], 'AND') : all;
  return test?.isNegated ? negated(guarded) : guarded;
};

class FilterParser {
  readonly columns = new Set<string>();
  readonly #cursor: FilterCursor;

  constructor(cursor: FilterCursor) {
    this.#cursor = cursor;
  }

  readAll(): Condition {
    const cursor = this.#cursor;
    if (cursor.peek().kind === 'end') return () => '1';
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
    return conditionOf(phrase, term.only, test, isBelowNot);
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
  const condition = parser.readAll();
  return { condition, columns: parser.columns };
};
