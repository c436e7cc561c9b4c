/** Fills host_activity with a window of receipt: parameters `collector`, `from`, `until`, and those of the networks inside. */

import { directedColumn, flowsOf, hasDirection } from '../store/directed-columns.ts';
import { hasSpan } from '../store/flow-shares.ts';
import { servicePort } from '../store/service-port.ts';
import { isTranslated } from '../store/translated-address.ts';
import type { InsideCondition } from './inside-networks.ts';
import { collectorValue, inWindow, receivedDayValue, untilValue } from './receipt-window.ts';

const began = `if(${hasSpan}, toDateTime(toUnixTimestamp64Second(flow_start)), time)`;

/** TCP that never had an answer: SYN and no ACK; or a connection of which nothing came back, where its exporter (flow_id) counts both directions. */
const unanswered = (hasFlowIds: boolean): string =>
  `(proto = 6 AND reverse_packets = 0 AND (bitAnd(tcp_flags, 18) = 2${hasFlowIds ? ' OR (flow_id != 0 AND tcp_flags = 0)' : ''}))`;

/** `served`: a server behind a translated destination; the address that was asked for has the same flow as its own. */
type Side = 'out' | 'in' | 'served';
const ends = {
  out: ['src_addr', 'dst_addr'],
  in: ['dst_addr', 'src_addr'],
  served: ['post_nat_dst_addr', 'src_addr'],
} as const;
const isElsewhere = `${isTranslated('post_nat_dst_addr')} AND post_nat_dst_addr != dst_addr`;

/** What an address did as one end of its flows. The other direction of a biflow adds octets to the same flow, and nothing else. */
const role = (side: Side, inside: InsideCondition, hasFlowIds: boolean): string => {
  const isOut = side === 'out';
  const [own, peer] = ends[side];
  const [sent, heard] = isOut ? (['forward', 'reverse'] as const) : (['reverse', 'forward'] as const);
  const flow = flowsOf('forward');
  const isAttempt = unanswered(hasFlowIds);
  // A row of one direction tells by its port who began; of both, it was the source.
  const isServed = `reverse_packets > 0 OR (dst_port != 0 AND ${servicePort('forward')} = dst_port AND NOT ${isAttempt})`;
  return `SELECT ${own} AS address, ${peer} AS peer, time, sampling_rate, ${began} AS began,
  ${isOut ? 'toDateTime(0)' : `if(${isServed}, time, toDateTime(0))`} AS served, ${isOut ? flow : 0} AS flows_out, ${isOut ? 0 : flow} AS flows_in,
  ${isOut ? 0 : `toUInt8(${flow} AND ${isAttempt})`} AS unanswered,
  ${directedColumn('bytes', sent)} AS out_bytes, ${directedColumn('bytes', heard)} AS in_bytes,
  ${directedColumn('packets', sent)} AS out_packets, ${directedColumn('packets', heard)} AS in_packets
FROM flows WHERE ${hasDirection('forward')} AND ${inWindow} AND ${inside.sql(own)}${side === 'served' ? ` AND ${isElsewhere}` : ''}`;
};

export const insertHostActivity = (inside: InsideCondition, hasFlowIds: boolean): string => {
  const sides: readonly Side[] = hasFlowIds ? ['out', 'in', 'served'] : ['out', 'in'];
  const rows = sides.map((side) => role(side, inside, hasFlowIds));
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
