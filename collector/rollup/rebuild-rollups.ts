/** The rollups of a database that nobody collects into, made anew: for history that was loaded. */

import type { ClickHouseClient } from '@clickhouse/client';
import type { RollupChoice } from './rollup-jobs.ts';
import { RollupKeeper } from './rollup-keeper.ts';
import { rollupTables } from './rollup-tables.ts';

export interface RebuildOptions extends RollupChoice {
  readonly client: ClickHouseClient;
  readonly nowMicros: () => number;
}

/** What is there goes. Rejects with what ClickHouse said. */
export const rebuildRollups = async (options: RebuildOptions): Promise<void> => {
  const { client } = options;
  for (const table of [...rollupTables, 'rollups'])
    await client.command({ query: `TRUNCATE TABLE ${table}` });
  const found = await client.query({
    query:
      'SELECT collector, toUnixTimestamp64Micro(max(received)) + 1 AS until FROM flows GROUP BY collector',
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  for (const { collector, until } of await found.json<{ collector: string; until: number }>()) {
    const keeper = new RollupKeeper({
      ...options,
      collector,
      storedUntilMicros: () => until,
      onTrouble: () => undefined,
    });
    await keeper.catchUp(until);
  }
};
