/** How far rollups have come: what the table `rollups` says, and what the rollups' own rows say, which are right where both differ. */

import type { ClickHouseClient } from '@clickhouse/client';
import type { RollupTable } from './rollup-tables.ts';

/** Times of receipt, microseconds since 1970; of talkers_1h: times of flows. */
export interface Progress {
  /** From here on the rollup is whole. */
  readonly since: number;
  /** What came before this is in the table. */
  readonly until: number;
  /** The newest `until` of its rows: windows may be empty. 0: it has none. */
  readonly writtenUntil: number;
  /** Written since the table was begun, and seconds spent on it. */
  readonly rows: number;
  readonly seconds: number;
}

const numbers = { output_format_json_quote_64bit_integers: 0 } as const;

/** How far the rows of a table reach. talkers_1h has hours that were made, and no receipt. */
const reached = (rollup: RollupTable): string =>
  rollup === 'talkers_1h'
    ? 'max(toUnixTimestamp(hour) + 3600) * 1000000 AS n'
    : 'toUnixTimestamp64Micro(max(until)) AS n';

export class RollupProgress {
  readonly collector: string;
  readonly #client: ClickHouseClient;

  constructor(client: ClickHouseClient, collector: string) {
    this.#client = client;
    this.collector = collector;
  }

  /**
   * What is in the table, or undefined when it is to be begun. A table that has less than it once had (TRUNCATE, or a power failure) goes on from
   * what it has.
   */
  async find(rollup: RollupTable): Promise<Progress | undefined> {
    const [said] = await this.select<Progress>(
      `SELECT toUnixTimestamp64Micro(since) AS since, toUnixTimestamp64Micro(until) AS until,
  toUnixTimestamp64Micro(written_until) AS writtenUntil, rows, seconds
FROM rollups FINAL WHERE rollup = {rollup:String} AND collector = {collector:String}`,
      { rollup },
    );
    const [{ n } = { n: 0 }] = await this.select<{ n: number }>(
      `SELECT ${reached(rollup)} FROM ${rollup} WHERE collector = {collector:String} HAVING count() > 0`,
    );
    if (n === 0 && (!said || said.writtenUntil > 0)) return undefined;
    const { since = n, until = 0, writtenUntil = 0, rows = 0, seconds = 0 } = said ?? {};
    return { since, until: writtenUntil > n ? n : Math.max(until, n), writtenUntil: n, rows, seconds };
  }

  async write(rollup: RollupTable, progress: Progress): Promise<void> {
    const time = (name: string): string => `fromUnixTimestamp64Micro({${name}:Int64})`;
    await this.#client.command({
      query: `INSERT INTO rollups (rollup, collector, since, until, written_until, rows, seconds)
SELECT {rollup:String}, {collector:String}, ${time('since')}, ${time('until')}, ${time('writtenUntil')}, {rows:UInt64}, {seconds:Float64}`,
      query_params: { rollup, collector: this.collector, ...progress },
      clickhouse_settings: { insert_deduplicate: 0 },
    });
  }

  /** Receipt of the first row of `flows` from `from` on, whoever stored it; undefined: there is none before `until`. */
  async firstReceived(from: number, until: number): Promise<number | undefined> {
    const [found] = await this.select<{ n: number; rows: number }>(
      `SELECT toUnixTimestamp64Micro(min(received)) AS n, count() AS rows FROM flows
WHERE received >= fromUnixTimestamp64Micro({from:Int64}) AND received < fromUnixTimestamp64Micro({until:Int64})`,
      { from, until },
    );
    return found && found.rows > 0 ? found.n : undefined;
  }

  /** Of the oldest row of `flows`; undefined: it has none. */
  async oldestReceived(): Promise<number | undefined> {
    const [found] = await this.select<{ n: number; rows: number }>(
      'SELECT toUnixTimestamp64Micro(min(received)) AS n, count() AS rows FROM flows',
    );
    return found && found.rows > 0 ? found.n : undefined;
  }

  /** Takes the rows of an hour of receipt out of flows_1h; resolves when they cannot be seen any more. */
  async removeHour(hourMicros: number): Promise<void> {
    await this.#client.command({
      query: `DELETE FROM flows_1h WHERE collector = {collector:String} AND received_hour = toDateTime({hour:UInt32})`,
      query_params: { collector: this.collector, hour: hourMicros / 1e6 },
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    });
  }

  async number(query: string, params: Readonly<Record<string, unknown>>): Promise<number> {
    return (await this.select<{ n: number }>(query, params))[0]?.n ?? 0;
  }

  /** INSERTs that the server is still busy with, by how their query ids begin. */
  countRunning(prefix: string): Promise<number> {
    return this.number(
      'SELECT count() AS n FROM system.processes WHERE startsWith(query_id, {prefix:String})',
      {
        prefix,
      },
    );
  }

  /** Rows as objects; the parameter `collector` is there. */
  async select<Row>(query: string, params: Readonly<Record<string, unknown>> = {}): Promise<Row[]> {
    const result = await this.#client.query({
      query,
      query_params: { collector: this.collector, ...params },
      clickhouse_settings: numbers,
      format: 'JSONEachRow',
    });
    return result.json<Row>();
  }
}
