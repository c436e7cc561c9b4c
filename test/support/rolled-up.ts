/** Rollups of a test's flows: made hour by hour of receipt, as the collector's jobs make them, and said to be complete. */

import type { ClickHouseClient } from '@clickhouse/client';
import { insertFlowsByHour } from '../../collector/rollup/flows-by-hour.ts';
import { insertFlowsByMinute } from '../../collector/rollup/flows-by-minute.ts';
import { formatClock } from '../../shared/service/format-time.ts';

const hourMicros = 3600e6;

export interface RolledUp {
  readonly collector: string;
  /** Microseconds of receipt; `since` and `hourlyUntil` are whole hours. */
  readonly since: number;
  readonly until: number;
  readonly hourlyUntil: number;
}

/** Collectors and their exporters are in `exporters` too, since a rollup must have all of them. */
export const rollUp = async (client: ClickHouseClient, options: RolledUp): Promise<void> => {
  const { collector, since, until, hourlyUntil } = options;
  const command = (query: string, params: Record<string, unknown>): Promise<unknown> =>
    client.command({ query, query_params: { collector, ...params } });
  for (let from = since; from < until; from += hourMicros) {
    await command(insertFlowsByMinute, { from, until: Math.min(from + hourMicros, until) });
    if (from + hourMicros > hourlyUntil) continue;
    const slice = { slice: 0, slices: 1, mark: from + hourMicros };
    await command(insertFlowsByHour.flows_1m, { from, until: from + hourMicros, ...slice });
  }
  const row = (rollup: string, end: number) => ({
    ...{ rollup, collector, rows: 0, seconds: 0 },
    ...{
      since: formatClock(since, 'UTC'),
      until: formatClock(end, 'UTC'),
      written_until: formatClock(end, 'UTC'),
    },
  });
  await client.insert({
    table: 'rollups',
    values: [row('flows_1m', until), row('flows_1h', hourlyUntil)],
    format: 'JSONEachRow',
  });
};
