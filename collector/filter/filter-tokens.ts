/** A filter as its words and signs. */

import { FilterError } from './filter-error.ts';

export type TokenKind = 'word' | 'quoted' | 'sign' | 'comparator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Of `&&`, `||` and `!` the word that they stand for; of quoted text what is between the quotes. */
  readonly text: string;
  /** Offset in the filter. */
  readonly at: number;
}

/** Longer filters are mistakes; a list of ten thousand IPv6 addresses has half of it. */
const maxTextLength = 1_000_000;

const blank = /(?:\s|#[^\n]*)+/y;
const word = /[^\s()[\],=!<>~&|#'"]+/y;
const comparator = /==|!=|<>|<=|>=|!~|[=<>~]/y;
const connective = /&&|\|\||!/y;
const sign = /[()[\],]/y;

const wordsOfConnectives: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['||', 'or'],
  ['!', 'not'],
]);

/** The last token is the end. Throws FilterError. */
export const readTokens = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  if (text.length > maxTextLength)
    throw new FilterError({ text, at: maxTextLength, expected: `at most ${maxTextLength} characters` });
  while (true) {
    at += match(blank)?.length ?? 0;
    if (at >= text.length) break;
    const add = (kind: TokenKind, found: string, length = found.length): void => {
      tokens.push({ kind, text: found, at });
      at += length;
    };
    const found = match(word);
    const compared = match(comparator);
    const connected = match(connective);
    const signed = match(sign);
    if (found !== undefined) add('word', found);
    else if (compared !== undefined) add('comparator', compared);
    else if (connected !== undefined)
      add('word', wordsOfConnectives.get(connected) ?? connected, connected.length);
    else if (signed !== undefined) add('sign', signed);
    else if (text[at] === "'" || text[at] === '"') {
      const end = text.indexOf(text[at] as string, at + 1);
      if (end < 0) throw new FilterError({ text, at, expected: `another ${text[at]} after it` });
      add('quoted', text.slice(at + 1, end), end + 1 - at);
    } else throw new FilterError({ text, at, expected: '&& or ||' });
  }
  tokens.push({ kind: 'end', text: '', at: text.trimEnd().length });
  return tokens;
};
