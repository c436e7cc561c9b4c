/** `flowledger trace`: a request that a proxy passed on, its two connections, and what others saw of them. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatDuration } from '../../shared/service/format-quantity.ts';
import { formatHostPort } from '../../shared/service/host-port.ts';
import { parseDuration } from '../../shared/service/parse-quantity.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { rangeParams } from '../ask/range-sql.ts';
import type { Plan, Question, Report, Row } from '../ask/report.ts';
import { findOwnColumns, type OwnValues, ownValuesOf } from '../store/own-values.ts';
import { drawTraces, maxTracesWithFilters } from './draw-traces.ts';
import { parseHostArgument } from './host-argument.ts';
import { joinSightings } from './join-sightings.ts';
import { needNatColumns } from './need-nat-columns.ts';
import { chooseTraces, defaultWithinMicros, type TraceChoice, traceRangeMicros } from './trace-choice.ts';
import { explainNoTrace } from './trace-nothing.ts';
import { cutPackets, readRecordings } from './trace-packets.ts';
import {
  backEnds,
  frontEnds,
  type SeenTrace,
  type TracedConnection,
  traceColumns,
  traceRows,
} from './trace-rows.ts';
import { askSightings, maxSightings, type SightingRow } from './trace-sightings.ts';
import { inSeconds, type Trace, tracesSql } from './traces-sql.ts';

type Traced = Omit<TracedConnection, 'seen'>;

const connectionsOf = (trace: Trace): readonly Traced[] => {
  const back = backEnds(trace);
  const front: Traced = { side: 'front', ends: frontEnds(trace) };
  return back === undefined ? [front] : [front, { side: 'back', ends: back }];
};

/** A trace is a record whose ends are those in front, translated to those behind. */
const isTraceOf = (row: SightingRow, { side, ends }: Traced): boolean => {
  const [src, srcPort, dst, dstPort] =
    side === 'front'
      ? [row.src, row.src_port, row.dst, row.dst_port]
      : [row.post_src, row.post_src_port, row.post_dst, row.post_dst_port];
  return src === ends.src && srcPort === ends.srcPort && dst === ends.dst && dstPort === ends.dstPort;
};

/** When requests were traced; one that was sent twice, as a log that is read again, is one. */
const requestTimes = (rows: readonly SightingRow[], connection: Traced): readonly number[] => {
  const times = new Map<string, number>();
  for (const row of rows)
    if (row.is_trace === 1 && isTraceOf(row, connection))
      times.set(`${row.ended} ${row.request_id}`, row.ended);
  return [...times.values()];
};

const lookAround = (traces: readonly Trace[], rows: readonly SightingRow[]): readonly SeenTrace[] =>
  traces.map((trace) => ({
    trace,
    connections: connectionsOf(trace).map((connection) => ({
      ...connection,
      seen: joinSightings(connection.ends, trace.at, requestTimes(rows, connection), rows),
    })),
  }));

/** Connections that get a sentence of their own; the others are counted. */
const maxNamed = 5;

const nameOf = ({ side, ends }: Traced): string =>
  `${side} connection ${formatHostPort(shownAddress(ends.src), ends.srcPort)}`;

const describe = (seen: readonly SeenTrace[], ledger: LedgerView): readonly string[] => {
  const connections = seen.flatMap((one) => one.connections);
  const shared = new Map<string, string>();
  for (const connection of connections) {
    const { requests, firstRequest, lastRequest } = connection.seen;
    if (requests > 1)
      shared.set(
        `${nameOf(connection)} ${firstRequest}`,
        `this ${nameOf(connection)} carried ${requests} requests between ${ledger.formatTime(firstRequest)} and ${ledger.formatTime(lastRequest)}; bytes are of the connection, not of the request`,
      );
  }
  const said = [...shared.values()];
  const unseen = connections.filter((connection) => connection.seen.sightings.length === 0).length;
  return [
    ...said.slice(0, maxNamed),
    ...(said.length > maxNamed
      ? [
          `${said.length - maxNamed} more connections carried several requests: see the column requests of --json`,
        ]
      : []),
    ...(unseen > 0
      ? [
          `no exporter told of ${unseen} of these ${connections.length} connections within an hour before and after; packets of ${unseen === 1 ? 'it' : 'them'} are looked for up to 2 minutes before and after the trace`,
        ]
      : []),
    ...(seen.some(({ connections: { length } }) => length === 1)
      ? ['a trace without a back connection: the proxy answered itself']
      : []),
    ...(seen.length > maxTracesWithFilters ? ['filters for Wireshark and tcpdump: see --json'] : []),
  ];
};

const questionSql = (
  own: OwnValues,
  { at, equals, flowsWhere, where }: TraceChoice,
): string => `SELECT at, request_id, session_id, mapping, host, toString(client_addr) AS client_addr,
  toString(front_src_addr) AS front_src_addr, front_src_port, toString(front_dst_addr) AS front_dst_addr, front_dst_port,
  toString(back_src_addr) AS back_src_addr, back_src_port, toString(back_dst_addr) AS back_dst_addr, back_dst_port,
  proto, toString(exporter) AS exporter
FROM (
${tracesSql(own, { equals, flowsWhere: [...flowsWhere, inSeconds] })}
) AS t
WHERE ${['at >= {from:Int64}', 'at < {to:Int64}', ...where.map((text) => text.replace(/\b(?=(?:front_src|client)_addr\b)/g, 't.'))].join(' AND ')}
ORDER BY ${at === undefined ? 'at DESC' : 'abs(at - {at:Int64})'}, request_id
LIMIT 1 BY at, request_id, front_src_port, back_src_port
LIMIT {limit:UInt64} OFFSET {offset:UInt64}`;

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const choice = chooseTraces(question, ledger);
  const recordings = readRecordings(question);
  if (question.filter !== undefined)
    throw new ConfigError('trace takes no --filter: narrow it with --client, --session, --back and --at');
  await needNatColumns('trace', ledger);
  const own = ownValuesOf('f', await findOwnColumns(ledger.hasColumn));
  const { limit, offset } = question;
  const params = {
    ...rangeParams(choice.range),
    ...choice.params,
    ...{ at: choice.at ?? 0, limit, offset },
  };
  let seen: readonly SeenTrace[] = [];
  let remarks: readonly string[] = [];
  const arrange = async (found: readonly Row[]): Promise<readonly Row[]> => {
    const traces = found as unknown as readonly Trace[];
    const ends = traces.flatMap((trace) => connectionsOf(trace).map((connection) => connection.ends));
    const rows = await askSightings(
      ends,
      traces.map(({ at }) => at),
      own,
      ledger,
    );
    seen = lookAround(traces, rows);
    remarks = [
      ...(traces.length === 0 && offset === 0 ? await explainNoTrace(choice, own, params, ledger) : []),
      ...(traces.length === 0 && offset > 0
        ? ['there are no traces so far on: ask for an earlier --page']
        : []),
      ...(traces.length === limit
        ? [
            `traces ${offset + 1} to ${offset + limit}: there may be more, with --page ${offset / limit + 2} or a higher --limit`,
          ]
        : []),
      ...describe(seen, ledger),
      ...(rows.length === maxSightings
        ? [
            `more than ${maxSightings} records fit these connections, and not all were looked at: ask about fewer traces`,
          ]
        : []),
    ];
    return traceRows(seen);
  };
  return {
    query: { sql: questionSql(own, choice), params },
    columns: traceColumns,
    source: 'flows',
    range: choice.range,
    arrange,
    explainsEmpty: true,
    conclude: () => remarks,
    draw: drawTraces,
    ...(recordings === undefined ? {} : { afterwards: () => cutPackets(recordings, seen, ledger) }),
  };
};

export const trace: Report = {
  name: 'trace',
  summary: 'a request that a proxy passed on: its connections in front and behind, and who saw them',
  argument: { name: 'request', description: 'its id, as the proxy logged it', isRequired: false },
  options: [
    {
      flags: '--client <address[:port]>',
      description: 'requests of this client: its connection to the proxy, or its address alone',
      parse: (text) => parseHostArgument('--client', text),
    },
    {
      flags: '--back <address[:port]>',
      description: 'requests on a connection behind: the end of the proxy, or of the server',
      parse: (text) => parseHostArgument('--back', text),
    },
    { flags: '--session <id>', description: 'all requests of a session' },
    { flags: '--at <time>', description: 'the time in question; without it, all of --from to --to' },
    {
      flags: '--within <duration>',
      description: `with --at: how far before and after it (default: ${formatDuration(defaultWithinMicros / 1000)})`,
      parse: (text) => Math.round(parseDuration('--within', text, 's') * 1000),
    },
    { flags: '--pcap-front <file>', description: 'a recording of the side of the clients' },
    { flags: '--pcap-back <file>', description: 'a recording of the side of the servers' },
    {
      flags: '--out <dir>',
      description: 'with these: where the packets of the connections go, as front.pcap and back.pcap',
    },
  ],
  examples: [
    'ZXCC9-Ko6WsU10yuyRWf7wAAAIA',
    '--client 172.18.60.2:18982 --at "2023-12-06 15:19:35" --zone Europe/Zurich',
    '--back 172.18.98.225:54444 --at 14:03:22 --within 5s',
    'ZXCC9-Ko6WsU10yuyRWf7wAAAIA --pcap-front ext.pcap --pcap-back int.pcap --out case-17',
  ],
  defaultLastMicros: traceRangeMicros,
  defaultLimit: 20,
  isPaged: true,
  plan,
};
