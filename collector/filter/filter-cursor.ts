/** The place in a filter that is read, and the values that were read so far. */

import { FilterError } from './filter-error.ts';
import { readTokens, type Token } from './filter-tokens.ts';

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~' | '!~' | 'in' | 'not in';

const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ['=', '='],
  ['==', '='],
  ['eq', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['ne', '!='],
  ['<', '<'],
  ['lt', '<'],
  ['<=', '<='],
  ['le', '<='],
  ['>', '>'],
  ['gt', '>'],
  ['>=', '>='],
  ['ge', '>='],
  ['~', '~'],
  ['!~', '!~'],
]);

export const orderComparisons: readonly Comparison[] = ['=', '!=', '<', '<=', '>', '>=', 'in', 'not in'];
export const equalComparisons: readonly Comparison[] = ['=', '!=', 'in', 'not in'];
export const textComparisons: readonly Comparison[] = ['=', '!=', '~', '!~', 'in', 'not in'];

/** More belong in a table to join with. */
const maxListLength = 10_000;

export class FilterCursor {
  readonly text: string;
  readonly params: Record<string, unknown> = {};
  #paramCount = 0;
  readonly #tokens: readonly Token[];
  #position = 0;
  readonly #places = new Map<string, string>();

  constructor(text: string) {
    this.text = text;
    this.#tokens = readTokens(text);
  }

  /** The token that is `ahead` of the next one; the end is followed by itself. */
  peek(ahead = 0): Token {
    return (this.#tokens[this.#position + ahead] ?? this.#tokens.at(-1)) as Token;
  }

  advance(count = 1): void {
    this.#position = Math.min(this.#position + count, this.#tokens.length - 1);
  }

  fail(expected: string, hint?: string, at = this.peek().at): never {
    throw new FilterError({ text: this.text, at, expected, hint });
  }

  /** Whether the next token is this keyword, in any case, or this sign; if so it is behind us. */
  take(text: string): boolean {
    const { kind, text: found } = this.peek();
    if ((kind !== 'word' && kind !== 'sign') || found.toLowerCase() !== text) return false;
    this.advance();
    return true;
  }

  /** A word or quoted text. */
  takeValue(expected: string): Token {
    const token = this.peek();
    if (token.kind !== 'word' && token.kind !== 'quoted') this.fail(expected);
    this.advance();
    return token;
  }

  /** `=` where none is said. */
  takeComparison(allowed: readonly Comparison[], expected: string): Comparison {
    const { kind, text, at } = this.peek();
    const next = this.peek(1).text.toLowerCase();
    let found: Comparison = '=';
    if (this.take('in')) found = 'in';
    else if (kind === 'word' && text.toLowerCase() === 'not' && next === 'in') {
      this.advance(2);
      found = 'not in';
    } else if (kind === 'word' || kind === 'comparator') {
      const said = comparisons.get(text.toLowerCase());
      if (said === undefined) return '=';
      this.advance();
      found = said;
    }
    const signs = allowed.filter((one) => !one.includes('in')).join(' ');
    if (!allowed.includes(found)) this.fail(`${expected}, after one of ${signs}`, undefined, at);
    return found;
  }

  /** What stands in `[ ]`, between blanks or commas: `readItem` reads one. */
  takeList(expected: string, readItem: () => void): void {
    if (!this.take('[')) this.fail('[ and a list');
    let count = 0;
    do {
      if (++count > maxListLength) this.fail(`at most ${maxListLength} in a list`);
      readItem();
      this.take(',');
      if (this.peek().kind === 'end') this.fail(`${expected}, or ]`);
    } while (!this.take(']'));
  }

  /** Keeps a value for ClickHouse and gives its placeholder; equal ones share one. */
  bind(type: string, value: string | number | readonly (string | number | bigint)[]): string {
    const key = typeof value === 'object' ? undefined : `${type} ${value}`;
    const known = key === undefined ? undefined : this.#places.get(key);
    if (known !== undefined) return known;
    const name = `f${this.#paramCount++}`;
    this.params[name] = value;
    const place = `{${name}:${type}}`;
    if (key !== undefined) this.#places.set(key, place);
    return place;
  }
}
