/** What store-tuning.ts tries: each variant names only what differs from the product. */

import type { ClickHouseSettings } from '@clickhouse/client';
import type { ColumnGroup, FlowColumn } from '../../collector/store/flow-columns.ts';

export interface StoreVariant {
  readonly name: string;
  readonly orderBy?: string;
  readonly codec?: (column: FlowColumn) => string | undefined;
  readonly table?: Readonly<Record<string, string | number>>;
  readonly server?: Readonly<Record<string, string | number>>;
  readonly insert?: ClickHouseSettings;
  readonly insertsInFlight?: number;
  /** The table has only the columns that the batches fill. */
  readonly onlyUsed?: boolean;
  readonly plus?: readonly string[];
  readonly without?: readonly string[];
  readonly retype?: Readonly<Record<string, string>>;
  readonly noTtl?: boolean;
  readonly stopMerges?: boolean;
  /** All columns of fixed width are sent, those that nobody filled too. */
  readonly sendAll?: boolean;
  readonly groups?: readonly ColumnGroup[];
  readonly arguments?: readonly string[];
}

const bucket = 'toStartOfFiveMinutes(time)';
const noStatistics = { auto_statistics_types: "''" };

const compact = { min_bytes_for_wide_part: 1 << 30 };

export const storeVariants: readonly StoreVariant[] = [
  { name: 'product' },
  { name: 'no-statistics', table: noStatistics },
  { name: 'only-used-columns', table: noStatistics, onlyUsed: true },
  { name: 'no-merges', table: noStatistics, stopMerges: true },
  { name: 'no-merges-used', table: noStatistics, stopMerges: true, onlyUsed: true },
  {
    name: 'no-merges-dense',
    table: { ...noStatistics, ratio_of_defaults_for_sparse_serialization: '1.0' },
    stopMerges: true,
  },
  { name: 'no-merges-bucket', table: noStatistics, stopMerges: true, orderBy: bucket },
  { name: 'no-merges-unsorted', table: noStatistics, stopMerges: true, orderBy: 'tuple()' },
  {
    name: 'no-merges-32k',
    table: { ...noStatistics, index_granularity: 32768, index_granularity_bytes: 0 },
    stopMerges: true,
  },
  {
    name: 'no-merges-wide',
    table: { ...noStatistics, min_bytes_for_wide_part: 0, min_rows_for_wide_part: 0 },
    stopMerges: true,
  },
  { name: 'nm-compact', table: { ...noStatistics, ...compact }, stopMerges: true },
  { name: 'nm-compact-used', table: { ...noStatistics, ...compact }, stopMerges: true, onlyUsed: true },
  {
    name: 'nm-compact-dense',
    table: { ...noStatistics, ...compact, ratio_of_defaults_for_sparse_serialization: '1.0' },
    stopMerges: true,
  },
  { name: 'nm-compact-bucket', table: { ...noStatistics, ...compact }, stopMerges: true, orderBy: bucket },
  {
    name: 'nm-compact-32k',
    table: { ...noStatistics, ...compact, index_granularity: 32768, index_granularity_bytes: 0 },
    stopMerges: true,
  },
  {
    name: 'nm-compact-nomarks',
    table: { ...noStatistics, ...compact, write_marks_for_substreams_in_compact_parts: 0 },
    stopMerges: true,
  },
  { name: 'nm-compact-all', table: { ...noStatistics, ...compact }, stopMerges: true, sendAll: true },
  {
    name: 'nm-compact-dense-all',
    table: { ...noStatistics, ...compact, ratio_of_defaults_for_sparse_serialization: '1.0' },
    stopMerges: true,
    sendAll: true,
  },
  {
    name: 'nm-compact-unsorted',
    table: { ...noStatistics, ...compact },
    stopMerges: true,
    orderBy: 'tuple()',
  },
  {
    name: 'nm-compact-used-unsorted',
    table: { ...noStatistics, ...compact },
    stopMerges: true,
    orderBy: 'tuple()',
    onlyUsed: true,
  },
  { name: 'nm-no-extra', table: { ...noStatistics, ...compact }, stopMerges: true, without: ['extra'] },
  {
    name: 'nm-no-collector',
    table: { ...noStatistics, ...compact },
    stopMerges: true,
    without: ['extra', 'collector'],
  },
  {
    name: 'nm-no-ip',
    table: { ...noStatistics, ...compact },
    stopMerges: true,
    without: ['extra', 'post_nat_src_addr', 'post_nat_dst_addr'],
  },
  {
    name: 'nm-extra-string',
    table: { ...noStatistics, ...compact },
    stopMerges: true,
    retype: { extra: 'String' },
  },
  {
    name: 'nm-extra-map-string',
    table: { ...noStatistics, ...compact },
    stopMerges: true,
    retype: { extra: 'Map(String, String)' },
  },
  { name: 'order-bucket', table: noStatistics, orderBy: bucket },
  { name: 'order-in_if', table: noStatistics, orderBy: `(${bucket}, exporter, in_if)` },
  { name: 'order-src', table: noStatistics, orderBy: `(${bucket}, exporter, src_addr)` },
  { name: 'order-port', table: noStatistics, orderBy: `(${bucket}, exporter, dst_port)` },
  { name: 'order-proto-port', table: noStatistics, orderBy: `(${bucket}, exporter, proto, dst_port)` },
  { name: 'order-time', table: noStatistics, orderBy: `(${bucket}, exporter, time)` },
  { name: 'one-in-flight', table: noStatistics, insertsInFlight: 1 },
  { name: 'three-in-flight', table: noStatistics, insertsInFlight: 3 },
  { name: 'wide', table: { ...noStatistics, min_bytes_for_wide_part: 0, min_rows_for_wide_part: 0 } },
  { name: 'compact', table: { ...noStatistics, min_bytes_for_wide_part: 1e12 } },
  { name: 'compact-100m', table: { ...noStatistics, min_bytes_for_wide_part: 1e8 } },
  { name: 'sparse-never', table: { ...noStatistics, ratio_of_defaults_for_sparse_serialization: '1.0' } },
  { name: 'sparse-0.5', table: { ...noStatistics, ratio_of_defaults_for_sparse_serialization: '0.5' } },
  { name: 'no-optimize-on-insert', table: noStatistics, insert: { optimize_on_insert: 0 } },
  {
    name: 'granularity-32k',
    table: { ...noStatistics, index_granularity: 32768, index_granularity_bytes: 0 },
  },
  { name: 'min-10-parts', table: { ...noStatistics, min_parts_to_merge_at_once: 10 } },
  { name: 'base-10', table: { ...noStatistics, merge_selector_base: 10 } },
  { name: 'pool-1', table: noStatistics, server: { background_pool_size: 1 } },
  { name: 'pool-4', table: noStatistics, server: { background_pool_size: 4 } },
  { name: 'log-none', table: noStatistics, arguments: ['--logger.level=none', '--log-level=none'] },
];
