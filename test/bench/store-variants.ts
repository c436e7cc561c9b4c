/** What store-tuning.ts tries: each variant names only what differs from the product, most of them undo one choice of it. */

import type { ClickHouseSettings } from '@clickhouse/client';
import type { ColumnGroup, FlowColumn } from '../../collector/store/flow-columns.ts';

export interface StoreVariant {
  readonly name: string;
  readonly orderBy?: string;
  readonly codec?: (column: FlowColumn) => string | undefined;
  readonly table?: Readonly<Record<string, string | number>>;
  /** Elements of the server's configuration. */
  readonly server?: Readonly<Record<string, string | number>>;
  readonly insert?: ClickHouseSettings;
  readonly insertsInFlight?: number;
  /** The table has only the columns that the batches fill, and these. */
  readonly onlyUsed?: boolean;
  readonly plus?: readonly string[];
  readonly without?: readonly string[];
  readonly retype?: Readonly<Record<string, string>>;
  readonly noTtl?: boolean;
  /** What INSERTs cost alone; with `--final` all parts are then merged into one. */
  readonly stopMerges?: boolean;
  /** All columns of fixed width are sent, those that nobody filled too. */
  readonly sendAll?: boolean;
  readonly groups?: readonly ColumnGroup[];
  readonly arguments?: readonly string[];
}

const bucket = 'toStartOfFiveMinutes(time)';
const keyed = (...columns: string[]): string => `(${[bucket, 'exporter', ...columns].join(', ')})`;
/** No merge is chosen by the server; OPTIMIZE FINAL is not held back. */
const unmerged = { max_bytes_to_merge_at_max_space_in_pool: 1, max_bytes_to_merge_at_min_space_in_pool: 1 };

export const storeVariants: readonly StoreVariant[] = [
  { name: 'product' },
  { name: 'unmerged', table: unmerged },
  { name: 'unmerged-order-bucket', table: unmerged, orderBy: bucket },
  { name: 'unmerged-order-exporter', table: unmerged, orderBy: keyed() },
  { name: 'unmerged-order-in_if', table: unmerged, orderBy: keyed('in_if') },
  { name: 'unmerged-order-src', table: unmerged, orderBy: keyed('src_addr') },
  { name: 'unmerged-order-nothing', table: unmerged, orderBy: 'tuple()' },
  { name: 'unmerged-lz4', table: unmerged, codec: () => 'LZ4' },
  { name: 'unmerged-zstd', table: unmerged, codec: () => 'ZSTD(1)' },
  { name: 'unmerged-wide', table: { ...unmerged, min_bytes_for_wide_part: 0 } },
  { name: 'unmerged-compact', table: { ...unmerged, min_bytes_for_wide_part: 1e12 } },
  { name: 'unmerged-granularity', table: { ...unmerged, index_granularity: 8192 } },
  { name: 'unmerged-statistics', table: { ...unmerged, auto_statistics_types: "'basic, uniq_v2'" } },
  { name: 'unmerged-map-lc', table: unmerged, retype: { extra: 'Map(LowCardinality(String), String)' } },
  { name: 'unmerged-used', table: unmerged, onlyUsed: true },
  {
    name: 'unmerged-dense',
    table: { ...unmerged, ratio_of_defaults_for_sparse_serialization: '1.0' },
  },
  { name: 'unmerged-one-in-flight', table: unmerged, insertsInFlight: 1 },
  { name: 'unmerged-fsync', table: { ...unmerged, fsync_after_insert: 1 } },
  { name: 'base-5', table: { merge_selector_base: 5 } },
  { name: 'base-10', table: { merge_selector_base: 10 } },
  { name: 'pool-1', server: { background_pool_size: 1 } },
  { name: 'capped', table: { max_bytes_to_merge_at_max_space_in_pool: 60e6 } },
];
