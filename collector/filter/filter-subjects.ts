/** What filters ask about that is no column: worked out from several. */

import { absent } from '../../shared/capture/packet-facts.ts';
import type { ColumnSql, Subject } from './filter-term.ts';
import { packetCondition, packetNumber } from './packet-subjects.ts';

/** No address was said, or one of zeros. */
const isSaid = (address: string): string => `${address} NOT IN ('::', '::ffff:0.0.0.0')`;
const mapped = "BETWEEN '::ffff:0.0.0.0' AND '::ffff:255.255.255.255'";

/** Milliseconds, as nfdump has them; 0 where the record has no start. */
const durationSql = (column: ColumnSql): string => {
  const [start, end] = [column('flow_start'), column('flow_end')];
  return `if(toUnixTimestamp64Micro(${start}) = 0, 0, greatest(toUnixTimestamp64Milli(${end}) - toUnixTimestamp64Milli(${start}), 0))`;
};

/** A whole number, as nfdump has it; 0 where there is nothing to divide by. Counters are doubles here, so that none overflows. */
const quotient = (dividend: string, divisor: string): string =>
  `if(${divisor} = 0, 0, floor(${dividend} / ${divisor}))`;

const times = ['flow_start', 'flow_end'];

/** Type x 256 + code; NetFlow v5 and many v9 exporters put it into the destination port. */
const icmpSql = (column: ColumnSql): string =>
  `if(${column('icmp_type_code')} != 0, ${column('icmp_type_code')}, ${column('dst_port')})`;
const icmpColumns = ['icmp_type_code', 'dst_port'];

const translated = (column: ColumnSql, side: 'src' | 'dst'): string => {
  const [address, port] = [column(`post_nat_${side}_addr`), column(`post_nat_${side}_port`)];
  return (
    `(${isSaid(address)} AND ${address} != ${column(`${side}_addr`)})` +
    ` OR (${port} != 0 AND ${port} != ${column(`${side}_port`)})`
  );
};
const sides = ['src_addr', 'dst_addr', 'src_port', 'dst_port'];

export const filterSubjects = {
  every: { columns: [], sql: () => '1', packet: packetCondition(() => true) },
  duration: { columns: times, sql: durationSql },
  bitsPerSecond: {
    columns: ['bytes', ...times],
    sql: (column) => quotient(`${column('bytes')} * 8e3`, durationSql(column)),
  },
  packetsPerSecond: {
    columns: ['packets', ...times],
    sql: (column) => quotient(`${column('packets')} * 1e3`, durationSql(column)),
  },
  bytesPerPacket: {
    columns: ['bytes', 'packets'],
    sql: (column) => quotient(column('bytes'), column('packets')),
  },
  icmpType: {
    columns: icmpColumns,
    sql: (column) => `bitShiftRight(${icmpSql(column)}, 8)`,
    packet: packetNumber((p) => p.icmpType),
  },
  icmpCode: {
    columns: icmpColumns,
    sql: (column) => `bitAnd(${icmpSql(column)}, 255)`,
    packet: packetNumber((p) => p.icmpCode),
  },
  isIcmp: {
    columns: ['proto'],
    sql: (column) => `${column('proto')} IN (1, 58)`,
    packet: packetCondition((p) => p.protocol === 1 || p.protocol === 58),
  },
  isTcp: {
    columns: ['proto'],
    sql: (column) => `${column('proto')} = 6`,
    packet: packetCondition((p) => p.protocol === 6),
  },
  isIpv4: {
    columns: ['src_addr', 'dst_addr'],
    sql: (column) => `(${column('src_addr')} ${mapped} AND ${column('dst_addr')} ${mapped})`,
    packet: packetCondition((p) => p.family === 4),
  },
  isIpv6: {
    columns: ['src_addr', 'dst_addr'],
    sql: (column) => {
      const [src, dst] = [column('src_addr'), column('dst_addr')];
      return `(NOT (${src} ${mapped}) AND NOT (${dst} ${mapped}) AND (${src} != '::' OR ${dst} != '::'))`;
    },
    packet: packetCondition((p) => p.family === 6),
  },
  dscp: {
    columns: ['tos'],
    sql: (column) => `bitShiftRight(${column('tos')}, 2)`,
    packet: packetNumber(({ tos }) => (tos === absent ? absent : tos >> 2)),
  },
  /** A record that says nothing is one flow. */
  flows: { columns: ['flow_count'], sql: (column) => `greatest(${column('flow_count')}, 1)` },
  isTranslated: {
    columns: [...sides, ...sides.map((name) => `post_nat_${name}`)],
    sql: (column) => `(${translated(column, 'src')} OR ${translated(column, 'dst')})`,
  },
} as const satisfies Readonly<Record<string, Subject>>;
