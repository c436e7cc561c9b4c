/**
 * Fills talkers_1h with an hour of the flows' time, of one collector and all its exporters: parameters `collector`, `from` and `to` (the hour), `ahead`
 * (until when flows are looked at that began in the hour), `until` (what was received before it is in the answer).
 */

import {
  directedColumn,
  directions,
  type FlowDirection,
  flowsOf,
  hasDirection,
} from '../store/directed-columns.ts';
import { directedFlowsBetween, liesWithin, shareBetween } from '../store/flow-shares.ts';
import { collectorValue, untilValue } from './receipt-window.ts';
import { talkersPerHour } from './rollup-tables.ts';

const from = '{from:Int64}';
const to = '{to:Int64}';

const seconds = (micros: string): string => `toDateTime(intDiv(${micros}, 1000000))`;

/** Rows that may have a share in the hour; `time` is the first column of the sorting key. */
export const hourRows = `collector = {collector:String} AND received < fromUnixTimestamp64Micro({until:Int64})
  AND time >= ${seconds(from)} AND time < ${seconds('{ahead:Int64}')} AND flow_start < fromUnixTimestamp64Micro(${to})`;

/** What rows have in the hour: those that lie wholly in it are read apart, since shares cost as much as all the rest. */
const sharesOf = (direction: FlowDirection): readonly string[] => {
  const [bytes, packets] = ['bytes', 'packets'].map((name) => directedColumn(name, direction)) as [
    string,
    string,
  ];
  const select = (counters: readonly string[], where: string): string => `SELECT exporter, sampling_rate,
  ${directedColumn('src_addr', direction)} AS source, ${directedColumn('dst_addr', direction)} AS destination,
  ${counters[0]} AS octets, ${counters[1]} AS packet_count, ${counters[2]} AS flow_count
FROM flows WHERE ${hasDirection(direction)} AND ${hourRows} AND ${where}`;
  const isWhole = liesWithin(from, to);
  return [
    select([bytes, packets, flowsOf(direction)], isWhole),
    select(
      [
        shareBetween(bytes, from, to),
        shareBetween(packets, from, to),
        directedFlowsBetween(direction, from, to),
      ],
      `NOT ${isWhole}`,
    ),
  ];
};

/** Of these there are few, so a hash stands for both: with an address it is a key that is no text. */
const sender = 'cityHash64(exporter, sampling_rate)';

/** Flows that only touch the hour have no share in it, and their ends are no addresses of it. */
const perAddress = `SELECT any(exporter) AS sent_by, any(sampling_rate) AS rate, toInt8(grouping(source)) AS role,
  if(role = 0, source, destination) AS address, sum(octets) AS bytes, sum(packet_count) AS packets, sum(flow_count) AS flows
FROM (
${directions.flatMap(sharesOf).join('\nUNION ALL\n')}
)
GROUP BY GROUPING SETS ((${sender}, source), (${sender}, destination))
HAVING bytes > 0 OR packets > 0 OR flows > 0`;

/** Of equal ones the smaller address is first, so that it is the same each time. */
const ranked = `SELECT sent_by, role, address, rate, bytes, packets, flows,
  row_number() OVER (PARTITION BY sent_by, role ORDER BY toFloat64(bytes) * rate DESC, address, rate) AS place
FROM (
${perAddress}
)`;

export const insertTopTalkers = `INSERT INTO talkers_1h
  (hour, collector, version, exporter, role, rank, address, sampling_rate, addresses, bytes, packets, flows)
SELECT ${seconds(from)}, ${collectorValue}, ${untilValue}, sent_by, role,
  if(place <= ${talkersPerHour}, place, 0) AS rank, if(rank = 0, toIPv6('::'), address) AS shown, rate,
  count(), sum(bytes), sum(packets), sum(flows)
FROM (
${ranked}
)
GROUP BY sent_by, role, rank, shown, rate`;

/** `late`: flows of the hour that were received from `seen` on, and `known`: before it. */
export const countLateFlows = `SELECT countIf(received >= fromUnixTimestamp64Micro({seen:Int64})) AS late, count() - late AS known
FROM flows WHERE record_kind != 'event' AND ${hourRows}`;
