/** `--max-disk`: when the database is larger, the oldest rows of `flows` go, a whole partition (a day of receipt) at a time. */

import type { ClickHouseClient } from '@clickhouse/client';
import { quoteIdentifier, quoteText } from './connection.ts';
import { flowTable } from './flow-table.ts';

export interface DroppedRows {
  /** A day, `2026-03-01`; with the name of a part where a day alone is more than is allowed. */
  readonly what: string;
  readonly rows: number;
  readonly bytes: number;
}

interface StoredPart {
  readonly partition: string;
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
}

const query = `SELECT partition, name, toUInt64(rows) AS rows, toUInt64(bytes_on_disk) AS bytes
FROM system.parts
WHERE active AND database = {database:String} AND table = {table:String}
ORDER BY partition, min_block_number`;

const totalQuery =
  'SELECT toUInt64(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND database = {database:String}';

const settings = { output_format_json_quote_64bit_integers: 0 } as const;

const drop = async (client: ClickHouseClient, database: string, what: string): Promise<void> => {
  await client.command({ query: `ALTER TABLE ${quoteIdentifier(database)}.${flowTable} DROP ${what}` });
};

/** Which days go, oldest first, until `bytes` is at most `maxBytes`; never the last one. */
const choosePartitions = (
  parts: readonly StoredPart[],
  totalBytes: number,
  maxBytes: number,
): DroppedRows[] => {
  const days = new Map<string, DroppedRows>();
  for (const { partition, rows, bytes } of parts) {
    const day = days.get(partition) ?? { what: partition, rows: 0, bytes: 0 };
    days.set(partition, { what: partition, rows: day.rows + rows, bytes: day.bytes + bytes });
  }
  const chosen: DroppedRows[] = [];
  let left = totalBytes;
  for (const day of [...days.values()].slice(0, -1)) {
    if (left <= maxBytes) break;
    chosen.push(day);
    left -= day.bytes;
  }
  return chosen;
};

/** Octets on disk of all tables of a database. */
export const databaseBytes = async (client: ClickHouseClient, database: string): Promise<number> => {
  const parameters = { query_params: { database }, clickhouse_settings: settings };
  const result = await client.query({ query: totalQuery, format: 'JSONEachRow', ...parameters });
  return (await result.json<{ bytes: number }>())[0]?.bytes ?? 0;
};

/**
 * Drops what is too much and says what; empty when all is well. `maxBytes` counts the data of all tables of the database. Where the
 * last day alone is too large, its oldest parts go (parts follow each other in time of receipt), except the newest one.
 */
export const enforceMaxDisk = async (
  client: ClickHouseClient,
  database: string,
  maxBytes: number,
): Promise<readonly DroppedRows[]> => {
  const parameters = { query_params: { database, table: flowTable }, clickhouse_settings: settings };
  const select = async <Row>(text: string): Promise<Row[]> =>
    (await client.query({ query: text, format: 'JSONEachRow', ...parameters })).json<Row>();
  let totalBytes = await databaseBytes(client, database);
  if (totalBytes <= maxBytes) return [];
  const parts = await select<StoredPart>(query);
  const dropped = choosePartitions(parts, totalBytes, maxBytes);
  for (const day of dropped) {
    await drop(client, database, `PARTITION ${quoteText(day.what)}`);
    totalBytes -= day.bytes;
  }
  const lastDay = parts.at(-1)?.partition;
  const lastParts = parts.filter(({ partition }) => partition === lastDay);
  for (const { name, rows, bytes } of lastParts.slice(0, -1)) {
    if (totalBytes <= maxBytes) break;
    await drop(client, database, `PART ${quoteText(name)}`);
    dropped.push({ what: `${lastDay} part ${name}`, rows, bytes });
    totalBytes -= bytes;
  }
  return dropped;
};
