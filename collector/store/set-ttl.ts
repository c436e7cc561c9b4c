/** How long the rows of a table are kept, brought in line with what was chosen. */

import type { ClickHouseClient } from '@clickhouse/client';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import { quoteIdentifier } from './connection.ts';
import { flowTable, ttlExpression } from './flow-table.ts';

const daysIn = (engine: string): number => Number(/ TTL .*toIntervalDay\((\d+)\)/.exec(engine)?.[1] ?? 0);

const textOf = (days: number): string => (days === 0 ? 'for ever' : formatTotal(days, 'day'));

export interface TableTtl {
  readonly database: string;
  /** One that has `received`. */
  readonly table: string;
  /** 0: for ever. */
  readonly days: number;
}

/** Returns what was changed, a line. Parts are not rewritten for it at once. */
export const setTtl = async (
  client: ClickHouseClient,
  { database, table, days }: TableTtl,
): Promise<string[]> => {
  const result = await client.query({
    query:
      'SELECT engine_full FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    format: 'JSONEachRow',
    query_params: { database, table },
  });
  const [{ engine_full: engine } = { engine_full: '' }] = await result.json<{ engine_full: string }>();
  const before = daysIn(engine);
  if (before === days) return [];
  const change = days > 0 ? `MODIFY TTL ${ttlExpression(days)}` : 'REMOVE TTL';
  await client.command({
    query: `ALTER TABLE ${quoteIdentifier(database)}.${quoteIdentifier(table)} ${change}`,
    clickhouse_settings: { alter_sync: '0' },
  });
  const what = table === flowTable ? 'rows' : `rows of ${table}`;
  return [`${what} are kept ${textOf(days)} (before: ${textOf(before)})`];
};
