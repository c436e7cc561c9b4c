/**
 * Fills flows_1h with an hour of receipt, in slices: an hour may have more keys than fit into memory. Parameters: `collector`, `from` and `until` (the
 * hour), `slice`, `slices`, and `mark`, the `until` of the slice's rows.
 */

import { collectorValue, inWindow, receivedHourValue } from './receipt-window.ts';
import { flowDimensions } from './rollup-tables.ts';
import { sharedFlows, summedColumns, summedFlows } from './summed-flows.ts';

const columns = summedColumns('hour', ['collector', 'received_hour', 'until']);
const marked = [collectorValue, receivedHourValue, 'fromUnixTimestamp64Micro({mark:Int64})'];
/** Columns that both sources have, and by which they lie on the disk: cheap to read, and rows of one key are in one slice. */
const inSlice = 'cityHash64(exporter, in_if, out_if, service) % {slices:UInt32} = {slice:UInt32}';

/** The minutes of the hour of receipt, where flows_1m has it from the beginning to the end. */
const minutesOfHour = `SELECT toStartOfHour(minute, 'UTC') AS bucket, if(grain = 'end', 2, 1) AS grain, ${flowDimensions.join(', ')}, bytes, packets, flows
FROM flows_1m WHERE received_hour = ${receivedHourValue} AND collector = ${collectorValue}`;

const flowsOfHour = `SELECT * REPLACE (greatest(grain, 1) AS grain) FROM (
${sharedFlows('hour', inWindow)}
)`;

const insertFrom = (rows: string): string => `INSERT INTO flows_1h (${columns})
${summedFlows(rows, marked, `WHERE ${inSlice}\n`)}`;

export const insertFlowsByHour = {
  flows_1m: insertFrom(minutesOfHour),
  flows: insertFrom(flowsOfHour),
} as const;

/** `n` rows: by their number one knows how many slices there are to be. */
export const countForHour = {
  flows_1m: `SELECT count() AS n FROM flows_1m WHERE received_hour = ${receivedHourValue} AND collector = ${collectorValue}`,
  flows: `SELECT count() AS n FROM flows WHERE ${inWindow}`,
} as const;
