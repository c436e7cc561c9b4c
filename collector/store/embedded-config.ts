/** The configuration file of the embedded ClickHouse: users, memory, caches, background work. */

import { createHash } from 'node:crypto';

export interface EmbeddedConfigOptions {
  /** Where this configuration will lie: ClickHouse reads the users from the same file. */
  readonly configFile: string;
  readonly password: string;
  readonly readerPassword: string;
  /** All memory that the server may take. */
  readonly memoryBytes: number;
}

const escapeXml = (text: string): string => text.replace(/[<>&'"]/g, (c) => `&#${c.charCodeAt(0)};`);

const element = (name: string, value: string | number): string =>
  `<${name}>${escapeXml(String(value))}</${name}>`;

const elements = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => element(name, value))
    .join('');

/** Caches of a server are sized for a server; these are for a guest on somebody's machine. */
const caches = {
  mark_cache_size: 64 << 20,
  index_mark_cache_size: 8 << 20,
  uncompressed_cache_size: 0,
  index_uncompressed_cache_size: 0,
  mmap_cache_size: 100,
  compiled_expression_cache_size: 16 << 20,
  vector_similarity_index_cache_size: 0,
} as const;

/** Two merges at a time are enough to keep up, and leave the CPU to what arrives. */
const background = {
  background_pool_size: 2,
  background_merges_mutations_concurrency_ratio: 2,
  background_schedule_pool_size: 4,
  background_common_pool_size: 2,
  background_move_pool_size: 1,
  background_fetches_pool_size: 1,
} as const;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const user = (name: string, password: string, profile: string, grants: readonly string[] = []): string => {
  const grantQueries = grants.map((grant) => element('query', `GRANT ${grant}`)).join('');
  return `<${name}>
      <password_sha256_hex>${sha256(password)}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>${profile}</profile><quota>default</quota>
      ${grants.length > 0 ? `<grants>${grantQueries}</grants>` : ''}
    </${name}>`;
};

/**
 * The configuration as XML; it holds hashes of the passwords, so it belongs into a file of mode 0600.
 *
 * The session that opens the listener needs a user `default` without password. Its rights are what the start-up queries need,
 * but these include reading files, so its quota ends with them: two queries, and not an octet read from any file.
 */
export const makeEmbeddedConfig = (options: EmbeddedConfigOptions): string => {
  const read = ['SELECT ON *.*', 'SHOW ON *.*', 'dictGet ON *.*', 'CREATE TEMPORARY TABLE ON *.*'];
  return `<clickhouse>
  ${element('users_config', options.configFile)}
  <logger><level>warning</level></logger>
  ${element('max_server_memory_usage', options.memoryBytes)}
  ${elements(caches)}
  ${elements(background)}
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile><quota>start</quota>
      <grants>${['SYSTEM LISTEN ON *.*', 'CREATE TEMPORARY TABLE ON *.*', 'READ ON FILE']
        .map((grant) => element('query', `GRANT ${grant}`))
        .join('')}</grants>
    </default>
    ${user('flowledger', options.password, 'default')}
    ${user('reader', options.readerPassword, 'reader', read)}
  </users>
  <profiles>
    <default></default>
    <reader><readonly>2</readonly></reader>
  </profiles>
  <quotas>
    <default></default>
    <start><interval><duration>2000000000</duration><queries>2</queries><read_bytes>1</read_bytes></interval></start>
  </quotas>
</clickhouse>
`;
};
