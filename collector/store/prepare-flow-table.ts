/** At start: the table `flows` is made, or brought in line with what was chosen, or refused with the reasons. */

import type { ClickHouseClient } from '@clickhouse/client';
import { ConfigError } from '../../shared/service/config-error.ts';
import { quoteIdentifier } from './connection.ts';
import type { FlowColumn } from './flow-columns.ts';
import {
  columnDefinition,
  createFlowTable,
  durableSettings,
  flowTable,
  indexDefinition,
  indexName,
  isIndexed,
} from './flow-table.ts';
import { setTtl } from './set-ttl.ts';

export interface FlowTableOptions {
  readonly database: string;
  readonly columns: readonly FlowColumn[];
  /** Days after receipt; 0 means for ever. */
  readonly ttlDays: number;
  /** Rows are on the disk when they are acknowledged. */
  readonly durable?: boolean;
}

interface StoredColumn {
  readonly name: string;
  readonly type: string;
}

const select = async <Row>(client: ClickHouseClient, query: string, database: string): Promise<Row[]> => {
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    query_params: { database, table: flowTable },
  });
  return result.json<Row>();
};

/** Blanks do not make a type another one. */
const sameType = (a: string, b: string): boolean => a.replaceAll(' ', '') === b.replaceAll(' ', '');

/** One line a column whose type in the table is not that of the list. */
const findDifferences = (columns: readonly FlowColumn[], stored: readonly StoredColumn[]): string[] => {
  const types = new Map(stored.map(({ name, type }) => [name, type]));
  return columns.flatMap(({ name, type }) => {
    const there = types.get(name);
    return there === undefined || sameType(there, type)
      ? []
      : [`column ${name} is ${there}, and should be ${type}`];
  });
};

const storedColumns = (client: ClickHouseClient, database: string): Promise<StoredColumn[]> =>
  select<StoredColumn>(
    client,
    'SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}',
    database,
  );

/** Adds the columns that `stored` lacks. */
const addColumns = async (
  client: ClickHouseClient,
  table: string,
  columns: readonly FlowColumn[],
  stored: readonly StoredColumn[],
): Promise<string[]> => {
  const names = new Set(stored.map(({ name }) => name));
  const missing = columns.filter(({ name }) => !names.has(name));
  if (missing.length === 0) return [];
  const additions = missing.map((column) => `ADD COLUMN IF NOT EXISTS ${columnDefinition(column)}`);
  await client.command({ query: `ALTER TABLE ${table} ${additions.join(', ')}` });
  return [`added columns ${missing.map(({ name }) => name).join(', ')}`];
};

/**
 * `engine` is the table's engine. Parts that are there get an index when they are next merged: to make it now would read each
 * address that is kept.
 */
const addIndexes = async (
  client: ClickHouseClient,
  database: string,
  columns: readonly FlowColumn[],
  engine: string,
): Promise<string[]> => {
  // An engine of the operator's that has no indexes, such as Distributed.
  if (!/MergeTree\b/.test(engine)) return [];
  const query =
    'SELECT name FROM system.data_skipping_indices WHERE database = {database:String} AND table = {table:String}';
  const stored = new Set((await select<{ name: string }>(client, query, database)).map(({ name }) => name));
  const missing = columns.filter((column) => isIndexed(column) && !stored.has(indexName(column)));
  if (missing.length === 0) return [];
  const additions = missing.map((column) => `ADD INDEX IF NOT EXISTS ${indexDefinition(column)}`);
  await client.command({
    query: `ALTER TABLE ${quoteIdentifier(database)}.${flowTable} ${additions.join(', ')}`,
  });
  const names = missing.map(({ name }) => name).join(', ');
  return [
    `added indexes on ${names}: rows that are there are found as slowly as before, until they are merged`,
  ];
};

/** `engine` is the table's engine with all that it was made with, as the server tells it. A setting that is not in it is the server's own; what we did not set, we do not take away. */
const setDurable = async (
  client: ClickHouseClient,
  table: string,
  durable: boolean,
  engine: string,
  known: ReadonlySet<string>,
): Promise<string[]> => {
  const isSet = ([name, value]: readonly [string, number]): boolean =>
    new RegExp(`\\b${name} = ${value}\\b`).test(engine);
  const settings = Object.entries(durableSettings).filter(([name]) => known.has(name));
  const different = settings.filter((setting) => isSet(setting) !== durable);
  if (different.length === 0) return [];
  const changes = durable
    ? `MODIFY SETTING ${different.map(([name, value]) => `${name} = ${value}`).join(', ')}`
    : `RESET SETTING ${different.map(([name]) => name).join(', ')}`;
  await client.command({ query: `ALTER TABLE ${table} ${changes}` });
  return [
    durable
      ? 'rows are on the disk when they are acknowledged'
      : 'rows are acknowledged before they are on the disk',
  ];
};

/** For rows that an earlier run made: they need its columns before the table is brought up to date. Nothing, where there is no table. */
export const addFlowColumns = async (
  client: ClickHouseClient,
  database: string,
  columns: readonly FlowColumn[],
): Promise<string[]> => {
  const stored = await storedColumns(client, database);
  if (stored.length === 0) return [];
  return addColumns(client, `${quoteIdentifier(database)}.${flowTable}`, columns, stored);
};

/**
 * Makes `flows` when it is not there; else adds the columns and indexes that it lacks (groups chosen later, a newer version), sets
 * the TTL, and when rows are written to the disk. Returns what was changed, a line each. Throws ConfigError naming every column whose
 * type differs.
 */
export const prepareFlowTable = async (
  client: ClickHouseClient,
  options: FlowTableOptions,
): Promise<string[]> => {
  const { database, columns, ttlDays, durable = false } = options;
  const table = `${quoteIdentifier(database)}.${flowTable}`;
  const settings = await select<{ name: string }>(
    client,
    'SELECT name FROM system.merge_tree_settings',
    database,
  );
  const known = new Set(settings.map(({ name }) => name));
  const creation = createFlowTable(database, columns, ttlDays, (name) => known.has(name), durable);
  await client.command({ query: creation });
  const stored = await storedColumns(client, database);
  const differences = findDifferences(columns, stored);
  if (differences.length > 0) {
    const what = `table ${database}.${flowTable} does not match this version of flowledger`;
    throw new ConfigError(
      [`${what}; use another database, or rename the table:`, ...differences].join('\n  '),
    );
  }
  const added = await addColumns(client, table, columns, stored);
  const engines = await select<{ engine_full: string }>(
    client,
    'SELECT engine_full FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    database,
  );
  const engine = engines[0]?.engine_full ?? '';
  return [
    ...added,
    ...(await addIndexes(client, database, columns, engine)),
    ...(await setTtl(client, { database, table: flowTable, days: ttlDays })),
    ...(await setDurable(client, table, durable, engine, known)),
  ];
};
