/** `flowledger exporters`: who sends what, with what is lost and what is odd about it, in words. */

import type { Writable } from 'node:stream';
import { formatCount, formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import { connect } from '../store/connection.ts';
import { describeStoreError } from '../store/store-error.ts';
import { locateServer, type ServerChoice } from './locate-server.ts';
import { escapeCell, formatTable, type TableColumn, type TableStyle, TextTable } from './text-table.ts';
import type { Output } from './write-output.ts';

export interface ExporterRow {
  readonly exporter: string;
  readonly domain: number;
  readonly collector: string;
  readonly name: string;
  readonly site: string;
  readonly version: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly silent_seconds: number;
  readonly templates: number;
  readonly sampling_rate: number;
  readonly sampling_source: string;
  readonly clock_offset_ms: number;
  readonly datagrams: number;
  readonly flows: number;
  readonly options: number;
  readonly missing: number;
  readonly reordered: number;
  readonly duplicate: number;
  readonly unknown_gaps: number;
  readonly restarts: number;
  readonly malformed: number;
  readonly waiting: number;
  readonly expired: number;
  /** Of the exporter, in the row of its first domain; 0 in the others. */
  readonly refused: number;
  readonly queue_drops: number;
  readonly journal_drops: number;
}

/** Losses of exporters that have no row of their own, and of those that nobody can name. */
export interface OtherLosses {
  readonly kernel_drops: number;
  readonly queue_drops: number;
  readonly refused: number;
  readonly journal_drops: number;
  readonly not_stored: number;
}

const exportersQuery = `SELECT
  replaceRegexpOne(toString(e.exporter), '^::ffff:([0-9]+[.])', '\\1') AS exporter, e.domain AS domain, e.collector AS collector,
  name, site, version, toString(e.first_seen) AS first_seen, toString(e.last_seen) AS last_seen,
  toInt64(now()) - toInt64(toUnixTimestamp(e.last_seen)) AS silent_seconds, templates, sampling_rate, sampling_source,
  clock_offset_ms, datagrams, flows, options, missing, reordered, duplicate, unknown_gaps, restarts, malformed, waiting, expired,
  if(is_first, l.refused, 0) AS refused, if(is_first, l.queue_drops, 0) AS queue_drops, if(is_first, l.journal_drops, 0) AS journal_drops
FROM (SELECT *, domain = min(domain) OVER (PARTITION BY exporter, collector) AS is_first FROM exporters FINAL) AS e
LEFT JOIN (
  SELECT exporter, collector, sum(refused) AS refused, sum(queue_drops) AS queue_drops, sum(journal_drops) AS journal_drops
  FROM (SELECT * FROM exporter_loss FINAL WHERE refused + queue_drops + journal_drops > 0) AS losses
  INNER JOIN (SELECT exporter, collector, min(first_seen) AS since FROM exporters FINAL GROUP BY exporter, collector) AS firsts
  USING (exporter, collector)
  WHERE minute >= toStartOfMinute(since)
  GROUP BY exporter, collector
) AS l ON e.exporter = l.exporter AND e.collector = l.collector
ORDER BY e.exporter, collector, domain`;

const othersQuery = `SELECT sum(kernel_drops) AS kernel_drops, sum(queue_drops) AS queue_drops, sum(refused) AS refused,
  sum(journal_drops) AS journal_drops, sum(not_stored) AS not_stored
FROM exporter_loss FINAL
WHERE (exporter, collector) NOT IN (SELECT exporter, collector FROM exporters)
  AND minute >= (SELECT toStartOfMinute(min(first_seen)) FROM exporters)`;

const silentSeconds = 300;
const oddClockMs = 5000;
const units: Readonly<Record<number, string>> = { 5: 'flows', 9: 'datagrams', 10: 'records' };

/** What an operator should know about this exporter; empty when all is well. */
export const problemsOf = (row: ExporterRow): readonly string[] => {
  const problems: string[] = [];
  const say = (condition: boolean, text: string): void => {
    if (condition) problems.push(text);
  };
  const { version, silent_seconds, clock_offset_ms } = row;
  say(silent_seconds > silentSeconds, `silent for ${formatDuration(silent_seconds * 1000)}`);
  say(version !== 5 && row.templates === 0, 'no Template yet');
  say(row.waiting > 0, `${formatCount(row.waiting)} Data Sets wait for a Template`);
  say(row.expired > 0, `${formatCount(row.expired)} Data Sets lost: their Template never came`);
  const said = row.missing + row.flows;
  const share = version === 9 ? row.missing / (row.missing + row.datagrams || 1) : row.missing / (said || 1);
  say(
    row.missing > 0,
    `${formatCount(row.missing)} ${units[version] ?? ''} missing (${(100 * share).toPrecision(2)} %)`,
  );
  say(row.duplicate > 0, formatTotal(row.duplicate, 'duplicate'));
  const direction = clock_offset_ms < 0 ? 'behind' : 'ahead';
  say(
    Math.abs(clock_offset_ms) > oddClockMs,
    `clock ${formatDuration(Math.abs(clock_offset_ms))} ${direction}`,
  );
  say(
    row.restarts > 0,
    row.restarts === 1 ? 'restarted once' : `restarted ${formatCount(row.restarts)} times`,
  );
  say(row.malformed > 0, `${formatCount(row.malformed)} malformed`);
  say(row.refused > 0, `${formatCount(row.refused)} datagrams refused by --allow`);
  say(row.queue_drops > 0, `the queue was full: ${formatCount(row.queue_drops)} datagrams dropped`);
  say(
    row.journal_drops > 0,
    `the journal was full: ${formatCount(row.journal_drops)} datagrams went unstored`,
  );
  return problems;
};

/** What no exporter of the table accounts for; empty when there is nothing. */
export const otherProblemsOf = (others: OtherLosses): readonly string[] =>
  (
    [
      ['kernel drops', others.kernel_drops],
      ['queue drops', others.queue_drops],
      ['refused', others.refused],
      ['journal drops', others.journal_drops],
      ['rows not stored', others.not_stored],
    ] as const
  )
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what} ${formatCount(count)}`);

/** In places, where the terminal does not say. */
const usualWidth = 120;

interface Field extends TableColumn {
  readonly cell: (row: ExporterRow) => string;
  /** Shown when it says something of one of the rows at least. Always, where this is missing. */
  readonly says?: (row: ExporterRow, position: number, rows: readonly ExporterRow[]) => boolean;
}

const counter = (title: string, read: (row: ExporterRow) => number): Field => ({
  title,
  align: 'right',
  cell: (row) => formatCount(read(row)),
  says: (row) => read(row) > 0,
});
const right = 'right';

const fields: readonly Field[] = [
  { title: 'exporter', cell: (row) => row.exporter },
  { title: 'domain', align: right, cell: (row) => String(row.domain) },
  {
    title: 'collector',
    cell: (row) => row.collector,
    says: (row, _, rows) => row.collector !== rows[0]?.collector,
  },
  {
    title: 'name',
    cell: (row) => [row.name, row.site].filter((text) => text !== '').join(', '),
    says: (row) => row.name !== '' || row.site !== '',
  },
  { title: 'version', align: right, cell: ({ version }) => (version === 10 ? 'IPFIX' : `v${version}`) },
  { title: 'last seen', cell: (row) => row.last_seen },
  counter('templates', (row) => row.templates),
  {
    title: 'sampling',
    cell: (row) => `1:${row.sampling_rate} ${row.sampling_source}`,
    says: (row) => row.sampling_rate !== 1 || row.sampling_source !== 'default',
  },
  {
    title: 'clock',
    align: right,
    unit: 'ms',
    cell: (row) => String(row.clock_offset_ms),
    says: (row) => row.clock_offset_ms !== 0,
  },
  { title: 'received', align: right, cell: (row) => formatCount(row.datagrams) },
  { title: 'flows', align: right, cell: (row) => formatCount(row.flows) },
  { title: 'missing', align: right, cell: (row) => formatCount(row.missing) },
  counter('reordered', (row) => row.reordered),
  counter('duplicate', (row) => row.duplicate),
  counter('refused', (row) => row.refused),
  counter('malformed', (row) => row.malformed),
  counter('waiting', (row) => row.waiting),
  counter('expired', (row) => row.expired),
  counter('queue drops', (row) => row.queue_drops),
  counter('journal drops', (row) => row.journal_drops),
];
const problemsField: Field = { title: 'problems', cell: (row) => problemsOf(row).join('; ') || 'none' };

/** What goes where the table is too wide, in this order. Most of it is in the problems, in words. */
const dispensable: readonly string[] = [
  ...['clock', 'templates', 'sampling', 'reordered', 'waiting', 'expired', 'malformed', 'duplicate'],
  ...['refused', 'queue drops', 'journal drops', 'name', 'collector'],
];

const widthOf = (shown: readonly Field[], rows: readonly ExporterRow[]): number =>
  new TextTable(
    shown,
    rows.map((row) => shown.map(({ cell }) => escapeCell(cell(row)))),
  ).width;

/** The table in at most `maxWidth` places: problems below it where they do not fit beside it, then without columns that can be missed. */
export const formatExporters = (
  rows: readonly ExporterRow[],
  style: TableStyle = {},
  maxWidth = usualWidth,
): string => {
  let shown = fields.filter(({ says }) => says === undefined || rows.some(says));
  const draw = (): string =>
    formatTable(
      shown,
      rows.map((row) => shown.map(({ cell }) => cell(row))),
      style,
    );
  if (widthOf([...shown, problemsField], rows) <= maxWidth) {
    shown = [...shown, problemsField];
    return draw();
  }
  const leftOut: string[] = [];
  for (const title of dispensable) {
    if (widthOf(shown, rows) <= maxWidth) break;
    if (shown.some((field) => field.title === title)) leftOut.push(title);
    shown = shown.filter((field) => field.title !== title);
  }
  const problems = rows
    .filter((row) => problemsOf(row).length > 0)
    .map((row) => `${row.exporter} domain ${row.domain}: ${problemsOf(row).join('; ')}\n`);
  const more = leftOut.length > 0 ? [`not shown for want of room: ${leftOut.join(', ')}; see --json\n`] : [];
  const below = [...problems, ...more];
  return draw() + (below.length > 0 ? `\n${below.join('')}` : '');
};

export interface ExportersOptions extends ServerChoice {
  readonly json: boolean;
}

/** Prints the table; resolves to the exit status. */
export const runExporters = async (
  options: ExportersOptions,
  out: Output,
  err: Writable,
): Promise<number> => {
  const client = connect(locateServer(options));
  const ask = async <Row>(query: string): Promise<Row[]> => {
    const settings = { output_format_json_quote_64bit_integers: 0 } as const;
    const result = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: settings });
    return result.json<Row>();
  };
  try {
    const rows = await ask<ExporterRow>(exportersQuery);
    const [others] = await ask<OtherLosses>(othersQuery);
    const said = others ? otherProblemsOf(others) : [];
    if (options.json) {
      for (const row of rows) out.write(`${JSON.stringify({ ...row, problems: problemsOf(row) })}\n`);
      if (said.length > 0) out.write(`${JSON.stringify({ exporter: '::', ...others, problems: said })}\n`);
      return 0;
    }
    const color = out.isTTY === true && !options.environment.NO_COLOR;
    out.write(
      rows.length === 0
        ? 'nobody has sent anything yet\n'
        : formatExporters(rows, { color }, out.columns || usualWidth),
    );
    if (said.length > 0) out.write(`all  ${said.join(', ')}\n`);
    return 0;
  } catch (error) {
    err.write(`${describeStoreError(error)}\n`);
    return 1;
  } finally {
    await client.close();
  }
};
