/** The database, ready to take flows: started when it is the embedded one, brought up to date, and kept within its size. */

import type { ClickHouseClient } from '@clickhouse/client';
import { formatBytes } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';
import type { CollectOptions } from './collect-options.ts';
import { type ConnectionOptions, connect, defaultDatabase, quoteIdentifier } from './store/connection.ts';
import { EmbeddedClickHouse } from './store/embedded-clickhouse.ts';
import { columnsOfGroups } from './store/flow-columns.ts';
import { databaseBytes, enforceMaxDisk } from './store/max-disk.ts';
import { migrate } from './store/migrate.ts';
import { prepareFlowTable } from './store/prepare-flow-table.ts';
import { describeStoreError } from './store/store-error.ts';
import { withRetry } from './store/with-retry.ts';

const diskEveryMs = 60_000;

export interface OpenStore {
  readonly connection: ConnectionOptions;
  /** For people: where rows go. */
  readonly description: string;
  readonly embedded: EmbeddedClickHouse | undefined;
  /** Why the server is away, as far as its process tells. */
  readonly problem: () => string | undefined;
  readonly diskBytes: () => number;
  readonly partitionsDropped: () => number;
  close(): Promise<void>;
}

/** Everything that a database needs before the first insert. Throws ConfigError where its tables do not fit. */
const prepare = async (
  client: ClickHouseClient,
  connection: ConnectionOptions,
  options: CollectOptions,
  log: Log,
): Promise<void> => {
  // Asked in `default`, since the database of the connection may not exist yet.
  const admin = connect({ ...connection, database: 'default' });
  try {
    const query = `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(connection.database)}`;
    const onTrouble = (problem: string | undefined): void => {
      if (problem !== undefined) log.limited('wait', 'warn', 'waiting for ClickHouse', { problem });
    };
    await withRetry(() => admin.command({ query }), { onTrouble });
  } finally {
    await admin.close();
  }
  const migrations = await migrate(client);
  const columns = columnsOfGroups(options.columns);
  const { database } = connection;
  const changes = await prepareFlowTable(client, { database, columns, ttlDays: options.ttlDays });
  for (const change of [...migrations.map((name) => `migration ${name}`), ...changes]) log.info(change);
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
  const close = async (): Promise<void> => {
    await client.close();
    await embedded?.stop();
  };
  try {
    await prepare(client, connection, options, log);
  } catch (error) {
    await close();
    throw error;
  }
  const disk = watchDisk(client, connection.database, options.maxDiskBytes, log);
  return {
    connection,
    embedded,
    description: embedded
      ? `embedded ClickHouse, ${dataDir}`
      : `${connection.url} (database ${connection.database})`,
    problem: () => problem,
    diskBytes: disk.bytes,
    partitionsDropped: disk.partitionsDropped,
    close: () => {
      disk.stop();
      return close();
    },
  };
};
