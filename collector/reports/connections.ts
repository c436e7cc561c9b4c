/** `flowledger connections`: the connections that exporters track, as conntrack -L has them: those of now, or of a time in the past. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { acceptedTimes, parseSaidTime } from '../../shared/service/parse-time.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { Plan, Question, Report, ReportColumn, Row } from '../ask/report.ts';
import { servicePort } from '../store/service-port.ts';
import { isTranslated } from '../store/translated-address.ts';
import {
  type ConnectionSource,
  connectionColumns,
  connectionsAt,
  connectionsNow,
} from './connection-source.ts';
import { needNatColumns } from './need-nat-columns.ts';

const dayMicros = 86_400e6;

const optional = { optional: true } as const;
const column = (
  name: string,
  title: string,
  kind: ReportColumn['kind'],
  more: Pick<ReportColumn, 'optional' | 'port'> = {},
): ReportColumn => ({ name, title, kind, ...more });

// biome-ignore format: a table is read by its rows
const columns: readonly ReportColumn[] = [
  column('since', 'since', 'time'),
  column('duration', 'duration', 'duration'),
  column('proto', 'proto', 'protocol'),
  column('src_addr', 'source', 'address', { port: 'src_port' }),
  column('src_port', 'source port', 'port'),
  column('dst_addr', 'destination', 'address', { port: 'dst_port' }),
  column('dst_port', 'destination port', 'port'),
  column('nat_source', 'source outside', 'text', optional),
  column('nat_destination', 'destination inside', 'text', optional),
  column('state', 'state', 'text'),
  column('idle', 'last heard', 'duration', optional),
  column('bytes', 'bytes', 'bytes', optional),
  column('reverse_bytes', 'bytes back', 'bytes', optional),
  column('packets', 'packets', 'packets', optional),
  column('reverse_packets', 'packets back', 'packets', optional),
  column('zone', 'zone', 'number', optional),
  column('mark', 'mark', 'number', optional),
  column('exporter', 'exporter', 'address', optional),
  column('domain', 'domain', 'number', optional),
];

/** As people write an end, where it was translated to something else. */
const translated = (address: string, port: string, original: string, originalPort: string): string => {
  const name = `replaceRegexpOne(toString(${address}), '^::ffff:', '')`;
  const end = `multiIf(${port} = 0, ${name}, position(${name}, ':') > 0, concat('[', ${name}, ']:', toString(${port})), concat(${name}, ':', toString(${port})))`;
  return `if(${isTranslated(address)} AND NOT (${address} = ${original} AND ${port} IN (0, ${originalPort})), ${end}, '')`;
};

/** A FIN or RST was seen: what is left of such a connection is the wait for late packets. */
const isClosing = 'proto = 6 AND bitAnd(bitOr(c.tcp_flags, c.reverse_tcp_flags), 5) != 0';
const isNew = "record_kind = 'event' AND firewall_event != 5";

const state = `multiIf(NOT is_closed AND ${isClosing}, 'closing', NOT is_closed AND ${isNew}, 'new', NOT is_closed, 'open',
    end_reason = 1, 'closed, idle', end_reason = 3, 'closed', end_reason = 4, 'closed, forced',
    end_reason = 5, 'closed, no room', 'closed')`;

/** Over the rows of a source. Counters are with sampling. */
const select = (until: string): string => `SELECT toUnixTimestamp64Micro(flow_start) AS since,
  greatest(${until} - since, 0) AS duration, proto, toString(src_addr) AS src_addr, src_port, toString(dst_addr) AS dst_addr, dst_port,
  ${translated('post_nat_src_addr', 'post_nat_src_port', 'c.src_addr', 'c.src_port')} AS nat_source,
  ${translated('post_nat_dst_addr', 'post_nat_dst_port', 'c.dst_addr', 'c.dst_port')} AS nat_destination,
  ${state} AS state,
  if(is_closed, NULL, greatest({at:Int64} - toUnixTimestamp64Micro(flow_end), 0)) AS idle,
  c.bytes * sampling_rate AS bytes, c.reverse_bytes * sampling_rate AS reverse_bytes,
  c.packets * sampling_rate AS packets, c.reverse_packets * sampling_rate AS reverse_packets,
  vrf_in AS zone, ct_mark AS mark, toString(exporter) AS exporter, domain, count() OVER () AS all_connections`;

const filterSql = ({ filter }: Question): string => {
  if (filter === undefined) return '1';
  const missing = [...filter.columns].filter((name) => name !== 'service' && !connectionColumns.has(name));
  if (missing.length > 0)
    throw new ConfigError(
      `--filter: ${missing.join(', ')}: not known of connections, which have ${[...connectionColumns].join(', ')}`,
    );
  return `(${filter.sql((name) => (name === 'service' ? servicePort('forward') : `c.${name}`))})`;
};

const readAt = (said: unknown, { nowMicros, zone }: LedgerView): number | undefined => {
  if (said === undefined) return undefined;
  const time = parseSaidTime(String(said), { nowMicros, zone });
  if (time === undefined) throw new ConfigError(`--at ${said}: not a time. Times are ${acceptedTimes}`);
  return time.from;
};

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { limit, offset, options, range } = question;
  await needNatColumns('connections', ledger);
  const at = readAt(options.at, ledger);
  if (at !== undefined && options.all === true)
    throw new ConfigError('--all and --at: give one of them; those of a time in the past were all open then');
  // A range is always there; one that was not said is the default one.
  if (at !== undefined && (range.to !== ledger.nowMicros || range.to - range.from !== dayMicros))
    throw new ConfigError('--at is one moment: it goes with none of --from, --to and --last');
  const source: ConnectionSource =
    at === undefined ? await connectionsNow(ledger, range, options.all === true) : connectionsAt(at);
  const condition = [...source.where, filterSql(question)].join(' AND ');
  const until =
    at === undefined ? 'if(is_closed, toUnixTimestamp64Micro(flow_end), {at:Int64})' : '{at:Int64}';
  let all = 0;
  return {
    query: {
      sql: `${select(until)}
FROM (
${source.sql}
) AS c
WHERE ${condition}
ORDER BY flow_start DESC, src_port, dst_port LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
      params: { ...question.filter?.params, ...source.params, at: at ?? ledger.nowMicros, limit, offset },
    },
    columns,
    source: source.name,
    ...(at === undefined ? {} : { range: { from: at, to: at + 1, isRelative: false } }),
    arrange: (rows: readonly Row[]) => {
      all = Number(rows[0]?.all_connections ?? 0);
      return rows;
    },
    conclude: (rows) => [
      ...(all > rows.length ? [`${all} connections in all, ${rows.length} of them shown: see --limit`] : []),
      ...source.remarks,
    ],
  };
};

export const connections: Report = {
  name: 'connections',
  summary: 'the connections that exporters track: the table of conntrack, of all gateways, now or at a time',
  options: [
    { flags: '--all', description: 'closed ones, too: of the last day' },
    { flags: '--at <time>', description: 'those that were open then' },
  ],
  examples: [
    '',
    '--filter "src net 10.0.0.0/8 and dst port 443"',
    '--at "yesterday 14:03"',
    '--all --last 5m',
  ],
  defaultLastMicros: dayMicros,
  defaultLimit: 50,
  isPaged: true,
  plan,
};
