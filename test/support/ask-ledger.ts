/** A ledger for a test of reports: a real ClickHouse with the tables as the collector makes them, and rows that the test writes. */

import { PassThrough } from 'node:stream';
import type { Test } from 'tap';
import type { Report } from '../../collector/ask/report.ts';
import { type ReportRequest, runReport } from '../../collector/ask/run-report.ts';
import type { Output } from '../../collector/ask/write-output.ts';
import type { CompiledFilter } from '../../collector/filter/compiled-filter.ts';
import { type ColumnGroup, columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { migrate } from '../../collector/store/migrate.ts';
import { prepareFlowTable } from '../../collector/store/prepare-flow-table.ts';
import { borrowStore } from './borrow-store.ts';
import type { TestStore } from './test-store.ts';

/** A row of `flows`: times as ClickHouse reads them, `2026-11-21 14:03:22.5`; columns that are not said are empty. */
export type FlowRow = Readonly<Record<string, string | number | object>>;

/** What a command printed. */
export interface Printed {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface AskLedger {
  readonly store: TestStore;
  /** `received` and `time` are `flow_end` where they are not said, whose `time_source` is then milliseconds. */
  insert(rows: readonly FlowRow[], table?: string): Promise<void>;
  /** Runs a report as its command would; defaults: now is `nowMicros`, JSON, zone UTC. */
  run(report: Report, request?: Partial<ReportRequest>, terminal?: Pick<Output, 'columns'>): Promise<Printed>;
  /** The rows that it prints as JSON. */
  rows(report: Report, request?: Partial<ReportRequest>): Promise<Record<string, unknown>[]>;
}

export interface AskLedgerOptions {
  readonly nowMicros: number;
  readonly groups?: readonly ColumnGroup[];
  readonly compileFilter?: (text: string) => CompiledFilter;
}

const completed = (row: FlowRow): FlowRow => {
  const end = row.flow_end;
  if (end === undefined) return row;
  const time = String(end).slice(0, 19);
  return { received: end, time, time_source: 'milliseconds', sampling_rate: 1, collector: 'here', ...row };
};

const stream = (): PassThrough & { text(): string } => {
  const chunks: Buffer[] = [];
  const made = new PassThrough();
  made.on('data', (chunk: Buffer) => chunks.push(chunk));
  return Object.assign(made, { text: () => Buffer.concat(chunks).toString('utf8') });
};

export const startAskLedger = async (t: Test, options: AskLedgerOptions): Promise<AskLedger> => {
  const store = await borrowStore(t);
  const { client, connection } = store;
  await migrate(client);
  const columns = columnsOfGroups(options.groups ?? ['nat']);
  await prepareFlowTable(client, { database: 'flowledger', columns, ttlDays: 0 });
  const insert = async (rows: readonly FlowRow[], table = 'flows'): Promise<void> => {
    const values = table === 'flows' ? rows.map(completed) : rows;
    await client.insert({ table, values, format: 'JSONEachRow' });
  };
  const run: AskLedger['run'] = async (report, request = {}, terminal) => {
    const [out, err] = [stream(), stream()];
    const clickhouse = `${connection.url.replace('://', `://${connection.user}:${connection.password}@`)}/flowledger`;
    const whole: ReportRequest = {
      ...{ dataDir: '', clickhouse, environment: { NO_COLOR: '1', LANG: 'C.UTF-8' } },
      ...{ zone: 'UTC', options: {}, layout: 'json' },
      ...request,
    };
    const compileFilter =
      options.compileFilter ??
      (() => {
        throw new Error('this test has no filters');
      });
    const output: Output = terminal ? Object.assign(out, { isTTY: true, ...terminal }) : out;
    const status = await runReport(
      report,
      whole,
      { nowMicros: options.nowMicros, compileFilter },
      output,
      err,
    );
    return { status, out: out.text(), err: err.text() };
  };
  const rows: AskLedger['rows'] = async (report, request) => {
    const { out } = await run(report, { ...request, layout: 'json' });
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { store, insert, run, rows };
};
