/** Rows for the small tables (options, exporters, losses): gathered as objects, inserted table by table when flushed. */

import type { ClickHouseClient } from '@clickhouse/client';
import { classifyStoreError, describeStoreError } from './store-error.ts';

export type RowTable =
  | 'interfaces'
  | 'samplers'
  | 'applications'
  | 'vrfs'
  | 'options'
  | 'exporters'
  | 'exporter_loss'
  | 'quarantine';
export type RowValue = string | number | bigint | Readonly<Record<string, string>>;
export type Row = Readonly<Record<string, RowValue>>;

export interface RowWriterOptions {
  readonly client: ClickHouseClient;
  /** Rows that may wait, of each table; when there are more, the oldest are dropped and counted. */
  readonly maxRows?: number;
}

interface Waiting {
  pending: Row[];
  /** Rows of an INSERT that is under way or has failed; it is repeated with the same token, so that they are stored once. */
  attempt: { readonly rows: readonly Row[]; readonly token: string } | undefined;
}

export class RowWriter {
  readonly #client: ClickHouseClient;
  readonly #maxRows: number;
  readonly #tables = new Map<RowTable, Waiting>();
  #flushing: Promise<void> | undefined;
  #tokens = 0;
  /** For the metrics: rows stored, and rows not stored because there were too many or ClickHouse refused them. */
  stored = 0;
  dropped = 0;
  /** What the last flush failed with; undefined when it did not. */
  problem: string | undefined;

  constructor(options: RowWriterOptions) {
    this.#client = options.client;
    this.#maxRows = options.maxRows ?? 100_000;
  }

  /** Keeps a row until the next flush; its keys are names of columns. Addresses as text, times in seconds. */
  add(table: RowTable, row: Row): void {
    const waiting = this.#tables.get(table) ?? { pending: [], attempt: undefined };
    this.#tables.set(table, waiting);
    waiting.pending.push(row);
    if (waiting.pending.length <= this.#maxRows) return;
    // Some at once, so that a full queue does not move all its rows with each one that comes.
    const excess = 1 + (this.#maxRows >> 4);
    waiting.pending.splice(0, excess);
    this.dropped += excess;
  }

  /**
   * One attempt to insert what waits. Rows stay for the next flush when ClickHouse is away, and are dropped and counted when it
   * refuses them. Never rejects: see `problem`. A second call while one is under way waits for that one.
   */
  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    let problem: string | undefined;
    for (const [table, waiting] of this.#tables)
      problem = (await this.#flushTable(table, waiting)) ?? problem;
    this.problem = problem;
  }

  async #flushTable(table: RowTable, waiting: Waiting): Promise<string | undefined> {
    while (waiting.attempt !== undefined || waiting.pending.length > 0) {
      if (waiting.attempt === undefined) {
        const token = `${table}-${process.pid}-${Date.now()}-${this.#tokens++}`;
        waiting.attempt = { rows: waiting.pending, token };
        waiting.pending = [];
      }
      const { rows, token } = waiting.attempt;
      try {
        await this.#client.insert({
          table,
          values: rows,
          format: 'JSONEachRow',
          clickhouse_settings: { async_insert: 0, insert_deduplication_token: token },
        });
        this.stored += rows.length;
        waiting.attempt = undefined;
      } catch (error) {
        const problem = `${table}: ${describeStoreError(error)}`;
        if (classifyStoreError(error) !== 'permanent') return problem;
        this.dropped += rows.length;
        waiting.attempt = undefined;
        return problem;
      }
    }
    return undefined;
  }
}
