/** All phrases of the language, to be found by their words. */

import { columnTerms } from './column-terms.ts';
import type { FilterTerm, Phrase } from './filter-term.ts';
import { filterTerms } from './filter-terms.ts';

export interface FoundPhrase {
  readonly term: FilterTerm;
  readonly phrase: Phrase;
  /** How many words it has. */
  readonly length: number;
}

/** By words; a row of the table comes before a column of the same name. */
const phrases: ReadonlyMap<string, FoundPhrase> = new Map(
  [...columnTerms, ...filterTerms].flatMap((term) =>
    term.phrases.map((phrase) => [phrase.words, { term, phrase, length: phrase.words.split(' ').length }]),
  ),
);

/** Words that may follow so many words of a phrase. */
const followers = new Map<string, Set<string>>();
for (const words of phrases.keys()) {
  const parts = words.split(' ');
  for (const [i, part] of parts.entries()) {
    const before = parts.slice(0, i).join(' ');
    const set = followers.get(before) ?? new Set();
    followers.set(before, set.add(part));
  }
}

/** The longest phrase that `words`, in lower case, begin with. */
export const findPhrase = (words: readonly string[]): FoundPhrase | undefined => {
  for (let length = words.length; length > 0; length--) {
    const found = phrases.get(words.slice(0, length).join(' '));
    if (found) return found;
  }
  return undefined;
};

/** What may follow the words, which are the beginning of a phrase; empty: they are none. */
export const wordsAfter = (words: readonly string[]): ReadonlySet<string> =>
  followers.get(words.join(' ')) ?? new Set();

/** The words of the longest phrase. */
export const maxPhraseLength = Math.max(...[...phrases.values()].map(({ length }) => length));
