/**
 * History into a database of its own: the datagrams of a capture, or of a journal, go the way of those that are received, with their own
 * times of receipt and without a TTL.
 */

import type { ClickHouseClient } from '@clickhouse/client';
import { CaptureError } from '../../shared/capture/capture-error.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatCount, formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import type { Log } from '../../shared/service/log.ts';
import { ProgressLine } from '../../shared/service/progress-line.ts';
import type { FrameState } from '../ledger/frame-decoder.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import { rebuildRollups } from '../rollup/rebuild-rollups.ts';
import { type ConnectionOptions, connect, quoteIdentifier } from '../store/connection.ts';
import { type ColumnGroup, columnsOfGroups } from '../store/flow-columns.ts';
import { keepForEver } from '../store/keep-for-ever.ts';
import { migrate } from '../store/migrate.ts';
import { prepareFlowTable } from '../store/prepare-flow-table.ts';
import { classifyStoreError, describeStoreError } from '../store/store-error.ts';
import type { History } from './history.ts';
import { type LoadPath, openLoadPath } from './load-path.ts';
import { openLoadServer } from './load-server.ts';

/** Datagrams between two looks at the time. */
const framesPerLook = 64;

export interface LoadOptions {
  /** All are looked at before the first is loaded. */
  readonly histories: readonly (() => History)[];
  readonly database: string;
  /** Into a database that has flows already. */
  readonly append: boolean;
  readonly dataDir: string;
  /** The operator's own server; undefined: the embedded one. */
  readonly server: ConnectionOptions | undefined;
  readonly columns: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  readonly exporters: readonly ConfiguredExporter[];
  /** Networks inside, for the tables that are made out of `flows`; undefined: none are made. */
  readonly rollups: { readonly inside: readonly string[] } | undefined;
  /** Value of the column `collector`; undefined: the name of what is loaded. */
  readonly name: string | undefined;
}

interface LoadTarget {
  readonly options: LoadOptions;
  readonly client: ClickHouseClient;
  readonly log: Log;
}

/** Throws ConfigError when there are flows in it, and nobody said that more may come. */
const prepareDatabase = async (
  connection: ConnectionOptions,
  client: ClickHouseClient,
  { columns, append }: LoadOptions,
): Promise<void> => {
  const { database } = connection;
  const admin = connect({ ...connection, database: 'default' });
  try {
    await admin.command({ query: `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(database)}` });
  } finally {
    await admin.close();
  }
  await migrate(client);
  await keepForEver(client, database);
  await prepareFlowTable(client, { database, columns: columnsOfGroups(columns), ttlDays: 0, durable: false });
  const result = await client.query({ query: 'SELECT count() AS rows FROM flows', format: 'JSONEachRow' });
  const [{ rows } = { rows: 0 }] = await result.json<{ rows: number | string }>();
  if (Number(rows) > 0 && !append)
    throw new ConfigError(
      `the database ${database} has ${formatTotal(Number(rows), 'flow')} already: name another one with --db, or say --append`,
    );
};

/** As what an operator has to see to. Whoever loads sits before it: nothing is waited for. */
const asOperatorsError = (error: unknown): unknown =>
  error instanceof ConfigError || classifyStoreError(error) === 'permanent'
    ? error
    : new ConfigError(describeStoreError(error));

/** Resolves to why it cannot be read to its end; undefined when it was. */
const feedAll = async (
  history: History,
  { feed, ledger }: LoadPath,
  progress: ProgressLine,
): Promise<string | undefined> => {
  const onFrame = (): void => {
    if (feed.fed.frames % framesPerLook !== 0) return;
    const counts = `${formatCount(feed.fed.datagrams)} datagrams  ${formatCount(ledger.counters.rowsStored)} rows`;
    const { totalOctets } = history;
    progress.show({ octets: history.octetsRead(), totalOctets, counts }, performance.now());
  };
  try {
    await feed.run(history.frames(), onFrame);
    return undefined;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return error.message;
  }
};

/** What became of it, in words; false when something was left out that could have been stored. */
const report = (
  history: History,
  { feed, ledger, rowWriter, before }: LoadPath,
  took: string,
  { options, log }: LoadTarget,
): boolean => {
  const { rowsStored, rowsQuarantined } = ledger.counters;
  const { datagrams, lateFrames } = feed.fed;
  const totals = ledger.frames.decoder.domains.totals();
  const counted = (name: 'partly' | 'malformed' | 'dataSetsExpired' | 'dataSetsDropped'): number =>
    totals[name] - before[name];
  const malformed = counted('partly') + counted('malformed');
  const withoutTemplate = totals.dataSetsWaiting + counted('dataSetsExpired') + counted('dataSetsDropped');
  log.info(`loaded ${history.name} into ${options.database}`, {
    datagrams,
    rows: rowsStored,
    ...(rowsQuarantined > 0 && { rows_refused: rowsQuarantined }),
    ...(malformed > 0 && { malformed }),
    ...(withoutTemplate > 0 && { sets_without_template: withoutTemplate }),
    took,
  });
  if (lateFrames > 0)
    log.warn(
      `${formatTotal(lateFrames, 'datagram')} came out of order: their times of receipt are those of the ones before`,
    );
  for (const remark of history.remarks()) log.warn(remark);
  const isRowLost = rowWriter.problem !== undefined || rowWriter.dropped > 0;
  if (isRowLost) log.error('rows of the small tables are not stored', { problem: rowWriter.problem });
  return rowsQuarantined === 0 && !isRowLost;
};

/** One history, start to end. Resolves to whether all of it is stored, and to what it taught. */
const loadOne = async (
  history: History,
  learnt: FrameState | undefined,
  target: LoadTarget,
): Promise<{ readonly isWhole: boolean; readonly learnt: FrameState }> => {
  const { options, client, log } = target;
  const { columns: groups, keepExtra, exporters, database } = options;
  const startedAtMs = performance.now();
  const progress = new ProgressLine(process.stderr, startedAtMs);
  const onTrouble = (problem: string): void => {
    progress.clear();
    log.limited('trouble', 'warn', 'rows wait for ClickHouse', { problem });
  };
  const collector = options.name ?? history.name;
  const stored = { client, database, collector, groups, keepExtra, exporters };
  const path = openLoadPath({ ...stored, learnt, onTrouble });
  const problem = await feedAll(history, path, progress);
  await path.finish();
  progress.clear();
  const took = formatDuration(Math.round(performance.now() - startedAtMs));
  const isStored = report(history, path, took, target);
  if (problem !== undefined) log.error(`${history.name} cannot be read to its end`, { problem });
  return { isWhole: isStored && problem === undefined, learnt: path.ledger.frames.save() };
};

/** Out of all flows of the database. A collector that runs on it goes on from what it remembers: its tables are its own affair. */
const makeRollups = async (client: ClickHouseClient, isLive: boolean, options: LoadOptions, log: Log) => {
  const { rollups, columns, database } = options;
  if (!rollups) return;
  if (isLive) {
    log.warn(`what was loaded is in flows only: the tables that are made out of it belong to the collector`, {
      database,
    });
    return;
  }
  const startedAtMs = performance.now();
  const names = columnsOfGroups(columns).map(({ name }) => name);
  const nowMicros = () => Date.now() * 1000;
  await rebuildRollups({ client, inside: rollups.inside, columns: names, nowMicros });
  const took = formatDuration(Math.round(performance.now() - startedAtMs));
  log.info('made flows_1m, talkers_1h, nat_log and the like', { database, took });
};

/** Resolves to the exit status: 1 when something was left out. Throws ConfigError when it cannot begin. */
export const loadHistory = async (options: LoadOptions, log: Log): Promise<number> => {
  const histories = options.histories.map((open) => open());
  const server = await openLoadServer(options, log);
  const connection = { ...server.connection, database: options.database };
  const client = connect(connection);
  try {
    await prepareDatabase(connection, client, options).catch((error) => {
      throw asOperatorsError(error);
    });
    let allWhole = true;
    let learnt: FrameState | undefined;
    for (const history of histories) {
      const loaded = await loadOne(history, learnt, { options, client, log });
      learnt = loaded.learnt;
      allWhole &&= loaded.isWhole;
    }
    const isLive = server.connection.database === options.database;
    await makeRollups(client, isLive, options, log);
    return allWhole ? 0 : 1;
  } finally {
    await client.close();
    await server.close();
  }
};
