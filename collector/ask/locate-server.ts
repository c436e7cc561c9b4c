/** Which ClickHouse a command asks: the operator's own, or that of the collector which runs on a data directory. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { type ConnectionOptions, findOwnServer } from '../store/connection.ts';
import { readCredentials } from '../store/credentials.ts';
import { findEndpoint } from '../store/endpoint.ts';

export interface ServerChoice {
  readonly dataDir: string;
  /** `--clickhouse`; wins over the data directory. */
  readonly clickhouse?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Another database than that of the URL, or the collector. */
  readonly database?: string | undefined;
  /** Ask as the user who may also write. Meaningless for a server of one's own. */
  readonly write?: boolean;
}

/** Throws ConfigError when no collector runs there, or its passwords cannot be read. */
export const locateServer = (choice: ServerChoice): ConnectionOptions => {
  const { dataDir, write } = choice;
  const own = findOwnServer(choice.clickhouse, choice.environment);
  if (own !== undefined) return { ...own, database: choice.database ?? own.database };
  const endpoint = findEndpoint(dataDir);
  if (endpoint === undefined) {
    throw new ConfigError(
      `no collector is running on ${dataDir}: start one (flowledger collect --data ${dataDir}), ` +
        'name another directory with --data, or a server with --clickhouse',
    );
  }
  const credentials = readCredentials(dataDir);
  if (credentials === undefined) {
    throw new ConfigError(
      `${dataDir}/credentials.json cannot be read: ask as the user who runs the collector`,
    );
  }
  const { url } = endpoint;
  const database = choice.database ?? endpoint.database;
  return write
    ? { url, database, user: 'flowledger', password: credentials.password }
    : { url, database, user: 'reader', password: credentials.readerPassword };
};
