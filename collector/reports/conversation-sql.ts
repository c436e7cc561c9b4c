/**
 * Rows of `flows` read as conversations: who began, what was asked for, what went each way, and whether it was answered. The rules are here
 * and nowhere else, because exporters tell the same conversation in two ways: as one row with reverse counters, or as two rows.
 *
 * Who began, the first that applies:
 * - reverse counters: the source (RFC 5103: the initiator);
 * - biflowDirection, where the group `aggregate` is stored;
 * - ICMP: who sent the request; of what is neither request nor answer, the sender;
 * - TCP: not who sent RST and nothing else but ACK (that is a refusal), but who sent no ACK at all (SYN alone; scans);
 * - ports: the end at which there is no known service, see service-port.ts; where none of them is one, or both are, the higher port;
 * - equal ports and protocols without ports: `tie`.
 */

import type { LedgerView } from '../ask/ledger-view.ts';
import { overlapsRange } from '../ask/range-sql.ts';
import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { hasSpan, hourSpreadMicros } from '../store/flow-shares.ts';
import { isServicePort, servicePort } from '../store/service-port.ts';
import { isTranslated } from '../store/translated-address.ts';
import { readScanSettings } from './scan-settings.ts';

/** What one row is worth as evidence that a service answered. */
export const evidence = {
  /** Both ends spoke; or TCP and the client acknowledged something. */
  used: 1,
  /** TCP, and the client never got as far as an ACK: nobody answered, it was refused, or only knocked at. */
  attempt: 2,
  /** One way, from the client: answered if there are rows back. */
  asked: 3,
  /** One way, back to the client. */
  reply: 4,
  /** One way back, and all it says is no, or only half of a handshake. */
  refusal: 5,
  /** ICMP errors and neighbour discovery: about conversations, and none themselves. */
  notice: 6,
} as const;

export interface ConversationRules {
  /** Whether `flows` has these groups of columns. */
  readonly hasNat: boolean;
  readonly hasAggregate: boolean;
  /** To stand at the end of the question. */
  readonly settings: string;
}

/** Which columns of `flows` there are to read: groups of them are chosen; and how it is best done. */
export const findConversationRules = async (ledger: LedgerView): Promise<ConversationRules> => ({
  hasNat: await ledger.hasColumn('post_nat_dst_addr'),
  hasAggregate: await ledger.hasColumn('biflow_direction'),
  settings: await readScanSettings(ledger),
});

/** A condition over `flows`. Events have no counters and are no flows. */
export const chosenRows = (range: string, filter: CompiledFilter | undefined): string => {
  const passes = filter?.sql((column) => (column === 'service' ? servicePort('forward') : column));
  return `record_kind != 'event' AND ${range}${passes === undefined ? '' : ` AND (${passes})`}`;
};

export interface ConversationRows {
  readonly rules: ConversationRules;
  readonly filter: CompiledFilter | undefined;
  /** A condition over `flows`, of which an index can be used: `src_addr = ... OR dst_addr = ...`. */
  readonly where: string;
  /** Condition for "the source began" where nothing tells; the same conversation must come out the same from both of its rows. */
  readonly tie?: string;
  /** Which rows are read instead of those in the range of the question: a condition over `flows`. */
  readonly range?: string;
}

/** What the later steps need as it is. */
const keptColumns = ({ hasAggregate }: ConversationRules): readonly string[] => [
  ...['src_addr', 'dst_addr', 'src_port', 'dst_port', 'proto', 'sampling_rate'],
  ...['bytes', 'packets', 'reverse_bytes', 'reverse_packets'],
  ...(hasAggregate ? ['biflow_direction'] : []),
];

/** NetFlow v5 and many v9 exporters have type and code of ICMP in the destination port. */
const basicsSql = `reverse_packets > 0 OR reverse_bytes > 0 OR reverse_total_packets > 0 OR reverse_tcp_flags > 0 AS is_biflow,
    if(proto IN (1, 58), intDiv(if(icmp_type_code != 0, icmp_type_code, dst_port), 256), 0) AS icmp_type,
    proto IN (6, 17, 33, 132, 136) AS has_ports, record_kind = 'flow' AS is_whole,
    ${hasSpan} AS has_span`;

const classes = `multiIf(proto = 1, multiIf(icmp_type IN (8, 13, 15, 17), 'request', icmp_type IN (0, 14, 16, 18), 'reply', 'notice'),
      proto = 58, multiIf(icmp_type IN (0, 128), 'request', icmp_type = 129, 'reply', 'notice'),
      proto != 6 OR tcp_flags = 0, '',
      bitAnd(tcp_flags, 31) IN (4, 20), 'refusal', bitAnd(tcp_flags, 16) = 0, 'knock', bitAnd(tcp_flags, 63) = 18, 'half', 'open') AS said`;

const beganSql = (hasAggregate: boolean, tie: string): string => `multiIf(is_biflow, 1,
      ${hasAggregate ? 'biflow_direction = 1, 1, biflow_direction = 2, 0,' : ''} said IN ('request', 'notice', 'knock'), 1,
      said IN ('reply', 'refusal'), 0, src_port = dst_port OR NOT has_ports, ${tie},
      src_known = dst_known, dst_port < src_port, dst_known) AS began`;

/** One sampled packet may be the SYN of a connection that went well. */
const evidenceSql = `multiIf(said = 'notice', ${evidence.notice}, said = 'knock' AND (is_biflow OR sampling_rate <= 1), ${evidence.attempt},
      is_biflow, ${evidence.used}, NOT began, if(said IN ('refusal', 'half'), ${evidence.refusal}, ${evidence.reply}),
      said IN ('open', 'half'), ${evidence.used}, ${evidence.asked}) AS evidence`;

const end = 'toUnixTimestamp64Micro(flow_end)';
const timesSql = `if(has_span, ${end}, toInt64(toUnixTimestamp(time)) * 1000000) AS ended,
    if(has_span, toUnixTimestamp64Micro(flow_start), toInt64(toUnixTimestamp(time)) * 1000000) AS begun`;

/** As translated, where the row says so; a port that stays the same may be left out of it. */
const translationSql = (hasNat: boolean): string =>
  ['src', 'dst']
    .map((side) =>
      hasNat
        ? `if(${isTranslated(`post_nat_${side}_addr`)}, post_nat_${side}_addr, ${side}_addr) AS ${side}_after,
    if(NOT has_ports, 0, if(post_nat_${side}_port != 0, post_nat_${side}_port, ${side}_port)) AS ${side}_port_after`
        : `${side}_addr AS ${side}_after, if(has_ports, ${side}_port, 0) AS ${side}_port_after`,
    )
    .join(',\n    ');

/** The part of a record's time that lies in the range; 1 where all of it does. Flows of more than 48 hours are booked where they end, as in rollups. */
const shareSql = `multiIf(NOT has_span OR ended = begun OR ended - begun > ${hourSpreadMicros},
      if(ended >= intDiv({from:Int64}, 1000000) * 1000000 AND ended < {to:Int64}, 1, 0),
      greatest(least(ended, {to:Int64}) - greatest(begun, {from:Int64}), 0) / (ended - begun)) * greatest(sampling_rate, 1) AS weight`;

/**
 * A SELECT of rows in the range, with
 * `proto`; `began` (1: the source did), `evidence`; `client`, `client_port`, `public_client` (after source NAT); `asked`, `asked_port` (what the
 * client meant to reach), `server`, `server_port` (which served it, after destination NAT); ports are 0 for protocols without; `begun`, `ended` (microseconds
 * since 1970); `is_whole` (0: an interim part); `up_bytes`, `up_packets` from the client, `down_bytes`, `down_packets` to it: what lies in the range,
 * sampled counters scaled up.
 * A step that is used often by the next one is a SELECT of its own: expressions that use each other are copied into each other otherwise. But ClickHouse
 * goes through all that is below for each expression above, so steps are few and hand on what is needed: to understand the question must not take longer
 * than to answer it.
 */
export const conversationRows = ({
  rules,
  filter,
  where,
  tie,
  range = overlapsRange,
}: ConversationRows): string => {
  const { hasNat, hasAggregate } = rules;
  const counted = (name: string): string =>
    `toUInt64(round(if(began, ${name}, reverse_${name}) * weight)) AS up_${name},
  toUInt64(round(if(began, reverse_${name}, ${name}) * weight)) AS down_${name}`;
  return `SELECT proto, began, ${evidenceSql}, begun, ended, is_whole,
  if(began, src_addr, dst_after) AS client, if(began, if(has_ports, src_port, 0), dst_port_after) AS client_port,
  if(began, src_after, dst_addr) AS public_client,
  if(began, dst_addr, src_after) AS asked, if(began, if(has_ports, dst_port, 0), src_port_after) AS asked_port,
  if(began, dst_after, src_addr) AS server, if(began, dst_port_after, if(has_ports, src_port, 0)) AS server_port,
  ${counted('bytes')}, ${counted('packets')}
FROM (
  SELECT *, ${beganSql(hasAggregate, tie ?? 'src_addr < dst_addr')}, ${shareSql}
  FROM (
    SELECT ${keptColumns(rules).join(', ')},
    ${basicsSql},
    ${isServicePort('src_port')} AS src_known, ${isServicePort('dst_port')} AS dst_known, ${classes},
    ${timesSql},
    ${translationSql(hasNat)}
    FROM flows WHERE ${where} AND ${chosenRows(range, filter)}
  )
)`;
};

export interface CountedConversations {
  /** What to group by: columns of `rows`, or what is made of them, by name. */
  readonly keys: Readonly<Record<string, string>>;
  /** More aggregates, `expression AS name`. */
  readonly sums: string;
  /** A SELECT over those of `conversationRows`. */
  readonly rows: string;
}

/** Products, and not AND: that makes ClickHouse go through all of the query below once more for each. */
const count = (kind: number): string =>
  `greatest(countIf(evidence * is_whole = ${kind}), uniqExactIf(client_port, evidence * (1 - is_whole) = ${kind}))`;

/**
 * A SELECT of one row a group of rows of one client, service and protocol: keys, sums, `flows` that were answered, `attempts` that were not, `first` and
 * `last` (where there are flows: of them). A connection that has only interim records is counted once, by its port. One-way rows are answered as often as
 * there are rows back; where only the way back is seen at all, those are the flows.
 */
export const countConversations = ({
  keys,
  sums,
  rows,
}: CountedConversations): string => `SELECT *, least(asked_rows, reply_rows) AS answered_rows,
  used_rows + if(used_rows + asked_rows + attempt_rows = 0, reply_rows, answered_rows) AS flows,
  attempt_rows + asked_rows - answered_rows AS attempts, if(flows > 0, last_flow, last_row) AS last
FROM (
  SELECT ${Object.entries(keys)
    .map(([name, sql]) => (name === sql ? name : `${sql} AS ${name}`))
    .join(', ')}, ${count(evidence.used)} AS used_rows, ${count(evidence.asked)} AS asked_rows,
    ${count(evidence.reply)} AS reply_rows, ${count(evidence.attempt)} AS attempt_rows, min(begun) AS first,
    maxIf(ended, evidence IN (${evidence.used}, ${evidence.reply})) AS last_flow, max(ended) AS last_row, ${sums}
  FROM (${rows})
  GROUP BY ${Object.keys(keys).join(', ')}
)`;
