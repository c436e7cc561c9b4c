/** One INSERT SELECT of a rollup: one block, so one part, which is there whole or not at all. */

import { randomUUID } from 'node:crypto';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';

/** All rows of a window wait for each other; what takes more memory than that is put on the disk meanwhile. */
const settings: ClickHouseSettings = {
  max_threads: 1,
  max_insert_threads: '1',
  min_insert_block_size_rows: String(2n ** 62n),
  min_insert_block_size_bytes: '0',
  max_bytes_before_external_group_by: String(512 << 20),
  max_bytes_before_external_sort: String(512 << 20),
  // The rows say themselves what was stored; and a window that is made again, after TRUNCATE, is the same block.
  insert_deduplicate: 0,
  // Rows of a window are summed up already: to look for equal ones costs twice as much as all else.
  optimize_on_insert: 0,
  // What a row is not about is 0, and which rows those are is said as the standard has it, whatever the server's profile says.
  group_by_use_nulls: 0,
  force_grouping_standard_compatibility: 1,
  async_insert: 0,
  // So that the number of rows is known.
  wait_end_of_query: 1,
};

export type InsertParams = Readonly<Record<string, unknown>>;

export interface RollupInsert {
  /** Query ids begin with it. */
  readonly prefix: string;
  /** Resolves to the rows that were written. Rejects: nobody knows. */
  readonly run: (query: string, params: InsertParams) => Promise<number>;
}

export const makeRollupInsert = (
  client: ClickHouseClient,
  prefix: string,
  signal: AbortSignal,
): RollupInsert => ({
  prefix,
  run: async (query, params) => {
    const { summary } = await client.command({
      query,
      query_params: { ...params },
      query_id: `${prefix}${randomUUID()}`,
      clickhouse_settings: settings,
      abort_signal: signal,
    });
    return Number(summary?.written_rows ?? 0);
  },
});
