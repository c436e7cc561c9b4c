/** `flowledger peers HOST`: with whom it talked, who began, and who of them is new. */

import { formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import { parseDuration } from '../../shared/service/parse-quantity.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { Query } from '../ask/query.ts';
import { rangeParams } from '../ask/range-sql.ts';
import type { Plan, Question, Report, ReportColumn, Row } from '../ask/report.ts';
import {
  type ConversationRules,
  conversationRows,
  countConversations,
  evidence,
  findConversationRules,
} from './conversation-sql.ts';
import { isLoopback, loopbackSql, parseHostArgument } from './host-argument.ts';

const columns: readonly ReportColumn[] = [
  { name: 'peer', title: 'peer', kind: 'address' },
  { name: 'began', title: 'began', kind: 'text' },
  { name: 'proto', title: 'proto', kind: 'protocol' },
  { name: 'port', title: 'port', kind: 'port', optional: true },
  { name: 'first', title: 'first', kind: 'time', optional: true },
  { name: 'last', title: 'last', kind: 'time' },
  { name: 'flows', title: 'flows', kind: 'count' },
  { name: 'bytes_sent', title: 'sent', kind: 'bytes' },
  { name: 'bytes_received', title: 'received', kind: 'bytes' },
  { name: 'attempts', title: 'unanswered', kind: 'count', optional: true },
  { name: 'packets_sent', title: 'packets sent', kind: 'packets', optional: true },
  { name: 'packets_received', title: 'packets received', kind: 'packets', optional: true },
];

/** Where the host stands in a row: as it is, or as the destination behind a translation. */
const place = (hasNat: boolean): string =>
  `(src_addr = {host:IPv6} OR dst_addr = {host:IPv6}${hasNat ? ' OR post_nat_dst_addr = {host:IPv6}' : ''})`;

const isBefore = 'time >= toDateTime({baseline_second:UInt32}) AND time < toDateTime({from_second:UInt32})';

/** Everyone that the host had to do with in the time before. */
const knownPeers = (
  hasNat: boolean,
): string => `SELECT if(src_addr = {host:IPv6}, dst_addr, src_addr) AS known FROM flows
    WHERE ${place(hasNat)} AND record_kind != 'event' AND ${isBefore}`;

/** How long before the range peers are looked for, microseconds; undefined: new ones are not asked for. */
const baselineOf = ({ options }: Question): number | undefined =>
  options.new === true ? ((options.baseline as number | undefined) ?? 7 * 86_400e6) : undefined;

const buildQuery = (question: Question, rules: ConversationRules, host: string): Query => {
  const { range, filter, limit, offset, options } = question;
  const baseline = baselineOf(question);
  const isShown = options.loopback === true || isLoopback(host);
  // Loopback is one row, so that it can be said.
  const rows = conversationRows({ rules, filter, where: place(rules.hasNat) });
  const counted = countConversations({
    keys: {
      peer: "if(loopback, toIPv6('::'), other)",
      began: "if(loopback OR is_host, 'host', 'peer')",
      proto: 'if(loopback, 0, protocol)',
      port: 'if(loopback, 0, service)',
      loopback: 'loopback',
    },
    sums: `sum(if(is_host, up_bytes, down_bytes)) AS bytes_sent, sum(if(is_host, down_bytes, up_bytes)) AS bytes_received,
    sum(if(is_host, up_packets, down_packets)) AS packets_sent, sum(if(is_host, down_packets, up_packets)) AS packets_received`,
    rows: `SELECT proto AS protocol, client_port, evidence, is_whole, begun, ended, up_bytes, down_bytes, up_packets, down_packets,
      client = {host:IPv6} AS is_host, if(is_host, asked, client) AS other, if(is_host, asked_port, server_port) AS service,
      ${isShown ? '0' : loopbackSql('other', '{host:IPv6}')} AS loopback
    FROM (${rows}) WHERE evidence != ${evidence.notice}`,
  });
  const isNew = `\nWHERE first >= {from:Int64} AND peer NOT IN (SELECT known FROM (${knownPeers(rules.hasNat)}))`;
  const sql = `SELECT * FROM (${counted})${baseline === undefined ? '' : isNew}
ORDER BY loopback DESC, ${baseline === undefined ? 'bytes_sent + bytes_received DESC' : 'first'}, peer, port, began
LIMIT {rows:UInt64}${rules.settings}`;
  const before = baseline === undefined ? {} : { baseline_second: Math.floor((range.from - baseline) / 1e6) };
  return {
    sql,
    params: { ...rangeParams(range), ...before, ...filter?.params, host, rows: offset + limit + 1 },
  };
};

/** The time of the first flow, or where it is after all that was asked for, that of the first one in the time before: history that was loaded is older than its receipt. */
const firstBefore = async (query: Query, from: number, ledger: LedgerView): Promise<number> => {
  const since = await ledger.since('flows');
  if (since === undefined || since < from) return since ?? from;
  const sql = `SELECT count() AS flows, toUnixTimestamp(min(time)) AS first FROM flows WHERE ${isBefore}`;
  const [before] = await ledger.ask<{ flows: number; first: number }>({ sql, params: query.params });
  return before === undefined || before.flows === 0 ? from : before.first * 1e6;
};

const describeBaseline = async (
  query: Query,
  question: Question,
  hasNat: boolean,
  ledger: LedgerView,
): Promise<string[]> => {
  const baseline = baselineOf(question);
  if (baseline === undefined) return [];
  const { from } = question.range;
  const length = Math.min(from - (await firstBefore(query, from, ledger)), baseline);
  if (length <= 0) return ['No flows are there from before this time: every peer is new.'];
  const sql = `SELECT uniqExact(known) AS peers FROM (${knownPeers(hasNat)})`;
  const [known] = await ledger.ask<{ peers: number }>({ sql, params: query.params });
  const peers = Number(known?.peers ?? 0);
  const before = `in the ${formatDuration(length / 1000)} before${length < baseline ? ', from when the first flows are' : ''}`;
  return [
    peers === 0
      ? `The host was not seen ${before}: every peer is new.`
      : `New are those that are not among its ${formatTotal(peers, 'peer')} ${before}.`,
  ];
};

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { address } = parseHostArgument('peers', question.argument ?? '', false);
  const rules = await findConversationRules(ledger);
  const query = buildQuery(question, rules, address);
  const isLoop = (row: Row): boolean => Number(row.loopback) !== 0;
  const loops: Row[] = [];
  return {
    query,
    columns,
    source: 'flows',
    isLimited: true,
    arrange: (rows) => {
      loops.push(...rows.filter(isLoop));
      const { offset, limit } = question;
      return rows.filter((row) => !isLoop(row)).slice(offset, offset + limit);
    },
    conclude: async (rows) => {
      const isEmpty = rows.length === 0 && question.offset === 0;
      return [
        ...(isEmpty
          ? [`No ${baselineOf(question) === undefined ? '' : 'new '}peer of it was seen in this time.`]
          : []),
        ...(await describeBaseline(query, question, rules.hasNat, ledger)),
        ...loops.map(
          ({ flows, attempts }) =>
            `Left out: ${formatTotal(Number(flows) + Number(attempts), 'flow')} with itself or over loopback (--loopback shows them).`,
        ),
      ];
    },
  };
};

export const peers: Report = {
  name: 'peers',
  summary: 'with whom a host talked: peer, service, who began, first and last, octets each way',
  argument: { name: 'host', description: 'its address', isRequired: true },
  options: [
    { flags: '--new', description: 'only peers that it had nothing to do with in the time before' },
    {
      flags: '--baseline <duration>',
      description: 'how long the time before is, with --new (default: 7d)',
      parse: (text) => parseDuration('--baseline', text) * 1000,
    },
    { flags: '--loopback', description: 'what the host says to itself, too' },
  ],
  defaultLastMicros: 24 * 3600e6,
  defaultLimit: 50,
  isPaged: true,
  examples: ['10.0.0.5', '10.0.0.5 --new --from yesterday --baseline 14d'],
  plan,
};
