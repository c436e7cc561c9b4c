/**
 * What flows carried, as rows of `k0`, `k1` ... (the dimensions), `bytes`, `packets` (both x sampling rate), `flows`, and `bucket` where there is
 * a step (microseconds since 1970): not yet added up. From `flows`, and from its rollups.
 */

import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { flowsColumnSql } from '../filter/flows-column-sql.ts';
import type { FlowsAbout } from '../rollup/rollup-tables.ts';
import {
  directedColumn,
  directions,
  type FlowDirection,
  flowsOf,
  hasDirection,
} from '../store/directed-columns.ts';
import {
  directedFlowsBetween,
  endMicros,
  hasSpan,
  liesWithin,
  shareBetween,
  startMicros,
  timeMicros,
} from '../store/flow-shares.ts';
import type { Dimension } from './dimension.ts';
import type { Query } from './query.ts';
import { type RangeSql, rangeParams, rangeSql } from './range-sql.ts';
import type { TimeRange } from './report.ts';

export interface Measure {
  readonly dimensions: readonly Dimension[];
  readonly filter: CompiledFilter | undefined;
  readonly range: TimeRange;
  /** Of the buckets; undefined: the whole range is one. */
  readonly stepMicros?: number | undefined;
}

type ColumnSql = (column: string) => string;

const keysOf = (dimensions: readonly Dimension[], columnSql: ColumnSql): string =>
  dimensions.map(({ column, sql }, i) => `${sql(columnSql(column))} AS k${i}, `).join('');

const filterOf = (filter: CompiledFilter | undefined, columnSql: ColumnSql): string =>
  filter === undefined ? '' : `\n  AND (${filter.sql(columnSql)})`;

const step = '{step:Int64}';

/** Buckets that a row may have a share in, clipped to the range; the end of a span is where its time is, but for the second's fraction. */
const bucketsOf = ({ from, to }: RangeSql): string => `arrayJoin(range(
    intDiv(greatest(if(${hasSpan}, least(${startMicros}, ${timeMicros}), ${timeMicros}), ${from}), ${step}),
    intDiv(least(if(${hasSpan}, greatest(${endMicros}, ${timeMicros}), ${timeMicros}), ${to} - 1), ${step}) + 1))`;

/**
 * Rows of `flows` that lie in one bucket, or in the whole range, and those that do not: shares cost several times as much as all else, and few rows
 * need them.
 */
const rawSql = (measure: Measure, direction: FlowDirection, range: RangeSql): readonly [string, string] => {
  const { dimensions, filter, stepMicros } = measure;
  const hasStep = stepMicros !== undefined;
  const columnSql = flowsColumnSql(direction);
  const [bytes, packets] = [directedColumn('bytes', direction), directedColumn('packets', direction)];
  const select = (bucket: string, counters: readonly [string, string, string], rows: string): string =>
    `SELECT ${keysOf(dimensions, columnSql)}${hasStep ? `${bucket} AS bucket, ` : ''}${counters[0]} * toUInt64(sampling_rate) AS measured_bytes, ${counters[1]} * toUInt64(sampling_rate) AS measured_packets,
  toUInt64(${counters[2]}) AS measured_flows
FROM ${rows}`;
  const where = `${hasDirection(direction)}\n  AND ${range.overlaps}${filterOf(filter, columnSql)}`;
  const itsBucket = `intDiv(${timeMicros}, ${step}) * ${step}`;
  const isWhole = hasStep
    ? liesWithin(`greatest(${itsBucket}, ${range.from})`, `least(${itsBucket} + ${step}, ${range.to})`)
    : liesWithin(range.from, range.to);
  const whole = select(
    itsBucket,
    [bytes, packets, flowsOf(direction)],
    `flows\nWHERE ${where}\n  AND ${isWhole}`,
  );
  const [from, to] = hasStep ? ['bucket_from', 'bucket_to'] : [range.from, range.to];
  const shares = [
    ...[shareBetween(bytes, from, to), shareBetween(packets, from, to)],
    directedFlowsBetween(direction, from, to),
  ] as const;
  const others = `flows\nWHERE ${where}\n  AND NOT ${isWhole}`;
  if (!hasStep) return [whole, select('', shares, others)];
  const inBuckets = `(
  SELECT *, ${bucketsOf(range)} * ${step} AS bucket_start,
    greatest(bucket_start, ${range.from}) AS bucket_from, least(bucket_start + ${step}, ${range.to}) AS bucket_to
  FROM ${others}
)`;
  return [whole, select('bucket_start', shares, inBuckets)];
};

const named = (query: string, measure: Measure): string => {
  const keys = measure.dimensions.map((_, i) => `k${i}, `).join('');
  const bucket = measure.stepMicros === undefined ? '' : 'bucket, ';
  return `SELECT ${keys}${bucket}measured_bytes AS bytes, measured_packets AS packets, measured_flows AS flows FROM (\n${query}\n)`;
};

const paramsOf = (
  { range, filter, stepMicros }: Measure,
  prefix = '',
): Readonly<Record<string, unknown>> => ({
  ...rangeParams(range, prefix),
  ...filter?.params,
  ...(stepMicros === undefined ? {} : { step: stepMicros }),
});

/** Both directions of biflows; flows that cover more than the range have their share in it. `prefix`: of the range's placeholders. */
export const measureFlows = (measure: Measure, prefix = ''): Query => ({
  sql: directions
    .flatMap((direction) => rawSql(measure, direction, rangeSql(prefix)))
    .map((query) => named(query, measure))
    .join('\nUNION ALL\n'),
  params: paramsOf(measure, prefix),
});

export interface RollupRows {
  readonly table: 'flows_1m' | 'flows_1h';
  /** Of each collector, the time of receipt (microseconds, a whole hour) before which its rows are left out: another table has them. */
  readonly receivedFrom?: ReadonlyMap<string, number>;
}

const timeColumn = { flows_1m: 'minute', flows_1h: 'hour' } as const;

/** The range begins and ends where buckets of the tables do, or now; rows `about` have what the measure asks for. */
export const measureRollups = (measure: Measure, about: FlowsAbout, tables: readonly RollupRows[]): Query => {
  const { dimensions, filter, stepMicros } = measure;
  const params: Record<string, unknown> = { ...paramsOf(measure) };
  const selects = tables.map(({ table, receivedFrom = new Map<string, number>() }) => {
    const time = timeColumn[table];
    const known = [...receivedFrom].map(([collector, micros], i) => {
      params[`collector_${i}`] = collector;
      params[`until_${i}`] = micros / 1e6;
      return `(collector = {collector_${i}:String} AND received_hour < toDateTime({until_${i}:UInt32}))`;
    });
    const elsewhere = known.length === 0 ? '' : `\n  AND NOT (${known.join(' OR ')})`;
    const bucket =
      stepMicros === undefined
        ? ''
        : `intDiv(toInt64(toUnixTimestamp(${time})) * 1000000, ${step}) * ${step} AS bucket, `;
    const query = `SELECT ${keysOf(dimensions, (column) => column)}${bucket}bytes * toUInt64(sampling_rate) AS measured_bytes,
  packets * toUInt64(sampling_rate) AS measured_packets, flows AS measured_flows
FROM ${table}
WHERE about = '${about}' AND ${time} >= toDateTime({from_second:UInt32}) AND ${time} < toDateTime({to_second:UInt32})${elsewhere}${filterOf(filter, (column) => column)}`;
    return named(query, measure);
  });
  return { sql: selects.join('\nUNION ALL\n'), params };
};
