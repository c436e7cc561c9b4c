/** The ledger as reports see it: ClickHouse asked for reading only. */

import type { ClickHouseClient } from '@clickhouse/client';
import { formatClock } from '../../shared/service/format-time.ts';
import { heardQuery } from './heard-query.ts';
import type { HeardExporter, LedgerView, RollupProgress } from './ledger-view.ts';
import type { Query } from './query.ts';

/** Of each table, the column that says when its rows were received. */
const receiptColumns = new Map([
  ['flows', 'received'],
  ['flows_1m', 'received_hour'],
  ['flows_1h', 'received_hour'],
  // The hour of the flows: what they were received for.
  ['talkers_1h', 'hour'],
  ['host_activity', 'received_day'],
  ['nat_log', 'received'],
]);

const settings = {
  // Settings may be changed, data may not.
  readonly: '2',
  cancel_http_readonly_queries_on_client_close: 1,
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 0,
} as const;

export interface LedgerOptions {
  readonly nowMicros: number;
  readonly zone: string;
}

/** What is asked once, is remembered: an answer is about one moment. */
const remember = <Value>(ask: () => Promise<Value>): (() => Promise<Value>) => {
  let answer: Promise<Value> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
};

/** Numbers of 64 bits come as numbers, and above 2^53 not exactly: identifiers are to be asked for as text. The client is not closed here. */
export const openLedger = (client: ClickHouseClient, { nowMicros, zone }: LedgerOptions): LedgerView => {
  const ask = async <Row>({ sql, params }: Query): Promise<Row[]> => {
    const result = await client.query({
      query: sql,
      query_params: { ...params },
      // Parameters may be longer than an URL together; ClickHouse takes 128 KiB of one.
      use_multipart_params_auto: true,
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
    return result.json<Row>();
  };
  const tables = remember(async () => {
    const rows = await ask<{ name: string; expires: number }>({
      sql: "SELECT name, engine_full LIKE '% TTL %' AS expires FROM system.tables WHERE database = currentDatabase()",
      params: {},
    });
    return new Map(rows.map(({ name, expires }) => [name, expires === 1]));
  });
  const columns = remember(async () => {
    const rows = await ask<{ name: string }>({
      sql: "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'flows'",
      params: {},
    });
    return new Set(rows.map(({ name }) => name));
  });
  const progress = remember(async () => {
    if (!(await tables()).has('rollups')) return [];
    return ask<RollupProgress>({
      sql: `SELECT rollup, collector, toUnixTimestamp64Micro(r.since) AS since, toUnixTimestamp64Micro(r.until) AS until
FROM rollups AS r FINAL ORDER BY rollup, collector`,
      params: {},
    });
  });
  const askSince = async (table: string): Promise<number | undefined> => {
    const column = receiptColumns.get(table);
    const expires = (await tables()).get(table);
    if (column === undefined || expires === undefined) return undefined;
    // History that was loaded may be far older than its receipt. Both are answered from what parts know of themselves.
    const oldest =
      table === 'flows' && !expires
        ? `if(min(toStartOfFiveMinutes(time)) < min(${column}) - toIntervalHour(1), toDateTime64(min(toStartOfFiveMinutes(time)), 6, 'UTC'), min(${column}))`
        : `min(${column})`;
    const [row] = await ask<{ rows: number; since: number }>({
      sql: `SELECT count() AS rows, toUnixTimestamp64Micro(toDateTime64(${oldest}, 6, 'UTC')) AS since FROM ${table}`,
      params: {},
    });
    return row === undefined || row.rows === 0 ? undefined : row.since;
  };
  const sinceOf = new Map<string, Promise<number | undefined>>();
  const since = (table: string): Promise<number | undefined> => {
    const asked = sinceOf.get(table) ?? askSince(table);
    sinceOf.set(table, asked);
    return asked;
  };
  return {
    nowMicros,
    zone,
    ask,
    since,
    progress,
    heard: (from, to) => ask<HeardExporter>(heardQuery(from, to, nowMicros)),
    hasColumn: async (column) => (await columns()).has(column),
    formatTime: (micros) => formatClock(micros, zone),
  };
};
