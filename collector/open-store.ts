/** The database, ready to take flows: started when it is the embedded one, brought up to date, and kept within its size. */

import type { ClickHouseClient } from '@clickhouse/client';
import { ConfigError } from '../shared/service/config-error.ts';
import { formatBytes } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';
import type { CollectOptions } from './collect-options.ts';
import { type ConnectionOptions, connect, defaultDatabase, quoteIdentifier } from './store/connection.ts';
import { EmbeddedClickHouse } from './store/embedded-clickhouse.ts';
import { type ColumnGroup, columnsOfGroups } from './store/flow-columns.ts';
import { databaseBytes, enforceMaxDisk } from './store/max-disk.ts';
import { migrate } from './store/migrate.ts';
import { addFlowColumns, prepareFlowTable } from './store/prepare-flow-table.ts';
import { setTtl } from './store/set-ttl.ts';
import { classifyStoreError, describeStoreError } from './store/store-error.ts';
import { type RetryOptions, withRetry } from './store/with-retry.ts';

const diskEveryMs = 60_000;

export interface OpenStore {
  readonly connection: ConnectionOptions;
  /** For people: where rows go. */
  readonly description: string;
  readonly embedded: EmbeddedClickHouse | undefined;
  /** Why the server is away, as far as its process tells, or why nothing can be stored in it yet. */
  readonly problem: () => string | undefined;
  readonly diskBytes: () => number;
  readonly partitionsDropped: () => number;
  /** Makes the database, as soon as the server is there. False: closed before that. Throws ConfigError when it may not. */
  makeDatabase(openGroups: readonly string[]): Promise<boolean>;
  /** Makes the tables in it, or brings them up to date. False: closed before that. Throws ConfigError where they do not fit. */
  prepare(): Promise<boolean>;
  close(): Promise<void>;
}

const makeDatabase = async (connection: ConnectionOptions): Promise<void> => {
  // Asked in `default`, since the database of the connection may not exist yet.
  const admin = connect({ ...connection, database: 'default' });
  try {
    await admin.command({ query: `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(connection.database)}` });
  } finally {
    await admin.close();
  }
};

/** Everything that a database needs before the first insert. Resolves to what was made or changed. */
const prepare = async (
  client: ClickHouseClient,
  database: string,
  options: CollectOptions,
): Promise<readonly string[]> => {
  const migrations = await migrate(client);
  const columns = columnsOfGroups(options.columns);
  const { ttlDays, journal, rollups } = options;
  const durable = journal !== undefined && journal.sync !== 'off';
  const changes = await prepareFlowTable(client, { database, columns, ttlDays, durable });
  const nat = rollups ? await setTtl(client, { database, table: 'nat_log', days: rollups.natTtlDays }) : [];
  return [...migrations.map((name) => `migration ${name}`), ...changes, ...nat];
};

/**
 * Tries again while the server is away, however long that is. What an operator has to see to is a ConfigError: when nothing was stored
 * yet, nobody would notice that we wait for him.
 */
const whenThere = async (
  attempt: () => Promise<readonly string[]>,
  options: RetryOptions,
): Promise<readonly string[]> => {
  const outcome = await withRetry(async () => {
    try {
      return await attempt();
    } catch (error) {
      // Returned, because an error that is not ClickHouse's is taken for one of the connection.
      if (error instanceof ConfigError) return error;
      if (classifyStoreError(error) === 'operator') return new ConfigError(describeStoreError(error));
      throw error;
    }
  }, options);
  if (outcome instanceof ConfigError) throw outcome;
  return outcome;
};

/** What the database takes on disk, looked at once a minute, and kept within `--max-disk`. */
interface DiskWatch {
  readonly bytes: () => number;
  readonly partitionsDropped: () => number;
  stop(): void;
}

const watchDisk = (client: ClickHouseClient, database: string, maxBytes: number, log: Log): DiskWatch => {
  let bytes = 0;
  let partitionsDropped = 0;
  const look = async (): Promise<void> => {
    const dropped = maxBytes > 0 ? await enforceMaxDisk(client, database, maxBytes) : [];
    for (const { what, rows, bytes: size } of dropped) {
      partitionsDropped++;
      log.warn(`--max-disk: dropped the flows of ${what}`, { rows, size: formatBytes(size) });
    }
    bytes = await databaseBytes(client, database);
  };
  const tryToLook = (): void => {
    look().catch((error: unknown) =>
      log.limited('disk', 'warn', 'the size on disk is not known', { problem: describeStoreError(error) }),
    );
  };
  tryToLook();
  const timer = setInterval(tryToLook, diskEveryMs);
  return { bytes: () => bytes, partitionsDropped: () => partitionsDropped, stop: () => clearInterval(timer) };
};

export const openStore = async (options: CollectOptions, log: Log): Promise<OpenStore> => {
  let problem: string | undefined;
  let unready: string | undefined;
  const { dataDir, server } = options;
  const onState = (said: string | undefined): void => {
    problem = said;
  };
  const embedded = server
    ? undefined
    : await EmbeddedClickHouse.start({ dataDir, database: defaultDatabase, log, onState });
  const connection: ConnectionOptions = server ?? {
    url: embedded?.url ?? '',
    user: embedded?.user ?? '',
    password: embedded?.credentials.password ?? '',
    database: defaultDatabase,
  };
  const client = connect(connection);
  const given = new AbortController();
  const { signal } = given;
  /** False: closed before it was done. */
  const work = async (what: string, attempt: () => Promise<readonly string[]>): Promise<boolean> => {
    unready = what;
    const onTrouble = (trouble: string | undefined): void => {
      unready = trouble ?? unready;
      if (trouble !== undefined) log.limited('wait', 'warn', 'waiting for ClickHouse', { problem: trouble });
    };
    try {
      for (const change of await whenThere(attempt, { onTrouble, signal })) log.info(change);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    unready = undefined;
    return !signal.aborted;
  };
  let disk: DiskWatch | undefined;
  return {
    connection,
    embedded,
    description: embedded
      ? `embedded ClickHouse, ${dataDir}`
      : `${connection.url} (database ${connection.database})`,
    problem: () => problem ?? unready,
    diskBytes: () => disk?.bytes() ?? 0,
    partitionsDropped: () => disk?.partitionsDropped() ?? 0,
    makeDatabase: (openGroups) =>
      work('the database is being made', async () => {
        await makeDatabase(connection);
        if (openGroups.length === 0) return [];
        return addFlowColumns(
          client,
          connection.database,
          columnsOfGroups(openGroups as readonly ColumnGroup[]),
        );
      }),
    prepare: async () => {
      const { database } = connection;
      const attempt = () => prepare(client, database, options);
      if (!(await work('the tables are being made ready', attempt))) return false;
      disk = watchDisk(client, database, options.maxDiskBytes, log);
      return true;
    },
    close: async () => {
      given.abort();
      disk?.stop();
      await client.close();
      await embedded?.stop();
    },
  };
};
