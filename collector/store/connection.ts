/** The one place that makes ClickHouse clients: for the embedded server and for one of the operator's, over HTTP. */

import { readFileSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { ConfigError } from '../../shared/service/config-error.ts';

export interface ConnectionOptions {
  /** Scheme, host and port only. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** PEM, for a server whose certificate no public authority signed. */
  readonly caCertificate?: Buffer;
}

export const defaultDatabase = 'flowledger';

/** An identifier in SQL text: `name` with backquotes; works for every name that ClickHouse takes. */
export const quoteIdentifier = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``;

/** A string in SQL text. */
export const quoteText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

type Environment = Readonly<Record<string, string | undefined>>;

const readCertificate = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(
      `CLICKHOUSE_CA_FILE ${path}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`,
    );
  }
};

/**
 * `http(s)://USER:PASSWORD@HOST:PORT/DATABASE`; what the URL does not say comes from CLICKHOUSE_USER, CLICKHOUSE_PASSWORD,
 * CLICKHOUSE_DATABASE, else `default`, no password, `flowledger`. Port 8123 is meant when there is none, 8443 with https.
 * Throws ConfigError, which never repeats the password.
 */
export const parseClickHouseUrl = (text: string, environment: Environment): ConnectionOptions => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigError('--clickhouse: not a URL, such as http://USER:PASSWORD@HOST:8123/DATABASE');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError(
      `--clickhouse: ${url.protocol}// is not supported, use http:// (port 8123) or https:// (8443)`,
    );
  }
  const path = url.pathname.replace(/^\/|\/$/g, '');
  if (path.includes('/'))
    throw new ConfigError(`--clickhouse: the path is the name of one database, not ${url.pathname}`);
  // URL drops a port that is the scheme's own: 80 and 443 are what a proxy before ClickHouse has.
  const said = /^[^:]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(text.trim())?.[1];
  const port = said === undefined ? (url.protocol === 'https:' ? '8443' : '8123') : Number(said);
  const caFile = environment.CLICKHOUSE_CA_FILE;
  return {
    url: `${url.protocol}//${url.hostname}:${port}`,
    user: decode(url.username) || environment.CLICKHOUSE_USER || 'default',
    password: decode(url.password) || environment.CLICKHOUSE_PASSWORD || '',
    database: decode(path) || environment.CLICKHOUSE_DATABASE || defaultDatabase,
    ...(caFile ? { caCertificate: readCertificate(caFile) } : {}),
  };
};

/** The server that the operator names by `--clickhouse` or CLICKHOUSE_URL; undefined: the embedded one. */
export const findOwnServer = (
  option: string | undefined,
  environment: Environment,
): ConnectionOptions | undefined => {
  const text = option ?? environment.CLICKHOUSE_URL;
  return text === undefined || text === '' ? undefined : parseClickHouseUrl(text, environment);
};

/** A client that asks in `database`, which need not exist yet. Close it before the embedded server is stopped. */
export const connect = (options: ConnectionOptions): ClickHouseClient =>
  createClient({
    url: options.url,
    username: options.user,
    password: options.password,
    database: options.database,
    application: 'flowledger',
    request_timeout: 120_000,
    max_open_connections: 8,
    // We report errors ourselves; the client would print them, settings and all.
    log: { level: ClickHouseLogLevel.OFF },
    ...(options.caCertificate ? { tls: { ca_cert: options.caCertificate } } : {}),
  });
