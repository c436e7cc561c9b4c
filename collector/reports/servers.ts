/** `flowledger servers --client HOST --port PORT`: which server really served it, step by step: destination as asked, and behind its translation. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import { parseDuration } from '../../shared/service/parse-quantity.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { Query } from '../ask/query.ts';
import { rangeParams } from '../ask/range-sql.ts';
import type { Plan, Question, Report, ReportColumn, Row } from '../ask/report.ts';
import {
  type ConversationRules,
  conversationRows,
  evidence,
  findConversationRules,
} from './conversation-sql.ts';
import { parseHostArgument } from './host-argument.ts';
import { acceptedPorts, parsePort } from './port-argument.ts';

const columns: readonly ReportColumn[] = [
  { name: 'at', title: 'from', kind: 'time' },
  { name: 'asked', title: 'asked for', kind: 'address' },
  { name: 'server', title: 'served by', kind: 'address' },
  { name: 'proto', title: 'proto', kind: 'protocol' },
  { name: 'port', title: 'port', kind: 'port' },
  { name: 'connections', title: 'connections', kind: 'count' },
  { name: 'begun_here', title: 'begun', kind: 'count' },
  { name: 'failed', title: 'failed', kind: 'count', optional: true },
  { name: 'bytes_to', title: 'to it', kind: 'bytes' },
  { name: 'bytes_from', title: 'from it', kind: 'bytes' },
];

const defaultStepMicros = 60e6;
/** Steps of a range: what a row may be spread over. */
const maxSteps = 10_000;

/** What comes back to it may be on its way to a translation of its own address. */
const place = (hasNat: boolean): string =>
  `(src_addr = {client:IPv6} OR dst_addr = {client:IPv6}${hasNat ? ' OR post_nat_dst_addr = {client:IPv6}' : ''})`;

/** The steps that a row covers: connections of a pool live for days, and serve in each. */
const coveredSteps = `arrayJoin(range(
      toUInt64(intDiv(least(greatest(begun, {from:Int64}), {to:Int64} - 1), {step:Int64})),
      toUInt64(intDiv(least(greatest(ended, begun, {from:Int64}), {to:Int64} - 1), {step:Int64}) + 1)))`;

/** What a row carried in the range, spread over the part of the range that it covers. */
const shareOfStep = `if(ended <= begun OR covered <= 0, 1, greatest(least(ended, {to:Int64}, step_from + {step:Int64}) - greatest(begun, {from:Int64}, step_from), 0) / covered)`;

const buildQuery = (question: Question, rules: ConversationRules, asked: Asked): Query => {
  const { range, filter, limit, offset } = question;
  const isAnswer = `evidence IN (${evidence.used}, ${evidence.reply})`;
  const isHere = 'begun >= step_from AND begun < step_from + {step:Int64}';
  const rows = conversationRows({ rules, filter, where: place(rules.hasNat) });
  const sql = `SELECT step_from AS at, asked, server, proto, asked_port AS port,
  uniqExactIf(client_port, ${isAnswer}) AS connections,
  least(connections, uniqExactIf((client_port, begun), ${isAnswer} AND ${isHere})) AS begun_here,
  uniqExactIf((client_port, begun), evidence = ${evidence.attempt} AND ${isHere})
    + length(arrayFilter(p -> NOT has(groupUniqArrayIf(client_port, evidence = ${evidence.reply}), p),
      groupUniqArrayIf(client_port, evidence = ${evidence.asked} AND ${isHere}))) AS failed,
  sum(toUInt64(round(up_bytes * share))) AS bytes_to, sum(toUInt64(round(down_bytes * share))) AS bytes_from
FROM (
  SELECT *, ${shareOfStep} AS share FROM (
    SELECT *, ${coveredSteps} * {step:Int64} AS step_from, least(ended, {to:Int64}) - greatest(begun, {from:Int64}) AS covered
    FROM (
${rows})
    WHERE client = {client:IPv6} AND evidence NOT IN (${evidence.refusal}, ${evidence.notice}) AND asked_port != 0
      AND ({port:UInt16} = 0 OR asked_port = {port:UInt16} OR server_port = {port:UInt16})
  )
)
GROUP BY step_from, asked, server, proto, asked_port
HAVING connections > 0 OR failed > 0
ORDER BY at, connections DESC, asked, server, port
LIMIT {limit:UInt64} OFFSET {offset:UInt64}${rules.settings}`;
  const { client, port, step } = asked;
  const params = { ...rangeParams(range), ...filter?.params, client, port, step, limit, offset };
  return { sql, params };
};

interface Asked {
  readonly client: string;
  /** 0: any. */
  readonly port: number;
  /** Microseconds. */
  readonly step: number;
}

const readPort = (text: string): number => {
  const port = parsePort(text.trim());
  if (port !== undefined) return port;
  throw new ConfigError(`--port ${text}: not a port; ports are ${acceptedPorts}`);
};

const readAsked = ({ options, range }: Question): Asked => {
  if (typeof options.client !== 'string')
    throw new ConfigError('servers needs --client ADDRESS: the host whose servers are asked for');
  const { address } = parseHostArgument('--client', options.client, false);
  const step = (options.step as number | undefined) ?? defaultStepMicros;
  const steps = (range.to - range.from) / step;
  if (steps > maxSteps)
    throw new ConfigError(
      `--step: ${Math.ceil(steps)} steps are too many (${maxSteps} at most): take a longer step or a shorter range`,
    );
  return { client: address, port: (options.port as number | undefined) ?? 0, step };
};

const nameOf = ({ asked, server }: Row): string =>
  asked === server
    ? shownAddress(String(server))
    : `${shownAddress(String(server))} (asked for ${shownAddress(String(asked))})`;

/** A line a server: when, and how much of it. */
const describeServers = (rows: readonly Row[], step: number, ledger: LedgerView): string[] => {
  const found = new Map<
    string,
    { first: number; last: number; begun: number; failed: number; isServed: boolean }
  >();
  for (const row of rows) {
    const at = Number(row.at);
    const known = found.get(nameOf(row)) ?? { first: at, last: at, begun: 0, failed: 0, isServed: false };
    found.set(nameOf(row), {
      first: Math.min(known.first, at),
      last: Math.max(known.last, at),
      begun: known.begun + Number(row.begun_here),
      failed: known.failed + Number(row.failed),
      isServed: known.isServed || Number(row.connections) > 0,
    });
  }
  return [...found].map(([name, { first, last, begun, failed, isServed }]) => {
    const times = `from ${ledger.formatTime(first)} to ${ledger.formatTime(last + step)}`;
    const failures = failed > 0 ? `${isServed ? ', ' : ''}${formatTotal(failed, 'attempt')} failed` : '';
    const served = isServed ? `${formatTotal(begun, 'connection')} begun` : '';
    return `${name}: ${served}${failures}, ${times}.`;
  });
};

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const asked = readAsked(question);
  return {
    query: buildQuery(question, await findConversationRules(ledger), asked),
    columns,
    source: 'flows',
    isLimited: true,
    conclude: (rows) => describeServers(rows, asked.step, ledger),
  };
};

export const servers: Report = {
  name: 'servers',
  summary: 'which server really served a client, step by step: as asked for, and behind its translation',
  options: [
    { flags: '--client <host>', description: 'address of the client' },
    {
      flags: '--port <port>',
      description: 'of the service, as asked for or as served (default: all)',
      parse: readPort,
    },
    {
      flags: '--step <duration>',
      description: 'length of a step (default: 1m)',
      parse: (text) => {
        const micros = parseDuration('--step', text) * 1000;
        if (micros >= 1e6) return Math.round(micros);
        throw new ConfigError(`--step ${text}: a second at least`);
      },
    },
  ],
  defaultLastMicros: 3600e6,
  defaultLimit: 1000,
  isPaged: true,
  examples: [
    '--client 10.0.0.5 --port 5432 --from 14:00 --to 14:30',
    '--client 10.0.0.5 --last 24h --step 1h',
  ],
  plan,
};
