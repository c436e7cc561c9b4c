/** The answer of a report as text: a table for people, lines for programs. */

import { formatDuration } from '../../shared/service/format-quantity.ts';
import { formatClock } from '../../shared/service/format-time.ts';
import { formatHostPort } from '../../shared/service/host-port.ts';
import type { Answer } from './answer-question.ts';
import { alignOf, formatCell, plainValue } from './format-cell.ts';
import type { DrawStyle, ReportColumn, Row } from './report.ts';
import { escapeCell, formatRecord, TextTable } from './text-table.ts';

const meaningless: ReadonlySet<unknown> = new Set([
  null,
  undefined,
  '',
  0,
  '0',
  '::',
  '::ffff:0.0.0.0',
  false,
]);

const saysSomething = (rows: readonly Row[], { name, usual }: ReportColumn): boolean =>
  rows.some((row) => {
    const value = row[name];
    return Array.isArray(value) ? value.length > 0 : value !== usual && !meaningless.has(value);
  });

/** Control characters are escaped. */
const cellOf = ({ name, kind, port, label }: ReportColumn, row: Row, zone: string): string => {
  const text =
    (label !== undefined && formatCell('text', row[label], zone)) || formatCell(kind, row[name], zone);
  const number = port === undefined ? 0 : Number(row[port] ?? 0);
  return escapeCell(number > 0 && text !== '' ? formatHostPort(text, number) : text);
};

/** `2026-11-21 `: the day of all times, where they have one in common. */
const commonDay = (columns: readonly ReportColumn[], rows: readonly Row[], zone: string): string => {
  const times = columns.filter(({ kind }) => kind === 'time');
  const days = new Set(rows.flatMap((row) => times.map((time) => cellOf(time, row, zone).slice(0, 11))));
  days.delete('');
  const [day = ''] = days;
  return days.size === 1 ? day : '';
};

/** `day` is left out of times. */
const layOut = (columns: readonly ReportColumn[], rows: readonly Row[], zone: string, day = '') => {
  const titles = columns.map(({ title, kind, label }) => ({
    title,
    align: label === undefined ? alignOf(kind) : ('left' as const),
  }));
  const cells = rows.map((row) =>
    columns.map((column) => cellOf(column, row, zone).slice(column.kind === 'time' ? day.length : 0)),
  );
  return { titles, cells, table: new TextTable(titles, cells) };
};

/** The table, in `width` places: without optional columns that say nothing, then without the day that all times have, without others of these columns; at last a block of lines a row, with all that say something. */
export const formatReportTable = (
  columns: readonly ReportColumn[],
  rows: readonly Row[],
  width: number,
  style: DrawStyle,
): string => {
  const parts = new Set(columns.flatMap(({ port, label }) => [port, label]));
  const telling = columns.filter(
    (column) =>
      !column.isHidden && !parts.has(column.name) && (!column.optional || saysSomething(rows, column)),
  );
  let shown = telling;
  const leftOut: string[] = [];
  let layout = layOut(shown, rows, style.zone);
  const day = layout.table.width > width ? commonDay(shown, rows, style.zone) : '';
  if (day !== '') layout = layOut(shown, rows, style.zone, day);
  while (layout.table.width > width) {
    const last = shown.findLast(({ optional }) => optional);
    if (last === undefined) break;
    leftOut.unshift(last.title);
    shown = shown.filter((column) => column !== last);
    layout = layOut(shown, rows, style.zone, day);
  }
  if (layout.table.width > width) {
    // There is room for all of them below each other.
    const { titles, cells } = layOut(telling, rows, style.zone);
    return cells.map((row, i) => `-- ${i + 1}\n${formatRecord(titles, row, style)}`).join('');
  }
  const { titles, cells } = layout;
  const table = new TextTable(titles, cells, style);
  const more =
    leftOut.length > 0 ? `not shown for want of room: ${leftOut.join(', ')}; see --json or --csv\n` : '';
  const times = day === '' ? '' : `times are of ${day.trimEnd()}\n`;
  return table.header() + cells.map((row) => table.row(row)).join('') + times + more;
};

/** One JSON object a row: times in UTC. */
export function* formatJsonLines(columns: readonly ReportColumn[], rows: readonly Row[]): Generator<string> {
  for (const row of rows) {
    const entries = columns.map(({ name, kind }) => [name, plainValue(kind, row[name])]);
    yield `${JSON.stringify(Object.fromEntries(entries))}\n`;
  }
}

const textOf = (value: unknown): string =>
  value === null ? '' : Array.isArray(value) ? value.map(textOf).join(', ') : String(value);

/** RFC 4180 2.6 and 2.7. */
const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const formatLines = function* (
  columns: readonly ReportColumn[],
  rows: readonly Row[],
  zone: string,
  line: (fields: readonly string[]) => string,
): Generator<string> {
  yield line(columns.map(({ name }) => name));
  for (const row of rows)
    yield line(columns.map(({ name, kind }) => textOf(plainValue(kind, row[name], zone))));
};

/** RFC 4180, with a header; times in the zone, with its offset. */
export const formatCsv = (
  columns: readonly ReportColumn[],
  rows: readonly Row[],
  zone: string,
): Generator<string> => formatLines(columns, rows, zone, (fields) => `${fields.map(csvField).join(',')}\r\n`);

/** For pipes: names and values separated by tabs. */
export const formatTabbed = (
  columns: readonly ReportColumn[],
  rows: readonly Row[],
  zone: string,
): Generator<string> =>
  formatLines(columns, rows, zone, (fields) => `${fields.map(escapeCell).join('\t')}\n`);

/** The range that was answered, from which table, since when it has data; and the remarks, a line each. */
export const formatFooting = ({ range, plan, since, remarks }: Answer, zone: string): string => {
  const wholeMs = (micros: number): number => Math.floor(micros / 1000) * 1000;
  const asked = `${formatClock(wholeMs(range.from), zone)} to ${formatClock(wholeMs(range.to), zone)} ${zone}`;
  const length = formatDuration(Math.round((range.to - range.from) / 1000));
  const data =
    since === undefined || since > range.from
      ? ''
      : `; data since ${formatClock(Math.floor(since / 1e6) * 1e6, zone)}`;
  const lines = [`${asked} (${length}), from ${plan.source}${data}`, ...remarks];
  return lines.map((line) => `${escapeCell(line)}\n`).join('');
};
