/** The tables beside `flows`: numbered SQL files, applied once each at start, in order, and recorded in `migrations`. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ClickHouseClient } from '@clickhouse/client';
import { ConfigError } from '../../shared/service/config-error.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** The files stay where they are when the sources are built: beside this file, or in the source tree beside `dist`. */
const schemaFolder = (): URL => {
  const beside = new URL('./schema/', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../../collector/store/schema/', import.meta.url);
};

/** A statement ends with a semicolon at the end of a line; lines that begin with `--` are comments. */
export const splitStatements = (sql: string): string[] =>
  sql
    .replace(/^--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');

/** `NNNN-name.sql`, by number. Numbers are not used twice. */
export const readMigrations = (folder = schemaFolder()): Migration[] =>
  readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      statements: splitStatements(readFileSync(new URL(file, folder), 'utf8')),
    }));

const createRecord = `CREATE TABLE IF NOT EXISTS migrations
(
  number UInt32 COMMENT 'of the file in collector/store/schema',
  name String COMMENT 'of the file',
  applied DateTime DEFAULT now() COMMENT 'when it was done'
)
ENGINE = MergeTree
ORDER BY number
COMMENT 'what was done to this database, so that it is done once'`;

/**
 * Applies what the database of `client` has not seen yet; returns the names. A file is recorded after its last statement: a start that
 * was cut short applies the file again, so statements that make something say IF NOT EXISTS, which is put in here.
 * Throws ConfigError when the database was made by a newer version.
 */
export const migrate = async (client: ClickHouseClient, migrations = readMigrations()): Promise<string[]> => {
  await client.command({ query: createRecord });
  const result = await client.query({ query: 'SELECT number, name FROM migrations', format: 'JSONEachRow' });
  const done = await result.json<{ number: number; name: string }>();
  const known = new Set(migrations.map(({ number }) => number));
  const newer = done.filter(({ number }) => !known.has(number));
  if (newer.length > 0) {
    const names = newer.map(({ number, name }) => `${number} ${name}`).join(', ');
    throw new ConfigError(
      `the database was made by a newer version of flowledger (migrations ${names}): use that version`,
    );
  }
  const applied: string[] = [];
  for (const { number, name, statements } of migrations) {
    if (done.some((record) => record.number === number)) continue;
    for (const statement of statements) {
      await client.command({
        query: statement.replace(/^CREATE TABLE (?!IF )/, 'CREATE TABLE IF NOT EXISTS '),
      });
    }
    await client.insert({ table: 'migrations', values: [{ number, name }], format: 'JSONEachRow' });
    applied.push(`${number} ${name}`);
  }
  return applied;
};
