/**
 * Fills talkers_1h with an hour of the flows' time, of one collector and all its exporters: parameters `collector`, `from` and `to` (the hour), `ahead`
 * (until when flows are looked at that began in the hour), `until` (what was received before it is in the answer).
 */

import { directedColumn, directions, hasDirection } from '../store/directed-columns.ts';
import { directedFlowsBetween, shareBetween } from '../store/flow-shares.ts';
import { collectorValue, untilValue } from './receipt-window.ts';
import { talkersPerHour } from './rollup-tables.ts';

const from = '{from:Int64}';
const to = '{to:Int64}';

const seconds = (micros: string): string => `toDateTime(intDiv(${micros}, 1000000))`;

/** Rows that may have a share in the hour; `time` is the first column of the sorting key. */
export const hourRows = `collector = {collector:String} AND received < fromUnixTimestamp64Micro({until:Int64})
  AND time >= ${seconds(from)} AND time < ${seconds('{ahead:Int64}')} AND flow_start < fromUnixTimestamp64Micro(${to})`;

/** What a row has in the hour is worked out once, for both of its ends: 0 is the source, as in the column's type. */
const shares = directions
  .map((direction) => {
    const counter = (name: string): string => shareBetween(directedColumn(name, direction), from, to);
    const ends = ['src_addr', 'dst_addr'].map((name) => directedColumn(name, direction)).join(', ');
    return `SELECT exporter AS sender, cityHash64(exporter) AS sent_by, [${ends}] AS ends, sampling_rate,
  ${counter('bytes')} AS octets, ${counter('packets')} AS packet_count, ${directedFlowsBetween(direction, from, to)} AS flow_count
FROM flows WHERE ${hasDirection(direction)} AND ${hourRows}`;
  })
  .join('\nUNION ALL\n');

/** Flows that only touch the hour have no share in it, and their ends are no addresses of it. */
const perAddress = `SELECT any(sender) AS exporter, sent_by, role, address, sampling_rate,
  sum(octets) AS bytes, sum(packet_count) AS packets, sum(flow_count) AS flows
FROM (SELECT * EXCEPT ends, address, role FROM (
${shares}
) ARRAY JOIN ends AS address, [0, 1]::Array(Int8) AS role)
GROUP BY sent_by, role, address, sampling_rate
HAVING bytes > 0 OR packets > 0 OR flows > 0`;

/** Of equal ones the smaller address is first, so that it is the same each time. */
const ranked = `SELECT exporter, role, address, sampling_rate, bytes, packets, flows,
  row_number() OVER (PARTITION BY sent_by, role ORDER BY toFloat64(bytes) * sampling_rate DESC, address, sampling_rate) AS place
FROM (
${perAddress}
)`;

export const insertTopTalkers = `INSERT INTO talkers_1h
  (hour, collector, version, exporter, role, rank, address, sampling_rate, addresses, bytes, packets, flows)
SELECT ${seconds(from)}, ${collectorValue}, ${untilValue}, exporter, role,
  if(place <= ${talkersPerHour}, place, 0) AS rank, if(rank = 0, toIPv6('::'), address) AS shown, sampling_rate,
  count(), sum(bytes), sum(packets), sum(flows)
FROM (
${ranked}
)
GROUP BY exporter, role, rank, shown, sampling_rate`;

/** `late`: flows of the hour that were received from `seen` on, and `known`: before it. */
export const countLateFlows = `SELECT countIf(received >= fromUnixTimestamp64Micro({seen:Int64})) AS late, count() - late AS known
FROM flows WHERE record_kind != 'event' AND ${hourRows}`;
