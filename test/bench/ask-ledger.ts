/**
 * The ledger that questions are asked of: flows of a day in the real table, put in as the collector does. It is kept in a directory, so
 * that it is filled once.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { connect } from '../../collector/store/connection.ts';
import { EmbeddedClickHouse } from '../../collector/store/embedded-clickhouse.ts';
import { ExactWriter } from '../../collector/store/exact-writer.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { migrate } from '../../collector/store/migrate.ts';
import { prepareFlowTable } from '../../collector/store/prepare-flow-table.ts';
import { Quarantine } from '../../collector/store/quarantine.ts';
import { RowWriter } from '../../collector/store/row-writer.ts';
import { Log } from '../../shared/service/log.ts';
import { type AskShape, makeSlice, sliceMicros, sliceRows } from './ask-flows.ts';

const hourMicros = 3600e6;
const database = 'flowledger';
export const collector = 'bench';

export interface AskLedger {
  readonly client: ClickHouseClient;
  readonly url: string;
  readonly password: string;
  readonly serverPid: number;
  readonly shape: AskShape;
  readonly stop: () => Promise<void>;
}

interface Progress extends AskShape {
  /** Whether all slices are in `flows`. */
  readonly filled: boolean;
}

/** The flows end with the hour that is past, so that all hours are whole. */
const newShape = (rows: number): Progress => {
  const toMicros = Math.floor((Date.now() * 1000) / hourMicros) * hourMicros;
  const slices = Math.max(1, Math.round(rows / sliceRows));
  return { slices, fromMicros: toMicros - 24 * hourMicros, toMicros, filled: false };
};

const fill = async (
  client: ClickHouseClient,
  shape: AskShape,
  report: (line: string) => void,
): Promise<void> => {
  // What was begun and not ended is begun again.
  await client.command({ query: 'TRUNCATE TABLE flows' });
  const rowWriter = new RowWriter({ client });
  const quarantine = new Quarantine({ directory: undefined, rowWriter, collector });
  const writer = new ExactWriter({ client, database, collector, quarantine });
  const name = randomUUID();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let slice = next++; slice < shape.slices; slice = next++) {
      const batch = makeSlice(shape, slice);
      const firstMicros = sliceMicros(shape, slice);
      const range = {
        firstMicros,
        lastMicros: sliceMicros(shape, slice + 1) - 1,
        token: `ask-${name}-${slice}`,
      };
      const outcome = await writer.store(batch, range, 'new');
      if (outcome.kind !== 'stored' || outcome.stored !== batch.rows) throw new Error('rows were refused');
      if (slice % 50 === 0) report(`${slice} of ${shape.slices} slices`);
    }
  };
  await Promise.all([work(), work()]);
};

/** Merges that are under way or due come to their end, so that questions meet parts as they lie in life. */
export const settle = async (client: ClickHouseClient): Promise<void> => {
  for (let idle = 0; idle < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answer = await client.query({
      query: 'SELECT toUInt32(count()) AS n FROM system.merges',
      format: 'JSONEachRow',
    });
    const [row] = await answer.json<{ n: number }>();
    idle = row?.n === 0 ? idle + 1 : 0;
  }
};

/** Opens the ledger in `directory`, and fills it where that was not done to the end; another number of rows needs another directory. */
export const openAskLedger = async (
  directory: string,
  rows: number,
  report: (line: string) => void,
): Promise<AskLedger> => {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'ask-ledger.json');
  const progress = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Progress) : newShape(rows);
  if (progress.slices !== newShape(rows).slices)
    throw new Error(`${directory} holds ${progress.slices * sliceRows} flows, not ${rows}`);
  const keep = (state: Progress): void => writeFileSync(file, JSON.stringify(state));
  keep(progress);
  const log = new Log({ write: () => undefined, nowMs: Date.now });
  const server = await EmbeddedClickHouse.start({ dataDir: directory, database, log });
  const { password } = server.credentials;
  const connection = { url: server.url, user: server.user, password };
  const admin = connect({ ...connection, database: 'default' });
  await admin.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  await admin.close();
  const client = connect({ ...connection, database });
  const stop = async (): Promise<void> => {
    await client.close();
    await server.stop();
  };
  try {
    await prepareFlowTable(client, { database, columns: columnsOfGroups(['nat']), ttlDays: 30 });
    await migrate(client);
    if (!progress.filled) {
      await fill(client, progress, report);
      await settle(client);
      keep({ ...progress, filled: true });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { client, url: server.url, password, serverPid: server.pid, shape: progress, stop };
};
