/**
 * Attempts without success, as SQL: what a source wanted of targets and did not get. Other than a conversation, an attempt is judged from the side of its
 * sender alone: who scans from port 53 is no server because of that.
 */

import { overlapsRange } from '../ask/range-sql.ts';
import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { chosenRows } from './conversation-sql.ts';

export interface AttemptOptions {
  readonly filter: CompiledFilter | undefined;
  /** Whether `flows` has the group `aggregate`: its records may stand for many destinations. */
  readonly hasAggregate: boolean;
}

const hasPorts = 'proto IN (6, 17, 33, 132, 136)';
const isBiflow =
  '(reverse_packets > 0 OR reverse_bytes > 0 OR reverse_total_packets > 0 OR reverse_tcp_flags > 0)';
const icmpType = 'intDiv(if(icmp_type_code != 0, icmp_type_code, dst_port), 256)';
const isPing = `(proto = 1 AND ${icmpType} = 8 OR proto = 58 AND ${icmpType} = 128)`;
const isPong = `(proto = 1 AND ${icmpType} = 0 OR proto = 58 AND ${icmpType} = 129)`;

/** TCP, and never an ACK from who began: not answered, refused, or only knocked at (SYN, FIN, Xmas). RST alone is an answer. */
const isKnock = '(proto = 6 AND tcp_flags != 0 AND bitAnd(tcp_flags, 16) = 0 AND bitAnd(tcp_flags, 31) != 4)';
/** A whole TCP connection in which nothing was said. */
const isEmpty = `(proto = 6 AND bitAnd(tcp_flags, 26) = 18 AND packets <= 6 AND bytes <= 64 * packets AND reverse_bytes <= 64 * reverse_packets)`;
/** One way, so answered if there is a row back. Where packets are sampled, the answers may just not have been looked at. */
const isLonely = `(NOT ${isBiflow} AND sampling_rate <= 1 AND (${isPing} OR ${hasPorts} AND (proto != 6 OR tcp_flags = 0)))`;
/** SYN and ACK of the target: its port is open, whatever became of it. */
const saysOpen = (flags: string): string => `(proto = 6 AND bitAnd(${flags}, 18) = 18)`;
/** All that came back of half a connection, in a row of its own. */
const isHalfBack = '(proto = 6 AND bitAnd(tcp_flags, 63) = 18)';
const isUnicast =
  "NOT (dst_addr BETWEEN toIPv6('::ffff:224.0.0.0') AND toIPv6('::ffff:255.255.255.255') OR dst_addr >= toIPv6('ff00::'))";

/** How one row went. */
const went = { well: 0, empty: 1, badly: 2, back: 3, halfBack: 4 } as const;
const isBack = `state IN (${went.back}, ${went.halfBack})`;

/** Sources that are worth a closer look, by approximate numbers. `{hosts:UInt32}`, `{ports:UInt32}`: the fewest that make a scan. */
const suspects = (range: string, hasAggregate: boolean): string => `SELECT src_addr FROM flows
  WHERE ${range} AND ${isUnicast} AND (${isKnock} OR ${isEmpty} OR ${isLonely})
  GROUP BY src_addr
  HAVING uniq(dst_addr) >= 0.9 * {hosts:UInt32} OR uniq(dst_addr, dst_port) >= 0.9 * {ports:UInt32}${hasAggregate ? ' OR max(distinct_dst) >= {hosts:UInt32}' : ''}`;

/**
 * A SELECT of one row a suspect, protocol, target and port: `scanner`, `proto`, `target`, `port` (0 for ICMP), `target_hosts` (more than 1 where an aggregated
 * record stands for many), `tried` (how often), `is_failed`, `is_empty` (the best that it got was a connection in which nothing was said), `begun`, `ended`,
 * `is_open` (TCP: it was ready to be connected to, even if nobody did).
 */
export const attemptsByTarget = ({ filter, hasAggregate }: AttemptOptions): string => {
  const range = chosenRows(overlapsRange, filter);
  const chosen = suspects(range, hasAggregate);
  const times =
    'toUnixTimestamp64Micro(if(flow_start > 0, flow_start, toDateTime64(time, 6))) AS row_begun, toUnixTimestamp(time) * 1000000 AS row_ended';
  return `SELECT scanner, proto, target, port, max(distinct) AS target_hosts, countIf(NOT ${isBack}) AS tried,
  countIf(state IN (${went.well}, ${went.back})) = 0 AS is_failed, countIf(state = ${went.empty}) > 0 AND is_failed AS is_empty,
  minIf(row_begun, NOT ${isBack}) AS begun, maxIf(row_ended, NOT ${isBack}) AS ended, max(says_open) AS is_open
FROM (
  SELECT src_addr AS scanner, proto, dst_addr AS target, if(${hasPorts}, dst_port, 0) AS port, ${hasAggregate ? 'greatest(distinct_dst, 1)' : '1'} AS distinct,
    multiIf(${isKnock} OR ${isLonely}, ${went.badly}, ${isEmpty}, ${went.empty}, ${went.well}) AS state, ${saysOpen('reverse_tcp_flags')} AS says_open, ${times}
  FROM flows
  WHERE ${range} AND ${isUnicast} AND src_addr IN (${chosen})
    AND (proto = 6 AND bitAnd(tcp_flags, 31) NOT IN (4, 20) OR proto != 6 AND (${isBiflow} OR ${isLonely}))
  UNION ALL
  SELECT dst_addr AS scanner, proto, src_addr AS target, if(${hasPorts}, src_port, 0) AS port, 1 AS distinct,
    if(${isHalfBack}, ${went.halfBack}, ${went.back}) AS state, ${isHalfBack} AS says_open, ${times}
  FROM flows
  WHERE ${range} AND dst_addr IN (${chosen}) AND NOT ${isBiflow} AND (${isPong} OR ${hasPorts} AND (proto != 6 OR tcp_flags = 0) OR ${isHalfBack})
)
GROUP BY scanner, proto, target, port
HAVING tried > 0`;
};
