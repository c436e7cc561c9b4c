/** `flowledger process`: which process had a port, what a service talked to, and which services talk to whom. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatReportTable } from '../ask/format-report.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { rangeParams } from '../ask/range-sql.ts';
import type { DrawStyle, Plan, Question, Report, ReportColumn, Row } from '../ask/report.ts';
import { findOwnColumns, noId, ownValuesOf } from '../store/own-values.ts';
import { servicePort } from '../store/service-port.ts';
import { parsePort } from './port-argument.ts';
import { chooseProcesses, type ProcessChoice, processRangeMicros } from './process-choice.ts';
import { connectionsSql, processEndsSql, serviceSql } from './process-ends.ts';
import { explainNoProcess } from './process-nothing.ts';
import { describeServices, parseInside, serviceColumns, servicesSql } from './process-services.ts';

const optional = { optional: true } as const;

// biome-ignore format: a table is read by its rows
const columns: readonly ReportColumn[] = [
  { name: 'sure', title: 'sure', kind: 'text', ...optional },
  { name: 'first', title: 'first', kind: 'time' },
  { name: 'direction', title: 'direction', kind: 'text', ...optional },
  { name: 'proto', title: 'proto', kind: 'protocol', usual: 6, ...optional },
  { name: 'local', title: 'local', kind: 'address', port: 'local_port' },
  { name: 'local_port', title: 'local port', kind: 'port' },
  { name: 'remote', title: 'remote', kind: 'address', port: 'remote_port' },
  { name: 'remote_port', title: 'remote port', kind: 'port' },
  { name: 'pid', title: 'pid', kind: 'number' },
  { name: 'ids', title: 'uid:gid', kind: 'text', ...optional },
  { name: 'service', title: 'service', kind: 'text' },
  { name: 'command', title: 'command', kind: 'text' },
  { name: 'quality', title: 'quality', kind: 'text', ...optional },
  { name: 'user', title: 'user', kind: 'text', ...optional },
  { name: 'last', title: 'last', kind: 'time', ...optional },
  { name: 'sent_bytes', title: 'sent', kind: 'bytes', ...optional },
  { name: 'received_bytes', title: 'received', kind: 'bytes', ...optional },
  { name: 'exporter', title: 'exporter', kind: 'address', ...optional },
  { name: 'outer', title: 'outside', kind: 'address', port: 'outer_port', ...optional },
  { name: 'outer_port', title: 'outside port', kind: 'port' },
  { name: 'name', title: 'name', kind: 'text', isHidden: true },
  { name: 'uid', title: 'uid', kind: 'number', isHidden: true },
  { name: 'gid', title: 'gid', kind: 'number', isHidden: true },
  { name: 'cgroup', title: 'control group', kind: 'text', isHidden: true },
  { name: 'container_id', title: 'container', kind: 'text', isHidden: true },
  { name: 'sent_packets', title: 'packets sent', kind: 'packets', isHidden: true },
  { name: 'received_packets', title: 'packets received', kind: 'packets', isHidden: true },
  { name: 'domain', title: 'domain', kind: 'number', isHidden: true },
];

const qualities: Readonly<Record<number, string>> = {
  1: 'uid only',
  2: 'cgroup only',
  3: 'exact',
  4: 'cached',
};

/** Of a moment: the last connection that had begun between two ends, if it was not over. */
const thenSql = (
  connections: string,
): string => `SELECT *, if(is_over OR last >= {at:Int64}, 'exact', 'open') AS sure FROM (
  SELECT * FROM (
${connections}
  )
  WHERE first <= {to:Int64}
  ORDER BY first DESC LIMIT 1 BY exporter, domain, direction, proto, local, local_port, remote, remote_port
) WHERE NOT is_over OR last >= {from:Int64}`;

const listSql = (
  connections: string,
  { at }: ProcessChoice,
): string => `SELECT *, ${serviceSql} AS service FROM (
${at === undefined ? connections : thenSql(connections)}
)
ORDER BY first DESC, local_port, remote_port, direction
LIMIT {limit:UInt64} OFFSET {offset:UInt64}`;

/** What is not known is null: an exporter that says no quality may not say the group either. */
const shownRow = (row: Row): Row => {
  const quality = Number(row.process_quality);
  const uid = Number(row.process_uid) === noId ? null : Number(row.process_uid);
  const gid = Number(row.process_gid);
  const group = gid === noId || (gid === 0 && quality === 0) ? null : gid;
  const isCounted = Number(row.is_counted) !== 0;
  // Of an event, its time is all that is known.
  const counter = (name: string): unknown => (isCounted ? row[name] : null);
  const isTranslated = row.outer !== row.local || row.outer_port !== row.local_port;
  return {
    ...row,
    pid: Number(row.process_id) === 0 ? null : row.process_id,
    ids: uid === null || group === null ? String(uid ?? '') : `${uid}:${group}`,
    ...{ uid, gid: group, user: row.process_user, name: row.process_name, cgroup: row.process_cgroup },
    command: row.process_command === '' ? row.process_name : row.process_command,
    quality: qualities[quality] ?? '',
    last: counter('last'),
    sent_bytes: counter('sent_bytes'),
    received_bytes: counter('received_bytes'),
    sent_packets: counter('sent_packets'),
    received_packets: counter('received_packets'),
    outer: isTranslated ? row.outer : null,
    outer_port: isTranslated ? row.outer_port : null,
  };
};

/** Command lines are long: in a table their beginning is enough to know them by. */
const commandLengths = [120, 80, 50, 32, 20] as const;
/** As much of it goes before columns that matter less. */
const usefulLength = 50;

const draw = (rows: readonly Row[], width: number, style: DrawStyle): string => {
  const tables = commandLengths.map((most) => {
    const cut = (text: string): string => (text.length <= most ? text : `${text.slice(0, most - 3)}...`);
    const short = rows.map((row) => ({ ...row, command: cut(String(row.command)) }));
    return { most, text: formatReportTable(columns, short, width, style) };
  });
  const isTable = ({ text }: { readonly text: string }): boolean => !text.startsWith('-- 1\n');
  const lacks = (text: string): string => /\nnot shown for want of room: (.*)/.exec(text)?.[1] ?? '';
  const found =
    tables.find((one) => one.most >= usefulLength && isTable(one) && lacks(one.text) === '') ??
    tables.find(
      (one) => one.most <= usefulLength && isTable(one) && !/uid:gid|quality/.test(lacks(one.text)),
    ) ??
    tables.findLast(isTable);
  return (found?.text ?? formatReportTable(columns, rows, width, style)).trimEnd();
};

const conclude = (rows: readonly Row[], choice: ProcessChoice): readonly string[] => [
  ...(rows.some((row) => row.sure === 'open')
    ? [
        'open: no record tells of its end; it is taken to go on for a day, or until the same ends are used again',
      ]
    : []),
  ...(rows.some((row) => row.quality === 'cgroup only')
    ? ['cgroup only: several processes shared the socket, or none was found to have it']
    : []),
  ...(choice.at !== undefined && new Set(rows.map(({ pid }) => pid)).size > 1
    ? ['several processes had it then: a local port may be in use towards several remote ends']
    : []),
];

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const choice = chooseProcesses(question, ledger);
  const inside = question.options.inside as readonly string[] | undefined;
  if (inside !== undefined && !choice.isSummary)
    throw new ConfigError(
      '--inside is for the summary by service, which is shown when no process is asked for',
    );
  const own = ownValuesOf('f', await findOwnColumns(ledger.hasColumn));
  const hasNat = await ledger.hasColumn('post_nat_src_addr');
  const filter = question.filter?.sql((column) =>
    column === 'service' ? servicePort('forward') : `f.${column}`,
  );
  const { flowsWhere } = choice.conditions;
  const connections = connectionsSql(
    processEndsSql(own, hasNat, {
      ...choice.conditions,
      flowsWhere: filter === undefined ? flowsWhere : `${flowsWhere} AND (${filter})`,
    }),
  );
  const { limit, offset } = question;
  const range = rangeParams(choice.range);
  const params = {
    ...range,
    ...question.filter?.params,
    ...choice.params,
    at: choice.at ?? 0,
    limit,
    offset,
  };
  const services = servicesSql(connections, inside);
  const whenEmpty = (rows: readonly Row[]): Promise<readonly string[]> | readonly string[] =>
    rows.length === 0 && offset === 0 ? explainNoProcess(own, range, choice.range, ledger) : [];
  if (choice.isSummary)
    return {
      query: { sql: services.sql, params: { ...params, ...services.params } },
      columns: serviceColumns,
      source: 'flows',
      isLimited: true,
      explainsEmpty: true,
      conclude: async (rows) => [...(await whenEmpty(rows)), ...describeServices(rows)],
    };
  return {
    query: { sql: listSql(connections, choice), params },
    columns,
    source: 'flows',
    range: choice.range,
    isLimited: true,
    explainsEmpty: true,
    arrange: (rows) => rows.map(shownRow),
    conclude: async (rows) => [...(await whenEmpty(rows)), ...conclude(rows, choice)],
    draw,
  };
};

const readPort = (text: string): number => {
  const port = parsePort(text);
  if (port !== undefined) return port;
  throw new ConfigError(`--port ${text}: not a port, such as 59047 or https`);
};

const readPid = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new ConfigError(`--pid ${text}: not the number of a process`);
};

export const process: Report = {
  name: 'process',
  summary: 'which process had a port, what a service talked to, and which services talk to whom',
  argument: {
    name: 'address[:port]',
    description: 'the local end: 10.0.0.5:59047, 59047, or an address alone',
    isRequired: false,
  },
  options: [
    { flags: '--port <port>', description: 'the local port', parse: readPort },
    { flags: '--at <time>', description: 'who had it then; without it, all of --from to --to' },
    {
      flags: '--service <name>',
      description: 'part of the control group, such as nginx.service, or the beginning of a container id',
    },
    { flags: '--pid <number>', description: 'a process by its number', parse: readPid },
    { flags: '--user <name>', description: 'a user by name or number' },
    { flags: '--command <text>', description: 'part of the command line, or of the name' },
    {
      flags: '--inside <network>',
      description: 'in the summary: what is not the Internet; may be repeated (default: private networks)',
      parse: parseInside,
      repeated: true,
    },
  ],
  examples: [
    '',
    '--port 59047 --at 14:03:22',
    '192.168.0.12:34870 --at "2026-11-20 14:03"',
    '--service nginx --last 1h',
    '--user www-data --filter "dst port 25"',
  ],
  defaultLastMicros: processRangeMicros,
  defaultLimit: 50,
  isPaged: true,
  plan,
};
