/** What is wrong with a filter, and where. */

import { ConfigError } from '../../shared/service/config-error.ts';

export interface FilterMistake {
  /** The filter as it was typed. */
  readonly text: string;
  /** Offset in it, UTF-16 units. */
  readonly at: number;
  /** `a port or the name of a service`, for instance. */
  readonly expected: string;
  /** A word that may have been meant, or another way out, as a sentence without its end. */
  readonly hint?: string | undefined;
}

/** Columns of the line that are shown around the place. */
const shownBefore = 60;
const shownAfter = 40;

/** Control characters would move the caret, or the terminal's cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}|\p{Cf}/gu, ' ');

/** The line with the place, cut to what fits on a terminal, and a caret below it. */
const showPlace = (text: string, at: number): readonly [line: string, caret: string] => {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', at);
  const start = Math.max(lineStart, at - shownBefore);
  const end = Math.min(lineEnd < 0 ? text.length : lineEnd, at + shownAfter);
  const before = (start > lineStart ? '...' : '') + printable(text.slice(start, at));
  const after = printable(text.slice(at, end)) + (end < text.length && end === at + shownAfter ? '...' : '');
  return [`  ${before}${after}`, `  ${' '.repeat(before.length)}^`];
};

const describe = ({ text, at, expected, hint }: FilterMistake): string => {
  const [line, caret] = showPlace(text, at);
  return `filter: expected ${expected}${hint === undefined ? '' : ` (${hint})`}\n${line}\n${caret}`;
};

/** The message has three lines: what was expected, the place in the filter, and a caret below it. */
export class FilterError extends ConfigError {
  readonly at: number;
  readonly expected: string;
  readonly hint: string | undefined;

  constructor(mistake: FilterMistake) {
    super(describe(mistake));
    this.at = mistake.at;
    this.expected = mistake.expected;
    this.hint = mistake.hint;
  }
}
