/** The ClickHouse that history is loaded into: one's own, that of the collector which runs on the data directory, or one started for it. */

import { existsSync } from 'node:fs';
import type { Log } from '../../shared/service/log.ts';
import { locateServer } from '../ask/locate-server.ts';
import { type ConnectionOptions, defaultDatabase } from '../store/connection.ts';
import { EmbeddedClickHouse } from '../store/embedded-clickhouse.ts';
import { findEndpoint } from '../store/endpoint.ts';

export interface LoadServer {
  readonly connection: ConnectionOptions;
  close(): Promise<void>;
}

export interface LoadServerChoice {
  readonly dataDir: string;
  readonly server: ConnectionOptions | undefined;
}

/** Throws ConfigError when it cannot be started. */
export const openLoadServer = async (
  { dataDir, server }: LoadServerChoice,
  log: Log,
): Promise<LoadServer> => {
  if (server) return { connection: server, close: async () => {} };
  if (existsSync(dataDir) && findEndpoint(dataDir) !== undefined) {
    const connection = locateServer({ dataDir, environment: {}, write: true });
    return { connection, close: async () => {} };
  }
  const embedded = await EmbeddedClickHouse.start({
    dataDir,
    database: defaultDatabase,
    log,
    onState: () => {},
  });
  const { url, user, credentials } = embedded;
  return {
    connection: { url, user, password: credentials.password, database: defaultDatabase },
    close: () => embedded.stop(),
  };
};
