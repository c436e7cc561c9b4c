/** `flowledger seen HOST[:PORT]`: is anything still using this server, and what is it worth that nothing was seen. */

import { formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { Network } from '../../shared/wire/network.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { protocolName } from '../ask/protocol-name.ts';
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
import { proveHeard } from './heard-proof.ts';
import {
  findMeantPort,
  type HostArgument,
  inNetworks,
  isLoopback,
  loopbackSql,
  parseHostArgument,
  parseNetworkOption,
} from './host-argument.ts';
import { describeEarlierActivity } from './host-history.ts';

const columns: readonly ReportColumn[] = [
  { name: 'client', title: 'client', kind: 'address' },
  { name: 'proto', title: 'proto', kind: 'protocol' },
  { name: 'port', title: 'port', kind: 'port', optional: true },
  { name: 'first', title: 'first', kind: 'time', optional: true },
  { name: 'last', title: 'last', kind: 'time' },
  { name: 'flows', title: 'flows', kind: 'count' },
  { name: 'bytes_to', title: 'to it', kind: 'bytes' },
  { name: 'bytes_from', title: 'from it', kind: 'bytes' },
  { name: 'attempts', title: 'unanswered', kind: 'count', optional: true },
  { name: 'via', title: 'translated', kind: 'address', optional: true },
  { name: 'packets_to', title: 'packets to', kind: 'packets', optional: true },
  { name: 'packets_from', title: 'packets from', kind: 'packets', optional: true },
];

/** Where the host can stand in a row: as it is, and before or behind a translation. */
const place = (hasNat: boolean): string =>
  `(dst_addr = {host:IPv6} OR src_addr = {host:IPv6}${
    hasNat ? ' OR post_nat_dst_addr = {host:IPv6} OR post_nat_src_addr = {host:IPv6}' : ''
  })`;

/** Where both ends look like servers, the one that is asked about is. */
const hostServes = (hasNat: boolean): string =>
  hasNat ? 'dst_addr = {host:IPv6} OR dst_after = {host:IPv6}' : 'dst_addr = {host:IPv6}';

const buildQuery = (question: Question, rules: ConversationRules, host: HostArgument): Query => {
  const { range, filter, limit, offset, options } = question;
  const ignored = inNetworks('client', (options.ignore ?? []) as readonly Network[], 'ignore');
  const isShown = options.loopback === true || isLoopback(host.address);
  const isSkipped = isShown ? '0' : loopbackSql('client', '{host:IPv6}');
  // What is passed over is one row a reason, so that it can be said.
  const rows = conversationRows({
    rules,
    filter,
    where: place(rules.hasNat),
    tie: hostServes(rules.hasNat),
  });
  const isPort = host.port === undefined ? '' : ' AND service = {port:UInt16}';
  const counted = countConversations({
    keys: {
      client: "if(skipped = '', who, toIPv6('::'))",
      proto: "if(skipped = '', protocol, 0)",
      port: "if(skipped = '', service, 0)",
      skipped: 'skipped',
    },
    sums: `sum(up_bytes) AS bytes_to, sum(down_bytes) AS bytes_from, sum(up_packets) AS packets_to, sum(down_packets) AS packets_from,
    groupUniqArrayIf(5)(if(asked = {host:IPv6}, server, asked), asked != server) AS via`,
    rows: `SELECT client AS who, proto AS protocol, client_port, asked, server, evidence, is_whole, begun, ended,
      up_bytes, down_bytes, up_packets, down_packets, if(asked = {host:IPv6}, asked_port, server_port) AS service,
      multiIf(${isSkipped}, 'loopback', ${ignored.sql}, 'ignored', '') AS skipped
    FROM (${rows})
    WHERE (asked = {host:IPv6} OR server = {host:IPv6}) AND evidence NOT IN (${evidence.notice}, ${evidence.refusal})${isPort}`,
  });
  const sql = `${counted}
ORDER BY skipped DESC, flows > 0 DESC, last DESC, client, port
LIMIT {rows:UInt64}${rules.settings}`;
  const port = host.port === undefined ? {} : { port: host.port };
  const params = { ...rangeParams(range), ...filter?.params, ...ignored.params, ...port };
  return { sql, params: { ...params, host: host.address, rows: offset + limit + 2 } };
};

interface SeenRow extends Row {
  readonly client: string;
  readonly proto: number;
  readonly port: number;
}

const serviceText = ({ proto, port }: SeenRow): string =>
  port === 0 ? protocolName(proto) : `${protocolName(proto)} ${port}`;

const describeUse = (row: SeenRow, question: Question, ledger: LedgerView): string => {
  const last = Number(row.last);
  const ago = ledger.nowMicros - last;
  const when =
    ago >= 0 && ago < 48 * 3600e6
      ? `${formatDuration(Math.floor(ago / 1e6) * 1000)} ago`
      : ledger.formatTime(last);
  const isOpen = last >= question.range.to ? ', and still beyond the range' : '';
  return `${when} by ${shownAddress(row.client)} (${serviceText(row)})${isOpen}`;
};

const describe = (rows: readonly SeenRow[], question: Question, ledger: LedgerView): string[] => {
  const [latest] = rows;
  if (latest === undefined) return ['Nobody began anything with it in this time.'];
  if (Number(latest.flows) > 0) return [`Last used ${describeUse(latest, question, ledger)}.`];
  const oneWay = rows.some(({ proto }) => proto === 17)
    ? [' UDP services that never answer (syslog, traps, flow export) look like this, too.']
    : [];
  return [
    `Nobody was answered in this time. Last tried ${describeUse(latest, question, ledger)}, without an answer.${oneWay.join('')}`,
  ];
};

const describeSkipped = (rows: readonly Row[]): string[] =>
  rows.map(({ skipped, flows, attempts }) => {
    const [what, option] =
      skipped === 'loopback'
        ? ['with itself or over loopback', '--loopback shows them']
        : ['of --ignore', 'they do not count'];
    return `Left out: ${formatTotal(Number(flows) + Number(attempts), 'flow')} ${what} (${option}).`;
  });

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const host = parseHostArgument('seen', question.argument ?? '');
  const query = buildQuery(question, await findConversationRules(ledger), host);
  const skipped: Row[] = [];
  return {
    query,
    columns,
    source: 'flows',
    explainsEmpty: true,
    isLimited: true,
    arrange: (rows) => {
      skipped.push(...rows.filter((row) => row.skipped !== ''));
      const { offset, limit } = question;
      return rows.filter((row) => row.skipped === '').slice(offset, offset + limit);
    },
    conclude: async (rows) => {
      const isNegative = !rows.some((row) => Number(row.flows) > 0);
      const { from, to } = question.range;
      const meant = rows.length === 0 ? findMeantPort(question.argument ?? '') : undefined;
      return [
        ...(question.offset > 0 ? [] : describe(rows as readonly SeenRow[], question, ledger)),
        ...(meant === undefined ? [] : [`If the last group is meant as a port: seen ${meant}`]),
        ...describeSkipped(skipped),
        ...(isNegative ? await proveHeard(from, Math.min(to, ledger.nowMicros), ledger) : []),
        ...(await describeEarlierActivity(host.address, question.range, ledger)),
      ];
    },
  };
};

export const seen: Report = {
  name: 'seen',
  summary:
    'is anything still using this server: clients, ports, last seen, and what it is worth that nothing was',
  argument: {
    name: 'host[:port]',
    description: 'address of the server, and one of its ports',
    isRequired: true,
  },
  options: [
    {
      flags: '--ignore <network>',
      description: 'clients that do not count: monitoring, scanners',
      parse: parseNetworkOption('--ignore'),
      repeated: true,
    },
    { flags: '--loopback', description: 'what the host says to itself, too' },
  ],
  defaultLastMicros: 24 * 3600e6,
  defaultLimit: 50,
  isPaged: true,
  examples: [
    '10.0.0.5:5432 --last 30d',
    '10.0.0.5:postgresql',
    '10.0.0.5 --last 90d --ignore 10.9.0.0/24',
    '[2001:db8::5]:443',
  ],
  plan,
};
