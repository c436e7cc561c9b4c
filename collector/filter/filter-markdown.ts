/** The filter language as tables for docs/filter.md. */

import { columnGroups, flowColumns } from '../store/flow-columns.ts';
import type { FilterTerm } from './filter-term.ts';
import { filterTerms } from './filter-terms.ts';
import { isPacketTerm, packetColumnTitles } from './packet-terms.ts';

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

/** Columns that some form of the term needs. */
const columnsOf = ({ phrases, only }: FilterTerm): string =>
  [
    ...new Set(
      [...phrases.flatMap(({ subjects }) => subjects), only ?? { columns: [] }].flatMap((s) => s.columns),
    ),
  ]
    .map(code)
    .join(' ');

/** Two tables: terms, and columns by their groups. */
export const filterTermsMarkdown = (): string => {
  const terms = filterTerms.map((term) => {
    const { title, value, description, example } = term;
    const said = value ? `${title} ${value.syntax}` : title;
    return `| ${code(said)} | ${description.replaceAll('|', '\\|')} | ${code(example)} | ${isPacketTerm(term) ? 'yes' : ''} | ${columnsOf(term)} |`;
  });
  const groups = columnGroups.map((group) => {
    const names = flowColumns
      .filter((c) => c.group === group && c.storage !== 'extra')
      .map(({ name }) => code(name));
    return `| ${group} | ${names.join(' ')} |`;
  });
  return [
    '| term | true where | example | packets | columns |',
    '|---|---|---|---|---|',
    ...terms,
    '',
    '| group | columns that are terms by their own names |',
    '|---|---|',
    ...groups,
    '',
    `Of packets, these: ${packetColumnTitles.map(code).join(' ')}.`,
  ].join('\n');
};
