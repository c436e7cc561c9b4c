/** The rows of `flows` that lie in a range of time: those that overlap it. */

import type { TimeRange } from './report.ts';

/** A record that ends this long after the range is still looked for; what ends later is not: the table is ordered by the end. */
const lookAheadSeconds = 3600;

export interface RangeSql {
  /** Microseconds since 1970, Int64. */
  readonly from: string;
  readonly to: string;
  /** A condition over `flows`, events included. */
  readonly overlaps: string;
}

/** With placeholders that begin with `prefix`, where a query has several ranges. */
export const rangeSql = (prefix = ''): RangeSql => {
  const [from, to] = [`{${prefix}from:Int64}`, `{${prefix}to:Int64}`];
  const [fromSecond, toSecond] = [`{${prefix}from_second:UInt32}`, `{${prefix}to_second:UInt32}`];
  const overlaps = `time >= toDateTime(${fromSecond}) AND time < toDateTime(${toSecond} + ${lookAheadSeconds})
  AND (time < toDateTime(${toSecond})
    OR (flow_start > 0 AND time_source NOT IN ('received', 'absurd') AND toUnixTimestamp64Micro(flow_start) < ${to}))`;
  return { from, to, overlaps };
};

/** The condition, where a query has one range. */
export const overlapsRange = rangeSql().overlaps;

/** Of the placeholders of `rangeSql`. */
export const rangeParams = ({ from, to }: TimeRange, prefix = ''): Readonly<Record<string, number>> => ({
  [`${prefix}from`]: from,
  [`${prefix}to`]: to,
  [`${prefix}from_second`]: Math.floor(from / 1e6),
  [`${prefix}to_second`]: Math.ceil(to / 1e6),
});
