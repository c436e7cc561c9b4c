/** A standing answer, printed as it comes. */

import type { Writable } from 'node:stream';
import { alignOf, formatCell } from './format-cell.ts';
import { formatCsv, formatJsonLines, formatTabbed } from './format-report.ts';
import type { Follow, Row } from './report.ts';
import { escapeCell, TextTable } from './text-table.ts';
import { type Output, writeOutput } from './write-output.ts';

export interface FollowLayout {
  readonly layout: 'table' | 'json' | 'csv';
  readonly zone: string;
  readonly color: boolean;
}

/** Text of rows; with titles where `isFirst`. */
type Format = (rows: readonly Row[], isFirst: boolean) => string;

const withoutTitles = (lines: Iterable<string>, isFirst: boolean): string => {
  const [titles = '', ...rest] = lines;
  return (isFirst ? titles : '') + rest.join('');
};

const formatOf = (
  { columns }: Follow,
  { layout, zone, color }: FollowLayout,
  isTerminal: boolean,
): Format => {
  if (layout === 'json') return (rows) => [...formatJsonLines(columns, rows)].join('');
  if (layout === 'csv') return (rows, isFirst) => withoutTitles(formatCsv(columns, rows, zone), isFirst);
  if (!isTerminal) return (rows, isFirst) => withoutTitles(formatTabbed(columns, rows, zone), isFirst);
  const shown = columns.filter(({ isHidden }) => !isHidden);
  const titles = shown.map(({ title, kind }) => ({ title, align: alignOf(kind) }));
  let table: TextTable | undefined;
  return (rows, isFirst) => {
    const cells = rows.map((row) =>
      shown.map(({ name, kind }) => escapeCell(formatCell(kind, row[name], zone))),
    );
    // Widths are those of the first rows: what was printed stays.
    table ??= new TextTable(titles, cells, { color });
    const current = table;
    return (isFirst ? current.header() : '') + cells.map((row) => current.row(row)).join('');
  };
};

/** Ends when the answer does, that is when its signal is aborted. */
export const printFollow = async (
  follow: Follow,
  layout: FollowLayout,
  out: Output,
  err: Writable,
): Promise<void> => {
  const format = formatOf(follow, layout, out.isTTY === true);
  let isFirst = true;
  for await (const { rows, remarks } of follow.news) {
    for (const remark of remarks) err.write(`${escapeCell(remark)}\n`);
    if (rows.length === 0) continue;
    await writeOutput(out, format(rows, isFirst));
    isFirst = false;
  }
};
