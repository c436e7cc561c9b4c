/**
 * Fills flows_1h with an hour of receipt, in slices: an hour may have more keys than fit into memory. Parameters: `collector`, `from` and `until` (the
 * hour), `slice`, `slices`, and `mark`, the `until` of the slice's rows.
 */

import { collectorValue, inWindow, receivedHourValue } from './receipt-window.ts';
import { sharedFlows, summedAgain, summedColumns, summedFlows } from './summed-flows.ts';

const columns = summedColumns('hour', ['collector', 'received_hour', 'until']);
const marked = [collectorValue, receivedHourValue, 'fromUnixTimestamp64Micro({mark:Int64})'];

/** Rows of one key are in one slice. */
const inSlice = (exporter: string): string =>
  `cityHash64(${exporter}, in_if, out_if, service, src_as, dst_as) % {slices:UInt32} = {slice:UInt32}`;

const ofHour = `FROM flows_1m WHERE received_hour = ${receivedHourValue} AND collector = ${collectorValue}`;

/** The minutes of the hour of receipt, where flows_1m has it from the beginning to the end. */
const minutesOfHour = `SELECT * REPLACE (if(grain = 'end', 2, 1) AS grain), toStartOfHour(minute, 'UTC') AS bucket
${ofHour} AND ${inSlice('exporter')}`;

const flowsOfHour = `SELECT * REPLACE (greatest(grain, 1) AS grain) FROM (
${sharedFlows('hour', inWindow)}
)`;

export const insertFlowsByHour = {
  flows_1m: `INSERT INTO flows_1h (${columns})\n${summedAgain(minutesOfHour, marked)}`,
  // What a slice of flows is cannot be said before they are summed up: each is a row of either kind.
  flows: `INSERT INTO flows_1h (${columns})\n${summedFlows(flowsOfHour, marked)}\nHAVING ${inSlice('any(exporter)')}`,
} as const;

/** `n` rows, about: by their number one knows how many slices there are to be. Ten flows and more become one row. */
export const countForHour = {
  flows_1m: `SELECT count() AS n ${ofHour}`,
  flows: `SELECT intDiv(count(), 10) AS n FROM flows WHERE ${inWindow}`,
} as const;
