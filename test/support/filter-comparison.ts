/** A record of nfdump and a row of ours as the same line of text, with all that filters ask about. */

import type { NfdumpRecord } from './running-nfcapd.ts';

const flagBits: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };

interface Line {
  /** Address of the exporter. */
  readonly origin: string;
  readonly line: string;
}

/** In the order of the line: the key of nfdump, and SQL over `flows`. */
const numbers: readonly (readonly [key: string, sql: string])[] = [
  ['proto', 'proto'],
  ['in_packets', 'packets'],
  ['in_bytes', 'bytes'],
  ['out_packets', 'reverse_packets'],
  ['out_bytes', 'reverse_bytes'],
  ['src_tos', 'tos'],
  ['input_snmp', 'in_if'],
  ['output_snmp', 'out_if'],
  ['src_as', 'src_as'],
  ['dst_as', 'dst_as'],
  ['src_mask', 'src_mask'],
  ['dst_mask', 'dst_mask'],
  ['src_vlan', 'src_vlan'],
  ['dst_vlan', 'dst_vlan'],
  ['src_xlt_port', 'post_nat_src_port'],
  ['dst_xlt_port', 'post_nat_dst_port'],
];
const addresses: readonly (readonly [keys: readonly [string, string], column: string])[] = [
  [['src4_addr', 'src6_addr'], 'src_addr'],
  [['dst4_addr', 'dst6_addr'], 'dst_addr'],
  [['ip4_next_hop', 'ip6_next_hop'], 'next_hop'],
  [['src4_xlt_ip', 'src6_xlt_ip'], 'post_nat_src_addr'],
  [['dst4_xlt_ip', 'dst6_xlt_ip'], 'post_nat_dst_addr'],
];

const text = (column: string): string =>
  `replaceRegexpOne(toString(${column}), '^::ffff:([0-9.]+)$', '\\\\1')`;
const icmp = 'proto IN (1, 58)';

/** Rows `{origin, line}`, named unlike columns, which `where` is about; its placeholders are the caller's. */
export const ourLinesSql = (where: string): string => `SELECT ${text('exporter')} AS origin,
  arrayStringConcat([${[
    ...addresses.map(([, column]) => `replaceRegexpOne(${text(column)}, '^(::|0[.]0[.]0[.]0)$', '-')`),
    `if(${icmp}, 'icmp', toString(src_port))`,
    `toString(if(${icmp} AND icmp_type_code != 0, icmp_type_code, dst_port))`,
    'toString(bitAnd(tcp_flags, 63))',
    'toString(toUnixTimestamp64Milli(flow_end) - toUnixTimestamp64Milli(flow_start))',
    ...numbers.map(([, sql]) => `toString(${sql})`),
  ].join(', ')}], ' ') AS line FROM flows WHERE record_kind != 'event' AND (${where})`;

const millis = (time: unknown): number => {
  const [, second, fraction = ''] = /^(\d{4}-.*)\.(\d+)$/.exec(String(time)) ?? [];
  return second === undefined ? 0 : Date.parse(`${second}.${fraction.padStart(3, '0')}Z`);
};

const lineOf = (record: NfdumpRecord): Line => {
  const number = (key: string): number => Number(record[key] ?? 0);
  const isIcmp = number('proto') === 1 || number('proto') === 58;
  const said = addresses.map(([[v4, v6]]) => String(record[v4] ?? record[v6] ?? '-'));
  const flags = [...String(record.tcp_flags ?? '')].reduce((sum, letter) => sum + (flagBits[letter] ?? 0), 0);
  const values = [
    ...said.map((address) => (/^(?:::|0\.0\.0\.0)$/.test(address) ? '-' : address)),
    isIcmp ? 'icmp' : number('src_port'),
    isIcmp ? 256 * number('icmp_type') + number('icmp_code') : number('dst_port'),
    flags,
    millis(record.last) - millis(record.first),
    ...numbers.map(([key]) => number(key)),
  ];
  return { origin: String(record.ip4_router ?? record.ip6_router ?? ''), line: values.join(' ') };
};

/** Records without addresses are IPv4 for nfdump, and neither IPv4 nor IPv6 for us. */
const hasAddress = ({ line }: Line): boolean => !line.startsWith('- -');

/** Sorted lines of the exporters that `isAsked`. */
export const theirLines = (
  records: readonly NfdumpRecord[],
  isAsked: (exporter: string) => boolean = () => true,
): string[] =>
  records
    .filter(({ type }) => type === 'FLOW')
    .map(lineOf)
    .filter((line) => hasAddress(line) && isAsked(line.origin))
    .map(({ origin, line }) => `${origin} ${line}`)
    .sort();

export const ourLines = (
  rows: readonly Line[],
  isAsked: (exporter: string) => boolean = () => true,
): string[] =>
  rows
    .filter((line) => hasAddress(line) && isAsked(line.origin))
    .map(({ origin, line }) => `${origin} ${line}`)
    .sort();

/** Exporters of which both have the same flows, and at least one. */
export const agreedExporters = (theirs: readonly string[], ours: readonly string[]): ReadonlySet<string> => {
  const group = (lines: readonly string[]): ReadonlyMap<string, string> => {
    const groups = new Map<string, string>();
    for (const line of lines) {
      const exporter = line.slice(0, line.indexOf(' '));
      groups.set(exporter, `${groups.get(exporter) ?? ''}${line}\n`);
    }
    return groups;
  };
  const other = group(ours);
  return new Set(
    [...group(theirs)].filter(([exporter, lines]) => other.get(exporter) === lines).map(([e]) => e),
  );
};

/** Those of `lines` that are not in `from`; both are sorted. */
export const linesMissing = (from: readonly string[], lines: readonly string[]): string[] => {
  const missing: string[] = [];
  let at = 0;
  for (const line of lines) {
    while (at < from.length && (from[at] as string) < line) at++;
    if (from[at] === line) at++;
    else missing.push(line);
  }
  return missing;
};
