/** Tables beside `flows` whose rows expire: not where history is loaded, which is old already. */

import type { ClickHouseClient } from '@clickhouse/client';
import { quoteIdentifier } from './connection.ts';

/** Takes the TTL from every table of `database` that has one. */
export const keepForEver = async (client: ClickHouseClient, database: string): Promise<void> => {
  const result = await client.query({
    query: `SELECT name FROM system.tables WHERE database = {database:String} AND engine_full LIKE '% TTL %'`,
    format: 'JSONEachRow',
    query_params: { database },
  });
  for (const { name } of await result.json<{ name: string }>()) {
    const table = `${quoteIdentifier(database)}.${quoteIdentifier(name)}`;
    await client.command({ query: `ALTER TABLE ${table} REMOVE TTL` });
  }
};
