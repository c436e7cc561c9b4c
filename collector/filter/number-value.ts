/** Values that are numbers, or names for them. */

import { anyOf, bindList } from './bind-list.ts';
import { closestWord } from './closest-word.ts';
import { type Comparison, type FilterCursor, orderComparisons } from './filter-cursor.ts';
import type { ColumnSql, ValueKind, ValueTest } from './filter-term.ts';
import { numberIn, numberThat } from './packet-value.ts';

type Test = (subject: string, column: ColumnSql) => string;

export interface NumberKind {
  readonly syntax: string;
  readonly expected: string;
  /** Unsigned. */
  readonly bits: 8 | 16 | 32 | 64;
  /** The greatest number that makes sense; default: of so many bits. */
  readonly max?: number;
  /** Names; several numbers may have one. */
  readonly names?: ReadonlyMap<string, number | readonly number[]>;
  /** Factors by what is written after the number; 1 of them is for a number alone. Default: none. */
  readonly units?: ReadonlyMap<string, number>;
  /** Reads what is neither number nor known name. */
  readonly name?: (cursor: FilterCursor, text: string) => { test: Test; columns: readonly string[] };
}

/** As in nfdump: powers of 1000. */
export const decimalUnits: ReadonlyMap<string, number> = new Map([
  ['k', 1e3],
  ['m', 1e6],
  ['g', 1e9],
  ['t', 1e12],
]);

interface Interval {
  readonly from: bigint;
  readonly to: bigint;
}

const parseNumber = (text: string, units: ReadonlyMap<string, number> | undefined): bigint | undefined => {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text);
  const [, whole = '', fraction = '', unit = ''] = /^(\d{1,20})(?:\.(\d{1,12}))?([a-z]*)$/i.exec(text) ?? [];
  const factor = unit === '' ? 1 : units?.get(unit.toLowerCase());
  if (whole === '' || factor === undefined) return undefined;
  const scaled = BigInt(whole + fraction) * BigInt(factor);
  const divisor = 10n ** BigInt(fraction.length);
  return scaled % divisor === 0n ? scaled / divisor : undefined;
};

/** A number beyond what a double holds goes as text. */
const paramOf = (number: bigint): number | string =>
  number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : String(number);

const intervalTests = (cursor: FilterCursor, type: string, intervals: readonly Interval[]): Test[] => {
  const single = intervals.filter(({ from, to }) => from === to).map(({ from }) => from);
  const tests: Test[] = [];
  if (single.length === 1) {
    const place = cursor.bind(type, paramOf(single[0] as bigint));
    tests.push((subject) => `${subject} = ${place}`);
  } else if (single.length > 1) {
    const fits = single.every((number) => number <= BigInt(Number.MAX_SAFE_INTEGER));
    tests.push(bindList(cursor, type, fits ? single.map(Number) : single));
  }
  for (const { from, to } of intervals) {
    if (from === to) continue;
    const [first, last] = [cursor.bind(type, paramOf(from)), cursor.bind(type, paramOf(to))];
    tests.push((subject) => `${subject} BETWEEN ${first} AND ${last}`);
  }
  return tests;
};

class NumberReader {
  readonly #kind: NumberKind;
  readonly #max: bigint;
  readonly #type: string;

  constructor(kind: NumberKind) {
    this.#kind = kind;
    this.#max = kind.max === undefined ? (1n << BigInt(kind.bits)) - 1n : BigInt(kind.max);
    this.#type = `UInt${kind.bits}`;
  }

  read(cursor: FilterCursor): ValueTest {
    const { expected } = this.#kind;
    const comparison = cursor.takeComparison(orderComparisons, expected);
    if (/^[<>]/.test(comparison)) return this.#readOrder(cursor, comparison);
    const intervals: Interval[] = [];
    const tests: Test[] = [];
    const columns = new Set<string>();
    const readItem = (): void => {
      const found = this.#readItem(cursor);
      if ('test' in found) {
        tests.push(found.test);
        for (const column of found.columns) columns.add(column);
      } else intervals.push(...found.intervals);
    };
    if (comparison.endsWith('in')) cursor.takeList(expected, readItem);
    else readItem();
    tests.unshift(...intervalTests(cursor, this.#type, intervals));
    return {
      sql: (subject, column) => anyOf(tests.map((test) => test(subject, column))),
      isNegated: comparison.startsWith('not') || comparison === '!=',
      columns: [...columns],
      packet: { number: numberIn(intervals) },
    };
  }

  #readOrder(cursor: FilterCursor, comparison: Comparison): ValueTest {
    const { text, at } = cursor.takeValue(this.#kind.expected);
    const [interval, ...others] =
      this.#intervalsOf(cursor, text, at) ?? cursor.fail(this.#kind.expected, undefined, at);
    if (interval === undefined || others.length > 0 || interval.from !== interval.to)
      return cursor.fail(`one number after ${comparison}`, undefined, at);
    const place = cursor.bind(this.#type, paramOf(interval.from));
    return {
      sql: (subject) => `${subject} ${comparison} ${place}`,
      isNegated: false,
      columns: [],
      packet: { number: numberThat(comparison, interval.from) },
    };
  }

  #readItem(
    cursor: FilterCursor,
  ): { intervals: readonly Interval[] } | { test: Test; columns: readonly string[] } {
    const { expected, names, name } = this.#kind;
    const { kind, text, at } = cursor.takeValue(expected);
    const intervals = kind === 'quoted' && name ? undefined : this.#intervalsOf(cursor, text, at);
    if (intervals) return { intervals };
    if (name && (kind === 'quoted' || !/^\d+$/.test(text))) return name(cursor, text);
    const near = names && closestWord(text, names.keys());
    return cursor.fail(expected, near && `did you mean ${near}?`, at);
  }

  /** What a name, a number or a range stands for. Undefined: it is none of them. */
  #intervalsOf(cursor: FilterCursor, text: string, at: number): readonly Interval[] | undefined {
    const { names, units } = this.#kind;
    const named = names?.get(text.toLowerCase());
    if (named !== undefined) return [named].flat().map((n) => ({ from: BigInt(n), to: BigInt(n) }));
    const [, first = text, last = text] = /^([\d.]+[a-z]*)-([\d.]+[a-z]*)$/i.exec(text) ?? [];
    const [from, to] = [parseNumber(first, units), parseNumber(last, units)];
    if (from === undefined || to === undefined) return undefined;
    if (from > this.#max || to > this.#max) cursor.fail(`a number up to ${this.#max}`, undefined, at);
    if (from > to) cursor.fail('a range that begins with the smaller number', undefined, at);
    return [{ from, to }];
  }
}

/** `80`, `> 1k`, `8000-8080`, `in [80 443 8000-8080]`, or names. */
export const numberKind = (kind: NumberKind): ValueKind => {
  const reader = new NumberReader(kind);
  return { syntax: kind.syntax, expected: kind.expected, read: (cursor) => reader.read(cursor) };
};
