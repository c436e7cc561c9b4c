/** Values of options: what commander gives is text. */

import { InvalidArgumentError } from 'commander';

export const append = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

export const parseWhole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}.`);
    return value;
  };

/** The most that 32 bits hold. */
export const u32 = 2 ** 32 - 1;

/** `a,b` of the words that there are. */
export const parseWords =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): readonly Word[] => {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const wrong = names.filter((name) => !(words as readonly string[]).includes(name));
    if (names.length === 0) throw new InvalidArgumentError(`one or more of ${words.join(', ')}.`);
    if (wrong.length > 0)
      throw new InvalidArgumentError(`no ${wrong.join(', ')}; there are ${words.join(', ')}.`);
    return names as Word[];
  };
