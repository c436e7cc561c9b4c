/** Fills host_activity with a window of receipt: parameters `collector`, `from`, `until`, and those of the networks inside. */

import {
  directedColumn,
  directions,
  type FlowDirection,
  flowsOf,
  hasDirection,
} from '../store/directed-columns.ts';
import { servicePort } from '../store/service-port.ts';
import type { InsideCondition } from './inside-networks.ts';
import { collectorValue, inWindow, receivedDayValue, untilValue } from './receipt-window.ts';

const believed = "flow_start > 0 AND flow_start <= flow_end AND time_source NOT IN ('received', 'absurd')";
const began = `if(${believed}, toDateTime(toUnixTimestamp64Second(flow_start)), time)`;

/** TCP that never had an answer: SYN and no ACK; or a connection of which nothing came back, where its exporter (flow_id) counts both directions. */
const unanswered = (hasFlowIds: boolean): string =>
  `(proto = 6 AND reverse_packets = 0 AND (bitAnd(tcp_flags, 18) = 2${hasFlowIds ? ' OR (flow_id != 0 AND tcp_flags = 0)' : ''}))`;

/** The other direction of a biflow adds octets to the same flow, and nothing else. */
const role = (
  side: 'out' | 'in',
  direction: FlowDirection,
  inside: InsideCondition,
  hasFlowIds: boolean,
): string => {
  const own = directedColumn(side === 'out' ? 'src_addr' : 'dst_addr', direction);
  const peer = directedColumn(side === 'out' ? 'dst_addr' : 'src_addr', direction);
  const counter = (name: string, of: 'out' | 'in'): string =>
    of === side ? directedColumn(name, direction) : '0';
  const isAttempt = side === 'in' && direction === 'forward' ? unanswered(hasFlowIds) : '0';
  const isServed =
    side === 'in' && direction === 'forward'
      ? `dst_port != 0 AND ${servicePort('forward')} = dst_port AND NOT ${isAttempt}`
      : '0';
  const flows = (of: 'out' | 'in'): string => (of === side ? flowsOf(direction) : '0');
  return `SELECT ${own} AS address, ${peer} AS peer, time, sampling_rate, ${began} AS began,
  if(${isServed}, time, toDateTime(0)) AS served, ${flows('out')} AS flows_out, ${flows('in')} AS flows_in,
  toUInt8(${flowsOf(direction)} AND ${isAttempt}) AS unanswered,
  ${counter('bytes', 'out')} AS out_bytes, ${counter('bytes', 'in')} AS in_bytes,
  ${counter('packets', 'out')} AS out_packets, ${counter('packets', 'in')} AS in_packets
FROM flows WHERE ${hasDirection(direction)} AND ${inWindow} AND ${inside.sql(own)}`;
};

export const insertHostActivity = (inside: InsideCondition, hasFlowIds: boolean): string => {
  const rows = directions.flatMap((direction) =>
    (['out', 'in'] as const).map((side) => role(side, direction, inside, hasFlowIds)),
  );
  return `INSERT INTO host_activity (address, day, collector, sampling_rate, received_day, first_seen, last_seen, last_in, flows_out, flows_in,
  unanswered_in, bytes_out, bytes_in, packets_out, packets_in, peers, until)
SELECT address, toDate(time, 'UTC') AS day, ${collectorValue}, sampling_rate, ${receivedDayValue}, min(began), max(time), max(served),
  sum(flows_out), sum(flows_in), sum(unanswered), sum(out_bytes), sum(in_bytes), sum(out_packets), sum(in_packets),
  uniqCombinedState(12)(peer), ${untilValue}
FROM (
${rows.join('\nUNION ALL\n')}
)
GROUP BY address, day, sampling_rate`;
};
