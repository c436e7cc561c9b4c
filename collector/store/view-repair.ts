/**
 * Whether the same INSERT into `flows`, made again, fills what its materialized views lack and does nothing else: so it is when `flows` and
 * every table that it reaches through views know the tokens of what they have had.
 */

import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { flowTable } from './flow-table.ts';
import { classifyStoreError, describeStoreError } from './store-error.ts';

export interface ViewRepairOptions {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly signal?: AbortSignal;
  /** What somebody should know who relies on views; of each view once. */
  readonly onRemark?: (text: string) => void;
}

interface TableName {
  readonly database: string;
  readonly name: string;
}

/** Of system.tables. A server that is older has no column for the target of a view. */
interface Table {
  readonly engine: string;
  readonly engine_full: string;
  /** Views that get what is inserted; the two lists belong together. */
  readonly dependencies_database: readonly string[];
  readonly dependencies_table: readonly string[];
  readonly target_database?: string;
  readonly target_table?: string;
}

const query = `SELECT engine, engine_full, dependencies_database, dependencies_table, COLUMNS('^target_(database|table)$')
FROM system.tables WHERE database = {database:String} AND name = {name:String}`;

const windowOf = (engineFull: string, setting: string): number | undefined => {
  const digits = new RegExp(`\\b${setting} = (\\d+)`).exec(engineFull)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const knowsTokens = ({ engine, engine_full: full }: Table): boolean => {
  // Nothing is kept there, so nothing is there twice.
  if (engine === 'Null') return true;
  if (/^(Replicated|Shared)\w*MergeTree$/.test(engine))
    return windowOf(full, 'replicated_deduplication_window') !== 0;
  return engine.endsWith('MergeTree') && (windowOf(full, 'non_replicated_deduplication_window') ?? 0) > 0;
};

const noWindow = 'no non_replicated_deduplication_window: after a crash of ClickHouse';

export class ViewRepair {
  readonly #options: ViewRepairOptions;
  /** Of views of the operator's: nobody else makes any. */
  readonly #told = new Set<string>();

  constructor(options: ViewRepairOptions) {
    this.#options = options;
  }

  /** False also when there are no views. Rejects while nobody answers, or the server cannot now. */
  async isPossible(): Promise<boolean> {
    try {
      return await this.#look();
    } catch (error) {
      const kind = classifyStoreError(error);
      if (!(error instanceof ClickHouseError) || kind === 'away' || kind === 'overloaded') throw error;
      this.#tellOnce(
        flowTable,
        `the views of ${flowTable} cannot be looked at: ${describeStoreError(error)}`,
      );
      return false;
    }
  }

  /** It was possible, and did not succeed. */
  forgo(problem: string): void {
    this.#options.onRemark?.(`views of ${flowTable} may lack rows: ${problem}`);
  }

  async #look(): Promise<boolean> {
    const { database } = this.#options;
    const flows = await this.#find({ database, name: flowTable });
    if (!flows?.dependencies_table?.length) return false;
    if (!knowsTokens(flows))
      this.#tellOnce(flowTable, `the table ${flowTable} has ${noWindow} its views may lack rows`);
    let isPossible = knowsTokens(flows);
    const seen = new Set<string>();
    const sources = [flows];
    for (let source = sources.pop(); source; source = sources.pop())
      for (const [i, name] of source.dependencies_table.entries()) {
        const view = { database: source.dependencies_database[i] ?? database, name };
        const text = `${view.database}.${name}`;
        if (seen.has(text)) continue;
        seen.add(text);
        const target = await this.#findTarget(view);
        if (target && knowsTokens(target)) sources.push(target);
        else {
          isPossible = false;
          const why = target
            ? `has ${noWindow}`
            : 'leads to a table that cannot be seen: after a crash of ClickHouse';
          this.#tellOnce(text, `the view ${text} ${why} it may lack rows`);
        }
      }
    return isPossible;
  }

  /** Where a view puts its rows; undefined when the server does not tell, or not us. */
  async #findTarget(view: TableName): Promise<Table | undefined> {
    const { target_database: database, target_table: name } = (await this.#find(view)) ?? {};
    return database === undefined || name === undefined ? undefined : this.#find({ database, name });
  }

  async #find(table: TableName): Promise<Table | undefined> {
    const { client, signal } = this.#options;
    const result = await client.query({
      query,
      query_params: { database: table.database, name: table.name },
      format: 'JSONEachRow',
      ...(signal ? { abort_signal: signal } : {}),
    });
    return (await result.json<Table>())[0];
  }

  #tellOnce(what: string, text: string): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#options.onRemark?.(text);
  }
}
