/** The table `flows`: its definition out of the list of columns, and how rows are put into it. */

import type { ClickHouseSettings } from '@clickhouse/client';
import { quoteIdentifier, quoteText } from './connection.ts';
import type { FlowColumn } from './flow-columns.ts';

export const flowTable = 'flows';

/** How rows lie; measured in docs/decisions/0002-flow-table-layout.md. */
const partitionKey = "toDate(received, 'UTC')";
const sortingKey = '(toStartOfFiveMinutes(time), exporter, in_if, out_if)';

const tableSettings = {
  // Statistics of all columns would be made at each merge, and nothing of ours asks for them.
  auto_statistics_types: "''",
  // A part of one batch is one file and not a hundred; large parts, which queries read in columns, are wide.
  min_bytes_for_wide_part: 200_000_000,
  index_granularity: 32_768,
  index_granularity_bytes: 64 << 20,
  // Each row is merged once or twice in its first hours, and not four times.
  merge_selector_base: 20,
  merge_selector_enable_heuristic_to_lower_max_parts_to_merge_at_once: 0,
  // Retries of an INSERT are recognised by their token among so many.
  non_replicated_deduplication_window: 1000,
  ttl_only_drop_parts: 1,
  // A changed --ttl needs the dates of the old parts, not all their columns.
  materialize_ttl_recalculate_only: 1,
} as const;

/** So that rows which were acknowledged are there after a power failure. */
export const durableSettings = { fsync_after_insert: 1, fsync_part_directory: 1 } as const;

/** Sent with each INSERT. A batch is one block and stays one: nothing is to be cut, gathered or queued. */
export const insertSettings: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  max_insert_threads: '1',
  max_insert_block_size: '1048576',
  min_insert_block_size_rows: '0',
  min_insert_block_size_bytes: '0',
};

/** What a row of the list says about where its values come from; it becomes the column's COMMENT. */
export const columnComment = (column: FlowColumn): string =>
  column.from.length === 0 ? column.comment : `${column.comment} (${column.from.join(', ')})`;

/** `name type COMMENT '...' CODEC(...)`, as in CREATE TABLE and ADD COLUMN. */
export const columnDefinition = (column: FlowColumn): string => {
  const codec = column.codec === undefined ? '' : ` CODEC(${column.codec})`;
  return `${quoteIdentifier(column.name)} ${column.type} COMMENT ${quoteText(columnComment(column))}${codec}`;
};

/**
 * Filters that say one address, which the sorting key knows nothing of, read the granules that may have it and no others. At this rate of
 * false ones a host of some flows costs about as much in reading the index as in reading rows; measured in docs/decisions/0010-address-index.md.
 */
const falseGranules = 0.001;
const indexedColumns: ReadonlySet<string> = new Set([
  'src_addr',
  'dst_addr',
  'post_nat_src_addr',
  'post_nat_dst_addr',
]);

export const isIndexed = ({ name }: FlowColumn): boolean => indexedColumns.has(name);

export const indexName = (column: FlowColumn): string => `${column.name}_bloom`;

/** `name column TYPE ...`, as it stands behind INDEX in CREATE TABLE and ADD INDEX. */
export const indexDefinition = (column: FlowColumn): string =>
  `${quoteIdentifier(indexName(column))} ${quoteIdentifier(column.name)} TYPE bloom_filter(${falseGranules}) GRANULARITY 1`;

/** Rows are kept so many days after receipt; 0 means for ever. */
export const ttlExpression = (days: number): string => `toDateTime(received) + toIntervalDay(${days})`;

/**
 * `isKnown`: a server of the operator's may be older than ours; settings that it does not have are left out.
 * `durable`: rows are on the disk when they are acknowledged.
 */
export const createFlowTable = (
  database: string,
  columns: readonly FlowColumn[],
  ttlDays: number,
  isKnown: (setting: string) => boolean = () => true,
  durable = false,
): string => {
  const settings = Object.entries({ ...tableSettings, ...(durable ? durableSettings : {}) })
    .filter(([name]) => isKnown(name))
    .map(([name, value]) => `${name} = ${value}`);
  const indexes = columns.filter(isIndexed).map((column) => `INDEX ${indexDefinition(column)}`);
  return `CREATE TABLE IF NOT EXISTS ${quoteIdentifier(database)}.${flowTable}
(
  ${[...columns.map(columnDefinition), ...indexes].join(',\n  ')}
)
ENGINE = MergeTree
PARTITION BY ${partitionKey}
ORDER BY ${sortingKey}
${ttlDays > 0 ? `TTL ${ttlExpression(ttlDays)}\n` : ''}SETTINGS ${settings.join(', ')}
COMMENT 'one row a flow record, as it was sent'`;
};
