/** Answers in ClickHouse's JSONCompactEachRowWithNamesAndTypes as tables, or as tab-separated lines, for people. */

import { escapeCell, formatRecord, type TableColumn, type TableStyle, TextTable } from './text-table.ts';

export const tableFormat = 'JSONCompactEachRowWithNamesAndTypes';

/** Rows from which the widths of a table are chosen; also the least that is held back. */
const sampleRows = 1000;

const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/;

interface AnswerColumn extends TableColumn {
  readonly isAddress: boolean;
}

const describeColumn = (title: string, type: string): AnswerColumn => ({
  title,
  align:
    /^(?:Nullable\(|LowCardinality\(|SimpleAggregateFunction\(\w+, )*(?:U?Int|Float|BFloat|Decimal)/.test(
      type,
    )
      ? 'right'
      : 'left',
  isAddress: type.includes('IPv6'),
});

/** IPv4-mapped addresses (RFC 4291 2.5.5.2) as IPv4, also in lists, maps and tuples. */
const showAddresses = (value: unknown): unknown => {
  if (typeof value === 'string') return mapped.exec(value)?.[1] ?? value;
  if (Array.isArray(value)) return value.map(showAddresses);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [mapped.exec(key)?.[1] ?? key, showAddresses(item)]),
  );
};

const formatCell = (column: AnswerColumn | undefined, value: unknown): string => {
  const shown = column?.isAddress ? showAddresses(value) : value;
  if (shown === null) return 'NULL';
  return escapeCell(typeof shown === 'object' ? JSON.stringify(shown) : String(shown));
};

async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

export interface TableOptions extends TableStyle {
  /** `lines`: titles and rows separated by tabs, for other programs. */
  readonly layout: 'table' | 'lines';
  /** Of the terminal; a table that is wider is written as one block a row. */
  readonly width?: number | undefined;
}

/** Yields text to write; returns the number of rows. */
export async function* formatAnswer(
  chunks: AsyncIterable<Buffer>,
  options: TableOptions,
): AsyncGenerator<string, number> {
  const lines = readLines(chunks);
  const nextValues = async (): Promise<readonly unknown[] | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : (JSON.parse(value) as unknown[]);
  };
  const names = (await nextValues()) ?? [];
  const types = (await nextValues()) ?? [];
  const columns = names.map((name, position) => describeColumn(String(name), String(types[position])));
  if (options.layout === 'lines' && columns.length > 0)
    yield `${columns.map(({ title }) => escapeCell(title)).join('\t')}\n`;
  let rows = 0;
  let sample: (readonly string[])[] = [];
  let print: ((cells: readonly string[]) => string) | undefined =
    options.layout === 'lines' ? (cells) => `${cells.join('\t')}\n` : undefined;
  const begin = function* (): Generator<string> {
    const table = new TextTable(columns, sample, options);
    const fits = options.width === undefined || table.width <= options.width || columns.length < 2;
    if (fits && columns.length > 0) yield table.header();
    let number = 0;
    print = fits
      ? (cells) => table.row(cells)
      : (cells) => `-- ${++number}\n${formatRecord(columns, cells, options)}`;
    for (const cells of sample) yield print(cells);
    sample = [];
  };
  for (let values = await nextValues(); values !== undefined; values = await nextValues()) {
    const cells = values.map((value, position) => formatCell(columns[position], value));
    rows++;
    if (print) yield print(cells);
    else if (sample.push(cells) >= sampleRows) yield* begin();
  }
  if (!print) yield* begin();
  return rows;
}
