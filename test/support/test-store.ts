/** A real ClickHouse for a test: the embedded one, on a directory of its own. */

import type { ClickHouseClient } from '@clickhouse/client';
import type { Test } from 'tap';
import { type ConnectionOptions, connect } from '../../collector/store/connection.ts';
import { EmbeddedClickHouse, type EmbeddedOptions } from '../../collector/store/embedded-clickhouse.ts';
import { findFreePort } from './free-port.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface TestStore {
  readonly server: EmbeddedClickHouse;
  readonly dataDir: string;
  readonly connection: ConnectionOptions;
  /** Asks in the database `flowledger`, which is there and empty. */
  readonly client: ClickHouseClient;
  /** Rows as objects; 64-bit numbers are texts, so that they are exact. */
  sql<Row>(query: string): Promise<Row[]>;
}

const ignore = (): void => undefined;
export const silentLog = { debug: ignore, info: ignore, warn: ignore, error: ignore } as const;

/** Starts a server, which ends with the test `t`. */
export const startTestStore = async (t: Test, more: Partial<EmbeddedOptions> = {}): Promise<TestStore> => {
  const dataDir = temporaryDirectory(t);
  // A port of its own: after a restart it could be the server of another test.
  const port = await findFreePort('tcp');
  const server = await EmbeddedClickHouse.start({
    dataDir,
    database: 'flowledger',
    port,
    log: silentLog,
    ...more,
  });
  t.teardown(() => server.stop());
  const { url, user } = server;
  const connection = { url, user, password: server.credentials.password, database: 'flowledger' };
  const client = connect(connection);
  t.teardown(() => client.close());
  const admin = connect({ ...connection, database: 'default' });
  await admin.command({ query: 'CREATE DATABASE flowledger' });
  await admin.close();
  const settings = { output_format_json_quote_64bit_integers: 1 } as const;
  const sql = async <Row>(query: string): Promise<Row[]> => {
    const result = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: settings });
    return result.json<Row>();
  };
  return { server, dataDir, connection, client, sql };
};
