/** What is done with rows of `flows`, one request each: put there, counted, taken away. Errors are the client's. */

import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import { quoteIdentifier } from './connection.ts';
import { flowTable, insertSettings } from './flow-table.ts';
import type { NativeBlock } from './native-block.ts';

export interface FlowRowsOptions {
  readonly client: ClickHouseClient;
  readonly database: string;
  /** Value of the column `collector`: rows of others are never touched. */
  readonly collector: string;
  /** For measurements: on top of what each INSERT says. */
  readonly settings?: ClickHouseSettings;
  /** Aborted: requests end with an error, and nobody knows what became of them. */
  readonly signal?: AbortSignal;
}

/** Times of receipt, whole microseconds since 1970, both included. */
export interface ReceiptRange {
  readonly firstMicros: number;
  readonly lastMicros: number;
}

/** Bounds are given in microseconds, which a DateTime64(6) has exactly, and have no time zone. */
const inRange =
  'collector = {collector:String} AND received BETWEEN fromUnixTimestamp64Micro({firstMicros:Int64}) AND fromUnixTimestamp64Micro({lastMicros:Int64})';

/** What an INSERT says beside its token: what one token has stored is known in the tables of views, too. Newer servers do so unasked. */
const deduplication: ClickHouseSettings = { deduplicate_blocks_in_dependent_materialized_views: 1 };

const unknownDatabase = '81';

export class FlowRows {
  readonly #options: FlowRowsOptions;
  readonly #table: string;

  constructor(options: FlowRowsOptions) {
    this.#options = options;
    this.#table = `${quoteIdentifier(options.database)}.${flowTable}`;
  }

  /** Of INSERTs with the same token, the server stores one, as far as it remembers. */
  async insert(block: NativeBlock, token: string, queryId?: string): Promise<void> {
    const { client, settings, signal } = this.#options;
    const names = block.columns.map((column) => quoteIdentifier(column.name)).join(', ');
    const { stream } = await client.exec({
      query: `INSERT INTO ${this.#table} (${names}) FORMAT Native`,
      values: Readable.from(block.buffers, { objectMode: false }),
      clickhouse_settings: {
        ...insertSettings,
        ...deduplication,
        ...settings,
        insert_deduplication_token: token,
      },
      ...(queryId === undefined ? {} : { query_id: queryId }),
      ...(signal ? { abort_signal: signal } : {}),
    });
    // The response is empty; the connection is free for the next request when it was read.
    await stream.resume().toArray();
  }

  count(range: ReceiptRange): Promise<number> {
    return this.#number(`SELECT count() AS n FROM ${this.#table} WHERE ${inRange}`, this.#parameters(range));
  }

  /** Resolves when the rows cannot be seen any more. */
  async remove(range: ReceiptRange): Promise<void> {
    const { client, signal } = this.#options;
    await client.command({
      query: `DELETE FROM ${this.#table} WHERE ${inRange}`,
      query_params: this.#parameters(range),
      clickhouse_settings: { lightweight_deletes_sync: '2' },
      ...(signal ? { abort_signal: signal } : {}),
    });
  }

  /** Requests of ours that the server is still busy with, by how their query ids begin. */
  countRunning(prefix: string): Promise<number> {
    return this.#number(
      'SELECT count() AS n FROM system.processes WHERE startsWith(query_id, {prefix:String})',
      {
        prefix,
      },
    );
  }

  async tableExists(): Promise<boolean> {
    const query =
      'SELECT count() AS n FROM system.tables WHERE database = {database:String} AND name = {name:String}';
    try {
      return (await this.#number(query, { database: this.#options.database, name: flowTable })) > 0;
    } catch (error) {
      // The client asks within the database, which was never made, or is gone.
      if (error instanceof ClickHouseError && error.code === unknownDatabase) return false;
      throw error;
    }
  }

  #parameters({ firstMicros, lastMicros }: ReceiptRange): Record<string, unknown> {
    return { collector: this.#options.collector, firstMicros, lastMicros };
  }

  async #number(query: string, parameters: Record<string, unknown>): Promise<number> {
    const { client, signal } = this.#options;
    const result = await client.query({
      query,
      query_params: parameters,
      format: 'JSONEachRow',
      ...(signal ? { abort_signal: signal } : {}),
    });
    const rows = await result.json<{ n: string | number }>();
    const count = Number(rows[0]?.n ?? Number.NaN);
    if (!Number.isSafeInteger(count)) throw new Error('ClickHouse did not count');
    return count;
  }
}
