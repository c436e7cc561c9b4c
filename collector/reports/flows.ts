/** `flowledger flows`: the records themselves, newest first. */

import { ConfigError } from '../../shared/service/config-error.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { overlapsRange, rangeParams } from '../ask/range-sql.ts';
import type { CellKind, Plan, Question, Report, ReportColumn, Row } from '../ask/report.ts';
import { type FlowColumn, flowColumns } from '../store/flow-columns.ts';
import { endMicros, hasSpan, startMicros } from '../store/flow-shares.ts';
import { isTranslated } from '../store/translated-address.ts';
import { icmpSql } from './icmp-sql.ts';

const column = (
  name: string,
  title: string,
  kind: CellKind,
  more: Pick<ReportColumn, 'optional' | 'usual' | 'port' | 'label'> = {},
): ReportColumn => ({ name, title, kind, ...more });
const optional = { optional: true } as const;

/** Where there is little room, the last ones go first: what went each way is worth more than what became of the addresses. */
const plainColumns: readonly ReportColumn[] = [
  column('time', 'end', 'time'),
  column('proto', 'proto', 'protocol'),
  column('src_addr', 'source', 'address', { port: 'src_port' }),
  column('src_port', 'source port', 'port'),
  column('dst_addr', 'destination', 'address', { port: 'dst_port' }),
  column('dst_port', 'destination port', 'port'),
  column('bytes', 'bytes', 'bytes'),
  column('reverse_bytes', 'bytes back', 'bytes', optional),
  column('icmp', 'icmp', 'text', { ...optional, label: 'icmp_name' }),
  column('icmp_name', 'icmp name', 'text'),
  column('packets', 'packets', 'packets', optional),
];
const natColumns: readonly ReportColumn[] = [
  column('nat_src_addr', 'source becomes', 'address', { ...optional, port: 'nat_src_port' }),
  column('nat_src_port', 'source port becomes', 'port', optional),
  column('nat_dst_addr', 'destination becomes', 'address', { ...optional, port: 'nat_dst_port' }),
  column('nat_dst_port', 'destination port becomes', 'port', optional),
];
const otherColumns: readonly ReportColumn[] = [
  column('kind', 'record', 'text', { ...optional, usual: 'flow' }),
  column('duration', 'duration', 'duration', optional),
  column('tcp_flags', 'flags', 'flags', optional),
  column('reverse_packets', 'packets back', 'packets', optional),
  column('in_if', 'in', 'number', { ...optional, label: 'in_name' }),
  column('in_name', 'in name', 'text', optional),
  column('out_if', 'out', 'number', { ...optional, label: 'out_name' }),
  column('out_name', 'out name', 'text', optional),
  column('exporter', 'exporter', 'address', optional),
  { name: 'domain', title: 'domain', kind: 'number', isHidden: true },
  column('sampling_rate', 'sampling', 'number', { ...optional, usual: 1 }),
];

const storedColumns = [
  ...[
    'time',
    'time_source',
    'flow_start',
    'flow_end',
    'record_kind',
    'proto',
    'src_addr',
    'src_port',
    'dst_addr',
    'dst_port',
  ],
  ...[
    'packets',
    'bytes',
    'reverse_packets',
    'reverse_bytes',
    'sampling_rate',
    'tcp_flags',
    'icmp_type_code',
    'in_if',
    'out_if',
    'exporter',
    'domain',
  ],
];
const storedNat = ['post_nat_src_addr', 'post_nat_src_port', 'post_nat_dst_addr', 'post_nat_dst_port'];

/** NULL where it is what it was before. */
const translated = (end: 'src' | 'dst'): string => {
  const [address, port] = [`post_nat_${end}_addr`, `post_nat_${end}_port`];
  const isSet = `(${isTranslated(address)} AND (${address}, ${port}) != (${end}_addr, ${end}_port))`;
  return `if(${isSet}, toString(${address}), NULL) AS nat_${end}_addr, if(${isSet}, ${port}, NULL) AS nat_${end}_port`;
};

const shownSql = (hasNat: boolean): string => `
  if(flow_end > 0 AND time_source NOT IN ('received', 'absurd'), ${endMicros}, toInt64(toUnixTimestamp(f.time)) * 1000000) AS time,
  if(${hasSpan}, ${endMicros} - ${startMicros}, NULL) AS duration,
  proto, src_addr, src_port, dst_addr, ${icmpSql('f')},${hasNat ? `\n  ${translated('src')},\n  ${translated('dst')},` : ''}
  f.packets * f.sampling_rate AS packets, f.bytes * f.sampling_rate AS bytes,
  f.reverse_packets * f.sampling_rate AS reverse_packets, f.reverse_bytes * f.sampling_rate AS reverse_bytes,
  tcp_flags, toString(record_kind) AS kind, in_if, out_if, exporter, domain,
  greatest(f.sampling_rate, 1) AS sampling_rate`;

const fieldKind = ({ name, type }: FlowColumn): CellKind => {
  if (type === 'IPv6') return 'address';
  if (type.startsWith('DateTime')) return 'time';
  if (name === 'proto') return 'protocol';
  if (name.endsWith('tcp_flags')) return 'flags';
  if (name.endsWith('bytes')) return 'bytes';
  if (name.endsWith('packets')) return 'packets';
  // A number of 64 bits may be an identifier, all digits of which count.
  return /^U?Int(?:8|16|32)$/.test(type) ? 'number' : 'text';
};

const fieldSql = (field: FlowColumn): string => {
  const { name, type } = field;
  if (type === 'DateTime') return `toInt64(toUnixTimestamp(f.${name})) * 1000000 AS ${name}`;
  if (type.startsWith('DateTime64')) return `toUnixTimestamp64Micro(f.${name}) AS ${name}`;
  return fieldKind(field) === 'text' && !type.startsWith('Array') ? `toString(f.${name}) AS ${name}` : name;
};

const parseFields = (text: string): readonly FlowColumn[] =>
  text.split(',').map((part) => {
    const name = part.trim();
    const found = flowColumns.find((known) => known.name === name);
    if (found !== undefined) return found;
    throw new ConfigError(
      `--fields: there is no column ${name}; there are ${flowColumns.map((known) => known.name).join(', ')}`,
    );
  });

const assertStored = async (fields: readonly FlowColumn[], ledger: LedgerView): Promise<void> => {
  for (const { name, group } of fields)
    if (!(await ledger.hasColumn(name)))
      throw new ConfigError(
        `--fields: ${name} is not stored; it needs the column group ${group}: start the collector with --columns ${group === 'nat' ? group : `nat,${group}`}`,
      );
};

/** The newest rows are found by few columns, and the others are read of these only. */
const querySql = (shown: string, stored: readonly string[], where: string): string => `SELECT ${shown}
FROM (
  SELECT ${[...new Set([...stored, 'time', 'received'])].join(', ')}
  FROM flows
  WHERE ${where}
  ORDER BY time DESC, received DESC
  LIMIT {limit:UInt64} OFFSET {offset:UInt64}
) AS f
ORDER BY f.time DESC, f.received DESC`;

interface Interface {
  readonly key: string;
  readonly name: string;
}

/** Rows with the names that exporters say of their interfaces. */
const nameInterfaces = async (rows: readonly Row[], ledger: LedgerView): Promise<readonly Row[]> => {
  if (rows.every(({ in_if, out_if }) => !in_if && !out_if)) return rows;
  const exporters = [...new Set(rows.map(({ exporter }) => exporter))];
  const known = await ledger.ask<Interface>({
    sql: `SELECT concat(toString(exporter), ' ', toString(domain), ' ', toString(interface)) AS key, name
FROM interfaces FINAL WHERE exporter IN {exporters:Array(IPv6)} AND name != ''`,
    params: { exporters },
  });
  const names = new Map(known.map(({ key, name }) => [key, name]));
  return rows.map((row) => {
    const nameOf = (index: unknown): string | undefined =>
      names.get(`${row.exporter} ${row.domain} ${index}`);
    return { ...row, in_name: nameOf(row.in_if), out_name: nameOf(row.out_if) };
  });
};

const whereOf = ({ filter }: Question): string =>
  filter === undefined ? overlapsRange : `${overlapsRange}\n  AND (${filter.sql()})`;

const conclude =
  (question: Question, isScaled: boolean) =>
  (rows: readonly Row[]): readonly string[] => {
    const { limit, offset } = question;
    const page = Math.floor(offset / limit) + 1;
    const remarks = [];
    if (rows.length === limit)
      remarks.push(
        `rows ${offset + 1} to ${offset + limit}, newest first; older ones with --page ${page + 1}`,
      );
    if (rows.length === 0 && offset > 0) remarks.push(`there is no page ${page}`);
    const rates = [
      ...new Set(rows.map(({ sampling_rate }) => Number(sampling_rate ?? 1)).filter((rate) => rate > 1)),
    ];
    if (isScaled && rates.length > 0)
      remarks.push(
        `packets and bytes are estimates where packets are sampled: what was counted x ${rates.join(', x ')}`,
      );
    return remarks;
  };

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { range, filter, limit, offset } = question;
  const params = { ...rangeParams(range), ...filter?.params, limit, offset };
  const source = 'flows';
  const where = whereOf(question);
  const fields = question.options.fields as readonly FlowColumn[] | undefined;
  if (fields !== undefined) {
    await assertStored(fields, ledger);
    const names = fields.map(({ name }) => name);
    const sql = querySql(fields.map(fieldSql).join(', '), names, where);
    const columns = fields.map((field) => column(field.name, field.name, fieldKind(field)));
    return { query: { sql, params }, columns, source, conclude: conclude(question, false) };
  }
  const hasNat = await ledger.hasColumn('post_nat_src_addr');
  return {
    query: {
      sql: querySql(shownSql(hasNat), hasNat ? [...storedColumns, ...storedNat] : storedColumns, where),
      params,
    },
    columns: [...plainColumns, ...(hasNat ? natColumns : []), ...otherColumns],
    source,
    arrange: (rows) => nameInterfaces(rows, ledger),
    conclude: conclude(question, true),
  };
};

export const flows: Report = {
  name: 'flows',
  summary: 'the flow records, newest first',
  options: [
    {
      flags: '--fields <columns>',
      description: 'these columns of the table instead, as they are stored: src_addr,dst_addr,bytes',
      parse: parseFields,
    },
  ],
  defaultLastMicros: 900e6,
  defaultLimit: 50,
  isPaged: true,
  examples: [
    "--last 1h --filter 'src net 10.0.0.0/8 and dst port 443'",
    '--from yesterday --limit 1000 --csv',
    '--fields time,src_addr,dst_addr,bytes,extra',
  ],
  plan,
};
