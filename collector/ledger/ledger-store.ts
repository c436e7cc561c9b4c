/** The ledger's way to ClickHouse: batches under the name of their collector, rows of the small tables, and the quarantine. */

import type { ClickHouseClient } from '@clickhouse/client';
import { connect } from '../store/connection.ts';
import { ExactWriter } from '../store/exact-writer.ts';
import { Quarantine } from '../store/quarantine.ts';
import { RowWriter } from '../store/row-writer.ts';
import type { LedgerOptions } from './ledger-messages.ts';

export type LedgerStoreOptions = Pick<
  LedgerOptions,
  'connection' | 'collector' | 'insertsInFlight' | 'quarantineDir'
>;

export class LedgerStore {
  readonly rowWriter: RowWriter;
  readonly writer: ExactWriter;
  readonly #options: LedgerStoreOptions;
  readonly #client: ClickHouseClient;
  readonly #onTrouble: (problem: string | undefined) => void;
  readonly #onRemark: (remark: string) => void;
  readonly #writers = new Map<string, ExactWriter>();
  #isGivenUp = false;

  /** `onTrouble`: why rows wait, and undefined when it is over; `onRemark`: what an operator should know. */
  constructor(
    options: LedgerStoreOptions,
    onTrouble: (problem: string | undefined) => void,
    onRemark: (remark: string) => void,
  ) {
    this.#options = options;
    this.#onTrouble = onTrouble;
    this.#onRemark = onRemark;
    this.#client = connect(options.connection);
    this.rowWriter = new RowWriter({ client: this.#client });
    this.writer = this.writerOf(options.collector);
  }

  /** For rows of this collector: what the last run left may have been made under another name. */
  writerOf(collector = this.#options.collector): ExactWriter {
    const known = this.#writers.get(collector);
    if (known) return known;
    const { connection, insertsInFlight, quarantineDir } = this.#options;
    const writer = new ExactWriter({
      ...{ client: this.#client, database: connection.database, collector, insertsInFlight },
      quarantine: new Quarantine({ directory: quarantineDir, rowWriter: this.rowWriter, collector }),
      onTrouble: this.#onTrouble,
      onRemark: this.#onRemark,
    });
    this.#writers.set(collector, writer);
    if (this.#isGivenUp) writer.giveUp();
    return writer;
  }

  /** Nobody waits for ClickHouse any more. */
  giveUp(): void {
    this.#isGivenUp = true;
    for (const writer of this.#writers.values()) writer.giveUp();
  }

  /** Stores what waits of the small tables. */
  async flush(): Promise<void> {
    // One that is under way may have passed the tables of the last rows.
    await this.rowWriter.flush();
    await this.rowWriter.flush();
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
