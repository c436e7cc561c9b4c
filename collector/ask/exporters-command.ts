/** `flowledger exporters`: who sends what, with what is lost and what is odd about it, in words. */

import type { Writable } from 'node:stream';
import { formatCount, formatDuration } from '../../shared/service/format-quantity.ts';
import { connect } from '../store/connection.ts';
import { describeStoreError } from '../store/store-error.ts';
import { locateServer, type ServerChoice } from './locate-server.ts';
import type { Output } from './sql-command.ts';
import { formatTable, type TableColumn } from './text-table.ts';

export interface ExporterRow {
  readonly exporter: string;
  readonly domain: number;
  readonly name: string;
  readonly site: string;
  readonly version: number;
  readonly last_seen: string;
  readonly silent_seconds: number;
  readonly templates: number;
  readonly sampling_rate: number;
  readonly sampling_source: string;
  readonly clock_offset_ms: number;
  readonly datagrams: number;
  readonly flows: number;
  readonly missing: number;
  readonly duplicate: number;
  readonly restarts: number;
  readonly malformed: number;
  readonly waiting: number;
  readonly expired: number;
}

const query = `SELECT
  replaceOne(toString(exporter), '::ffff:', '') AS exporter, domain, name, site, version, toString(last_seen) AS last_seen,
  toInt64(now()) - toInt64(toUnixTimestamp(last_seen)) AS silent_seconds, templates, sampling_rate, sampling_source,
  clock_offset_ms, datagrams, flows, missing, duplicate, restarts, malformed, waiting, expired
FROM exporters FINAL ORDER BY exporters.exporter, domain`;

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
  say(row.duplicate > 0, `${formatCount(row.duplicate)} duplicates`);
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
  return problems;
};

const columns: readonly TableColumn[] = [
  { title: 'exporter' },
  { title: 'domain', align: 'right' },
  { title: 'name' },
  { title: 'version', align: 'right' },
  { title: 'last seen' },
  { title: 'templates', align: 'right' },
  { title: 'sampling', align: 'right' },
  { title: 'said by' },
  { title: 'clock', align: 'right', unit: 'ms' },
  { title: 'datagrams', align: 'right' },
  { title: 'flows', align: 'right' },
  { title: 'missing', align: 'right' },
  { title: 'problems' },
];

const cellsOf = (row: ExporterRow): readonly string[] => [
  row.exporter,
  String(row.domain),
  [row.name, row.site].filter((text) => text !== '').join(', '),
  row.version === 10 ? 'IPFIX' : `v${row.version}`,
  row.last_seen,
  String(row.templates),
  `1:${row.sampling_rate}`,
  row.sampling_source,
  String(row.clock_offset_ms),
  formatCount(row.datagrams),
  formatCount(row.flows),
  formatCount(row.missing),
  problemsOf(row).join('; ') || 'none',
];

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
  try {
    const settings = { output_format_json_quote_64bit_integers: 0 } as const;
    const result = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: settings });
    const rows = await result.json<ExporterRow>();
    if (options.json) {
      for (const row of rows) out.write(`${JSON.stringify({ ...row, problems: problemsOf(row) })}\n`);
    } else if (rows.length === 0) out.write('nobody has sent anything yet\n');
    else
      out.write(
        formatTable(columns, rows.map(cellsOf), {
          color: out.isTTY === true && !options.environment.NO_COLOR,
        }),
      );
    return 0;
  } catch (error) {
    err.write(`${describeStoreError(error)}\n`);
    return 1;
  } finally {
    await client.close();
  }
};
