/**
 * What a flow carried, spread over the time that it covers. A long flow booked where it ends would be a spike there and a gap before. Shares are
 * rounded so that they add up to the flow's counters exactly.
 */

import { directedColumn, directions, type FlowDirection, flowsOf, hasDirection } from './directed-columns.ts';

/** Up to this duration a flow is spread by the minute, up to the other one by the hour; what is longer is booked at its end. */
export const minuteSpreadMicros = 3600e6;
export const hourSpreadMicros = 48 * 3600e6;

/** How fine the time of a share is known. */
export const shareGrains = { minute: 0, hour: 1, end: 2 } as const;

/** Microseconds since 1970, over `flows`: of the first packet, of the last one, and of what the row is ordered by, which has whole seconds. */
export const startMicros = 'toUnixTimestamp64Micro(flow_start)';
export const endMicros = 'toUnixTimestamp64Micro(flow_end)';
export const timeMicros = 'toInt64(toUnixTimestamp(time)) * 1000000';

/** Whether start and end of a row of `flows` are both known, believed, and in order. */
export const hasSpan = `(flow_start > 0 AND flow_end >= flow_start AND time_source NOT IN ('received', 'absurd'))`;
const isSpread = `(${hasSpan} AND ${endMicros} - ${startMicros} <= ${hourSpreadMicros})`;

/** Begins to count at the flow's start; ends before its last microsecond, which belongs to the bucket before. */
const lastMicros = `greatest(${startMicros}, ${endMicros} - 1)`;

/** Microseconds of a bucket: a constant, or by the flow's duration. */
const stepOf = (step: 'minute' | 'hour'): string =>
  step === 'hour'
    ? '3600000000'
    : `if(${endMicros} - ${startMicros} <= ${minuteSpreadMicros}, 60000000, 3600000000)`;

/** Never 0, since it divides. */
const duration = `toUInt64(greatest(${endMicros} - ${startMicros}, 1))`;

/**
 * Part of a counter, at so many microseconds after the start. Up to an hour of duration, the remainder times microseconds fits into 64 bits, and
 * most flows are so short; 128 bits cost several times as much.
 */
const until = (counter: string, micros: string): string => {
  const at = `toUInt64(${micros})`;
  const narrow = `intDiv(${counter}, ${duration}) * ${at} + intDiv(${counter} % ${duration} * ${at}, ${duration})`;
  const wide = `toUInt64(intDiv(toUInt128(${counter}) * toUInt128(${at}), toUInt128(${duration})))`;
  return `if(${endMicros} - ${startMicros} <= ${minuteSpreadMicros}, ${narrow}, ${wide})`;
};

/** Where the flow itself is booked, microseconds since 1970. */
const bookedAt = `if(${isSpread}, ${lastMicros}, ${timeMicros})`;

/** Whether a row of `flows` is booked in [from, to), microseconds since 1970 as SQL: for counting flows as rollups do. */
export const endsBetween = (from: string, to: string): string =>
  `(${bookedAt} >= ${from} AND ${bookedAt} < ${to})`;

/**
 * The share of `counter` that lies in [from, to), microseconds since 1970 as SQL, over a row of `flows`. A flow without a span lies where its `time` is.
 * Shares of ranges that touch add up without loss.
 */
export const shareBetween = (counter: string, from: string, to: string): string => {
  const inside = `least(greatest(${to}, ${startMicros}), ${endMicros}) - ${startMicros}`;
  const before = `least(greatest(${from}, ${startMicros}), ${endMicros}) - ${startMicros}`;
  return `multiIf(
    NOT ${isSpread} OR ${endMicros} = ${startMicros}, if(${timeMicros} >= ${from} AND ${timeMicros} < ${to}, ${counter}, toUInt64(0)),
    ${startMicros} >= ${from} AND ${endMicros} <= ${to}, ${counter},
    toUInt64(${until(counter, inside)} - ${until(counter, before)}))`;
};

/**
 * Rows that need no arithmetic, most of them as a rule: all that they carried lies in [from, to), and they are booked there. What it does not find
 * may lie there as well.
 */
export const liesWithin = (from: string, to: string): string => {
  return `(${timeMicros} >= ${from} AND ${timeMicros} < ${to} AND (NOT ${hasSpan} OR (${startMicros} >= ${from} AND ${endMicros} < ${to})))`;
};

/** 1 for a flow that is booked in [from, to), and 0 for what is no flow, or booked elsewhere. */
export const directedFlowsBetween = (direction: FlowDirection, from: string, to: string): string =>
  direction === 'forward' ? `toUInt8(record_kind = 'flow' AND ${endsBetween(from, to)})` : 'toUInt8(0)';

export interface SpreadColumn {
  readonly name: string;
  /** Over `flows`. */
  readonly sql: (direction: FlowDirection) => string;
}

/** A column of `flows` under its own name. */
export const plainColumn = (name: string): SpreadColumn => ({
  name,
  sql: (direction) => directedColumn(name, direction),
});

export interface SpreadOptions {
  readonly step: 'minute' | 'hour';
  readonly columns: readonly SpreadColumn[];
  /** Over `flows`: the same rows whatever the direction. */
  readonly where: string;
}

/** Inside, values have names of their own: `out_if AS in_if` would hide the column that another value, or a condition, is made of. */
const inner = (name: string): string => `its_${name}`;

/** One SELECT for the flows that lie in one bucket, and one for those that do not. */
const spreadDirection = (options: SpreadOptions, direction: FlowDirection): readonly string[] => {
  const { step, columns, where } = options;
  const bucketSeconds = step === 'hour' ? 3600 : 60;
  const bucketMicros = bucketSeconds * 1_000_000;
  const isSingle = `(NOT ${isSpread} OR intDiv(${startMicros}, ${bucketMicros}) = intDiv(${lastMicros}, ${bucketMicros}))`;
  const listed = columns.map(({ name, sql }) => `${sql(direction)} AS ${inner(name)}`).join(', ');
  const bytes = directedColumn('bytes', direction);
  const packets = directedColumn('packets', direction);
  const rows = `${hasDirection(direction)} AND (${where})`;
  const flows = flowsOf(direction);
  const share = (counter: string): string =>
    `toUInt64(${until(counter, 'share_to')} - ${until(counter, 'share_from')})`;
  const bucketOf = (micros: string): string =>
    `toDateTime(intDiv(${micros}, ${bucketMicros}) * ${bucketSeconds}) AS bucket`;
  const single = `SELECT ${bucketOf(bookedAt)},
  ${listed}, ${bytes} AS its_bytes, ${packets} AS its_packets, ${flows} AS its_flows,
  if(${hasSpan} AND ${endMicros} - ${startMicros} > ${hourSpreadMicros}, ${shareGrains.end}, ${shareGrains.minute}) AS grain
FROM flows WHERE ${isSingle} AND ${rows}`;
  const several = `SELECT ${bucketOf(`greatest(share_bucket * share_step, ${startMicros})`)},
  ${listed}, ${share(bytes)} AS its_bytes, ${share(packets)} AS its_packets, if(share_to = ${endMicros} - ${startMicros}, ${flows}, 0) AS its_flows,
  ${step === 'hour' ? shareGrains.minute : `if(share_step = 60000000, ${shareGrains.minute}, ${shareGrains.hour})`} AS grain
FROM (
  SELECT *, ${stepOf(step)} AS share_step,
    arrayJoin(range(intDiv(${startMicros}, share_step), intDiv(${lastMicros}, share_step) + 1)) AS share_bucket,
    greatest(share_bucket * share_step, ${startMicros}) - ${startMicros} AS share_from,
    least((share_bucket + 1) * share_step, ${endMicros}) - ${startMicros} AS share_to
  FROM flows WHERE NOT ${isSingle} AND ${rows}
)`;
  return [single, several];
};

/**
 * SELECT of one row a share: `bucket` (DateTime), the columns, `bytes`, `packets`, `flows`, `grain`. The flow itself is counted where it ends.
 * Most flows lie in one bucket, and cost no array: these are read apart from the others.
 */
export const spreadFlows = (options: SpreadOptions): string => {
  const names = [...options.columns.map(({ name }) => name), 'bytes', 'packets', 'flows'];
  return `SELECT bucket, ${names.map((name) => `${inner(name)} AS ${name}`).join(', ')}, grain FROM (
${directions.flatMap((direction) => spreadDirection(options, direction)).join('\nUNION ALL\n')}
)`;
};
