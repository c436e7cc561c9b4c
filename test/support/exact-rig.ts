/** A store with an ExactWriter, and batches of which each row can be recognised: what is in `flows` can be compared with what was sent. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import { connect } from '../../collector/store/connection.ts';
import type { EmbeddedOptions } from '../../collector/store/embedded-clickhouse.ts';
import { type BatchRange, ExactWriter, type ExactWriterOptions } from '../../collector/store/exact-writer.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { migrate } from '../../collector/store/migrate.ts';
import { prepareFlowTable } from '../../collector/store/prepare-flow-table.ts';
import { Quarantine } from '../../collector/store/quarantine.ts';
import { RowWriter } from '../../collector/store/row-writer.ts';
import { batchOf } from './batch-rows.ts';
import { startTestStore, type TestStore } from './test-store.ts';

export const rigColumns = columnsOfGroups(['process']);
export const startMicros = 1_800_000_000_123_457;

export interface Numbered {
  readonly batch: ColumnBatch;
  readonly range: BatchRange;
}

/** Rows `from`, `from` + 1 ... with the number in `bytes`; `perDatagram` of them have the same time of receipt. */
export const numberedRows = (token: string, from: number, rows: number, perDatagram = 1): Numbered => {
  const micros = (row: number): number => startMicros + Math.floor((from + row) / perDatagram);
  const batch = batchOf(
    rigColumns,
    Array.from({ length: rows }, (_, row) => ({
      received: BigInt(micros(row)),
      bytes: BigInt(from + row),
      dst_port: (from + row) % 500,
      process_name: `p${from + row}`,
    })),
  );
  return { batch, range: { token, firstMicros: micros(0), lastMicros: micros(rows - 1) } };
};

export interface ExactRig {
  readonly store: TestStore;
  readonly rowWriter: RowWriter;
  readonly quarantine: Quarantine;
  readonly quarantineDir: string;
  readonly troubles: (string | undefined)[];
  /** Another writer of the same collector; by another way when `url` is given. */
  writer(more?: Partial<ExactWriterOptions>, url?: string): ExactWriter;
  /** Numbers in `flows`, ascending; `(SELECT ...)` or another table than `flows` when given. */
  numbers(): Promise<number[]>;
  quarantineFiles(): string[];
  command(query: string): Promise<unknown>;
  reset(): Promise<void>;
}

/** All that it starts ends with the test `t`. */
export const startExactRig = async (t: Test, more: Partial<EmbeddedOptions> = {}): Promise<ExactRig> => {
  const store = await startTestStore(t, more);
  const { client, dataDir, connection } = store;
  await migrate(client);
  await prepareFlowTable(client, { database: 'flowledger', columns: rigColumns, ttlDays: 0 });
  const rowWriter = new RowWriter({ client });
  const quarantineDir = join(dataDir, 'quarantine');
  const quarantine = new Quarantine({ directory: quarantineDir, rowWriter, collector: 'c-1' });
  const troubles: (string | undefined)[] = [];
  const onTrouble = (problem: string | undefined): unknown => troubles.push(problem);
  return {
    ...{ store, rowWriter, quarantine, quarantineDir, troubles },
    writer: (options = {}, url = undefined) => {
      const own = url === undefined ? client : connect({ ...connection, url });
      if (url !== undefined) t.teardown(() => own.close());
      const base = { client: own, database: 'flowledger', collector: 'c-1', quarantine, onTrouble };
      return new ExactWriter({ ...base, ...options });
    },
    numbers: async () =>
      (await store.sql<{ n: string }>('SELECT bytes AS n FROM flows ORDER BY bytes')).map(({ n }) =>
        Number(n),
      ),
    quarantineFiles: () => readdirSync(quarantineDir).sort(),
    command: (query) => client.command({ query }),
    reset: async () => {
      troubles.length = 0;
      await client.command({ query: 'TRUNCATE TABLE flows' });
    },
  };
};

export const countUp = (from: number, rows: number): number[] =>
  Array.from({ length: rows }, (_, i) => from + i);
