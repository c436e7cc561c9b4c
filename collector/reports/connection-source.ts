/** Where connections are asked for: the table of their newest state, with what came since it was written, or the records of a time in the past. */

import type { LedgerView } from '../ask/ledger-view.ts';
import type { TimeRange } from '../ask/report.ts';
import { connectionsSelect, connectionKey as key } from '../rollup/connections.ts';
import { findNewerRows } from './newer-rows.ts';

export interface ConnectionSource {
  /** SELECT of `connectionColumns` and `is_closed`: one row a connection. */
  readonly sql: string;
  /** Over that. */
  readonly where: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly remarks: readonly string[];
}

const counters = ['bytes', 'packets', 'reverse_bytes', 'reverse_packets'];
const nat = ['post_nat_src_addr', 'post_nat_dst_addr', 'post_nat_src_port', 'post_nat_dst_port'];
const flags = ['tcp_flags', 'reverse_tcp_flags'];
/** What the last record said. */
const newest = ['record_kind', 'end_reason', 'nat_event', 'firewall_event'];
/** Those that came in one datagram are received at the same time: a connection begins, goes on, and ends. */
const order = '(c.received, c.is_closed, c.firewall_event = 5)';
const greatest = [...nat, 'vrf_in', 'ct_mark', 'sampling_rate'];

/** What a source has, by the names of `flows`. */
export const connectionColumns: ReadonlySet<string> = new Set([
  ...key,
  ...counters,
  ...greatest,
  ...['flow_start', 'flow_end', 'time', ...flags, ...newest],
]);

const totalOf = (counter: string): string =>
  counter.startsWith('reverse_') ? counter.replace('reverse_', 'reverse_total_') : `total_${counter}`;

/** Columns of `connections`, both of its rows and of those that are made of `flows` in the same form. */
const parts = [
  ...key,
  ...['first_start', 'last_seen', ...counters, ...counters.map(totalOf), ...flags],
  ...greatest,
  ...['is_closed', 'received', ...newest],
].join(', ');

/** A connection that is open was heard of in the range; one that is closed, too. */
export const connectionsNow = async (
  ledger: LedgerView,
  range: TimeRange,
  withClosed: boolean,
): Promise<ConnectionSource> => {
  const { newer, until, params } = await findNewerRows(ledger, 'connections');
  const sources = [
    ...(until === undefined ? [] : [`SELECT ${parts} FROM connections`]),
    ...(newer === undefined ? [] : [`SELECT ${parts} FROM (\n${connectionsSelect(newer)}\n)`]),
  ];
  const counted = counters.map((name) => {
    const total = `max(c.${totalOf(name)})`;
    return `if(${total} > 0, ${total}, sum(c.${name})) AS ${name}`;
  });
  return {
    sql: `SELECT ${key.join(', ')}, min(first_start) AS flow_start, max(last_seen) AS flow_end, toDateTime(flow_end) AS time,
  ${counted.join(',\n  ')},
  ${flags.map((name) => `groupBitOr(c.${name}) AS ${name}`).join(', ')},
  ${greatest.map((name) => `max(c.${name}) AS ${name}`).join(', ')},
  max(c.is_closed) AS is_closed, ${newest.map((name) => `argMax(c.${name}, ${order}) AS ${name}`).join(', ')}
FROM (
${sources.join('\nUNION ALL\n')}
) AS c
GROUP BY ${key.join(', ')}`,
    where: [
      ...(withClosed ? [] : ['NOT is_closed']),
      "flow_end >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')",
      "flow_start < fromUnixTimestamp64Micro({to:Int64}, 'UTC')",
    ],
    params: { ...params, from: range.from, to: range.to },
    name:
      until === undefined
        ? 'flows'
        : `connections, received until ${ledger.formatTime(until)}${newer === undefined ? '' : ', and flows from then on'}`,
    remarks: [],
  };
};

/** Records that end later than this after the time are not looked for. */
const lookAheadSeconds = 3600;

/** Of each connection the first record that reaches beyond the time tells of it, with what it had carried until its own end. */
export const connectionsAt = (at: number): ConnectionSource => {
  const first = (sql: string, name: string): string => `argMin(${sql}, c.flow_end) AS ${name}`;
  return {
    sql: `SELECT ${key.join(', ')}, min(c.flow_start) AS flow_start, min(c.flow_end) AS flow_end, toDateTime(flow_end) AS time,
  ${counters.map((name) => first(`if(c.${totalOf(name)} > 0, c.${totalOf(name)}, c.${name})`, name)).join(',\n  ')},
  ${[...greatest, ...flags, ...newest].map((name) => first(`c.${name}`, name)).join(',\n  ')},
  0 AS is_closed
FROM flows AS c
WHERE c.flow_id != 0 AND c.record_kind != 'event' AND c.time_source NOT IN ('received', 'absurd')
  AND c.time >= toDateTime({second:UInt32}) AND c.time < toDateTime({second:UInt32} + ${lookAheadSeconds})
  AND c.flow_start > 0 AND c.flow_start <= fromUnixTimestamp64Micro({at:Int64}, 'UTC')
  AND c.flow_end >= fromUnixTimestamp64Micro({at:Int64}, 'UTC')
GROUP BY ${key.join(', ')}`,
    where: [],
    params: { second: Math.floor(at / 1e6) },
    name: 'flows',
    remarks: [
      'a connection is listed if a record of it covers the time and ended at most an hour later; its counters go to the end of that record',
    ],
  };
};
