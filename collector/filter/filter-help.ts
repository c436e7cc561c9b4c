/** The filter language in one page of text: `--help-filter`. */

import { flowColumns } from '../store/flow-columns.ts';
import { filterTerms } from './filter-terms.ts';
import { packetTermTitles } from './packet-terms.ts';

const grammar = [
  'A filter is made of terms with and, or, not and brackets; && || ! are the same. and binds tighter than or.',
  'Capital letters make no difference, except in names that are compared with =. After # comes a comment.',
  'Values: 80, = 80, != 80, < 80, <= 80, > 80, >= 80, 80-90, in [80 443 8000-8080], not in [ ... ].',
  'eq ne lt le gt ge stand for the signs. Texts: = is exact, ~ contains. Counters take k, M, G, T: powers of 1000.',
  'Without src or dst, one side is enough, and != means neither side. Quote what has blanks or signs in it: "Gi0/1 (up)".',
];

const minWidth = 40;
const termWidth = 33;

/** Lines of at most `width`, where words allow it. */
const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
};

/** Descriptions stand beside the terms, or below them where there is no room. */
const described = (term: string, lines: readonly string[], isNarrow: boolean): string[] => {
  if (isNarrow || term.length > termWidth - 2)
    return [`  ${term}`, ...lines.map((line) => `${' '.repeat(isNarrow ? 6 : termWidth + 2)}${line}`)];
  return lines.map((line, i) => `  ${(i === 0 ? term : '').padEnd(termWidth)}${line}`);
};

/** `width`: of the terminal. Ends with a new line. */
export const formatFilterHelp = (width = 100): string => {
  const room = Math.max(width, minWidth);
  const isNarrow = room < 2 * termWidth;
  const textWidth = isNarrow ? room - 6 : room - termWidth - 2;
  const terms = filterTerms.flatMap(({ title, value, description, example }) =>
    described(
      value ? `${title} ${value.syntax}` : title,
      [...wrapped(description, textWidth), ...wrapped(`e.g. ${example}`, textWidth)],
      isNarrow,
    ),
  );
  const columns = flowColumns.filter(({ storage }) => storage !== 'extra').map(({ name }) => name);
  return [
    ...grammar.flatMap((line) => wrapped(line, room)),
    '',
    'Terms',
    ...terms,
    '',
    ...wrapped('Columns, each compared as src_port = 80, time > 2026-11-21T14:03, process_name ~ ssh:', room),
    ...wrapped(columns.join(' '), room - 2).map((line) => `  ${line}`),
    '',
    ...wrapped(`Packets (flowledger extract) have: ${packetTermTitles.join('; ')}.`, room),
    '',
  ].join('\n');
};
