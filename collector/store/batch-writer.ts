/** Batches into the flow table: one block an INSERT, some INSERTs at a time, repeated while the server is away. */

import { Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import type { ColumnBatch } from './column-batch.ts';
import { quoteIdentifier } from './connection.ts';
import { flowTable, insertSettings } from './flow-table.ts';
import { Gate } from './gate.ts';
import { type NativeBlock, NativeBlockMaker } from './native-block.ts';
import { describeStoreError } from './store-error.ts';
import { type RetryOptions, withRetry } from './with-retry.ts';

export interface BatchOutcome {
  readonly rows: number;
  /** Undefined: stored. Else why these rows are not, and will not be. */
  readonly problem: string | undefined;
  /** Octets sent, and the time from the first attempt to the end. */
  readonly lengthBytes: number;
  readonly milliseconds: number;
}

export interface BatchWriterOptions extends Pick<RetryOptions, 'patienceMs' | 'onTrouble'> {
  readonly client: ClickHouseClient;
  readonly database: string;
  /** Value of the column `collector`. */
  readonly collector: string;
  readonly insertsInFlight?: number;
  /** For measurements: on top of what each INSERT says. */
  readonly settings?: ClickHouseSettings;
}

export class BatchWriter {
  readonly #options: BatchWriterOptions;
  readonly #gate: Gate;
  readonly #abort = new AbortController();
  #blocks: NativeBlockMaker | undefined;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
    this.#gate = new Gate(options.insertsInFlight ?? 2);
  }

  /**
   * Stores the rows of `batch`, which belongs to the writer until the promise is settled. `token` names the batch: of
   * INSERTs with the same token, the server stores one. Never rejects for what ClickHouse says: see `problem`.
   */
  async insertBatch(batch: ColumnBatch, token: string): Promise<BatchOutcome> {
    const { rows } = batch;
    if (rows === 0) return { rows, problem: undefined, lengthBytes: 0, milliseconds: 0 };
    return this.#gate.run(async () => {
      const startedAt = performance.now();
      this.#blocks ??= new NativeBlockMaker(batch.columns, { collector: this.#options.collector });
      const block = this.#blocks.make(batch);
      let problem: string | undefined;
      try {
        await withRetry(() => this.#insert(block, token), { ...this.#options, signal: this.#abort.signal });
      } catch (error) {
        problem = describeStoreError(error);
      }
      return { rows, problem, lengthBytes: block.lengthBytes, milliseconds: performance.now() - startedAt };
    });
  }

  /** From now on nothing is tried again: what is under way ends, stored or not. */
  giveUp(): void {
    this.#abort.abort();
  }

  async #insert(block: NativeBlock, token: string): Promise<void> {
    const { client, database, settings } = this.#options;
    const names = block.columns.map((column) => quoteIdentifier(column.name)).join(', ');
    const { stream } = await client.exec({
      query: `INSERT INTO ${quoteIdentifier(database)}.${flowTable} (${names}) FORMAT Native`,
      values: Readable.from(block.buffers, { objectMode: false }),
      clickhouse_settings: { ...insertSettings, ...settings, insert_deduplication_token: token },
    });
    // The response is empty; the connection is free for the next request when it was read.
    await stream.resume().toArray();
  }
}
