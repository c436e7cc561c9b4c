/** At start: the table `flows` is made, or brought in line with what was chosen, or refused with the reasons. */

import type { ClickHouseClient } from '@clickhouse/client';
import { ConfigError } from '../../shared/service/config-error.ts';
import { quoteIdentifier } from './connection.ts';
import type { FlowColumn } from './flow-columns.ts';
import { columnDefinition, createFlowTable, flowTable, ttlExpression } from './flow-table.ts';

export interface FlowTableOptions {
  readonly database: string;
  readonly columns: readonly FlowColumn[];
  /** Days after receipt; 0 means for ever. */
  readonly ttlDays: number;
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

const findTtlDays = (engine: string): number =>
  Number(/ TTL .*toIntervalDay\((\d+)\)/.exec(engine)?.[1] ?? 0);

/**
 * Makes `flows` when it is not there; else adds the columns that it lacks (groups chosen later, columns of a newer version) and sets
 * the TTL. Returns what was changed, a line each. Throws ConfigError naming every column whose type differs.
 */
export const prepareFlowTable = async (
  client: ClickHouseClient,
  options: FlowTableOptions,
): Promise<string[]> => {
  const { database, columns, ttlDays } = options;
  const table = `${quoteIdentifier(database)}.${flowTable}`;
  const settings = await select<{ name: string }>(
    client,
    'SELECT name FROM system.merge_tree_settings',
    database,
  );
  const known = new Set(settings.map(({ name }) => name));
  await client.command({ query: createFlowTable(database, columns, ttlDays, (name) => known.has(name)) });
  const where = 'database = {database:String} AND table = {table:String}';
  const stored = await select<StoredColumn>(
    client,
    `SELECT name, type FROM system.columns WHERE ${where}`,
    database,
  );
  const differences = findDifferences(columns, stored);
  if (differences.length > 0) {
    const what = `table ${database}.${flowTable} does not match this version of flowledger`;
    throw new ConfigError(
      [`${what}; use another database, or rename the table:`, ...differences].join('\n  '),
    );
  }
  const changes: string[] = [];
  const names = new Set(stored.map(({ name }) => name));
  const missing = columns.filter(({ name }) => !names.has(name));
  if (missing.length > 0) {
    const additions = missing.map((column) => `ADD COLUMN IF NOT EXISTS ${columnDefinition(column)}`);
    await client.command({ query: `ALTER TABLE ${table} ${additions.join(', ')}` });
    changes.push(`added columns ${missing.map(({ name }) => name).join(', ')}`);
  }
  const engines = await select<{ engine_full: string }>(
    client,
    'SELECT engine_full FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    database,
  );
  const storedDays = findTtlDays(engines[0]?.engine_full ?? '');
  if (storedDays !== ttlDays) {
    const change = ttlDays > 0 ? `MODIFY TTL ${ttlExpression(ttlDays)}` : 'REMOVE TTL';
    await client.command({
      query: `ALTER TABLE ${table} ${change}`,
      clickhouse_settings: { alter_sync: '0' },
    });
    changes.push(
      `rows are kept ${ttlDays > 0 ? `${ttlDays} days` : 'for ever'} (before: ${storedDays || 'for ever'})`,
    );
  }
  return changes;
};
