/** Who had which public address and port: rows of nat_log out of `flows`. */

import { isTranslated } from '../store/translated-address.ts';
import { inWindow, untilValue } from './receipt-window.ts';

const translates = (address: string, port: string, postAddress: string, postPort: string): string =>
  `(${isTranslated(postAddress)} AND (${postAddress} != ${address} OR (${postPort} != 0 AND ${postPort} != ${port})))`;

/** RFC 8158 4.3: of a session, of a binding, of an address or a block of ports. firewallEvent says the same of a whole flow. */
const begins = 'nat_event IN (1, 4, 6, 8, 10, 14, 16) OR (nat_event = 0 AND firewall_event = 1)';
const ends = 'nat_event IN (2, 5, 7, 9, 11, 15, 17) OR (nat_event = 0 AND firewall_event = 2)';

const isBlock = 'nat_event BETWEEN 14 AND 17';
const rangeStart = "toUInt16OrZero(extra['portRangeStart'])";
const rangeEnd = "toUInt16OrZero(extra['portRangeEnd'])";
const rangePorts = "toUInt16OrZero(extra['portRangeNumPorts'])";
/** A block whose range is not said is the whole address, and so is a binding of addresses. */
const blockEnd = `multiIf(${rangeEnd} != 0, ${rangeEnd}, ${rangePorts} != 0, toUInt16(${rangeStart} + ${rangePorts} - 1), ${rangeStart} = 0, 65535, ${rangeStart})`;

/** Columns in the order in which natLogSelect gives them; `until` of the table is not among them. */
export const natLogColumns = [
  ...[
    'public_addr',
    'is_block',
    'first_port',
    'last_port',
    'proto',
    'kind',
    'phase',
    'event',
    'firewall_event',
    'record_kind',
  ],
  ...['started', 'ended', 'inside_addr', 'inside_port', 'remote_addr', 'remote_port'],
  ...[
    'bytes_out',
    'bytes_in',
    'packets_out',
    'packets_in',
    'total_bytes_out',
    'total_bytes_in',
    'end_reason',
  ],
  ...['exporter', 'domain', 'vrf_in', 'flow_id', 'sampling_rate', 'collector', 'received'],
] as const;

/** As the columns of the table are, so that rows of both go together. */
const asKind = (kind: string): string => `CAST('${kind}', 'Enum8(\\'snat\\' = 0, \\'dnat\\' = 1)')`;
const asPhase = (phase: string): string =>
  `CAST(${phase}, 'Enum8(\\'interval\\' = 0, \\'begin\\' = 1, \\'end\\' = 2, \\'other\\' = 3)')`;

/** By the names of natLogColumns; what is not here is the column of `flows` of the same name. */
const common = {
  phase: asPhase(`multiIf(record_kind != 'event', 'interval', ${begins}, 'begin', ${ends}, 'end', 'other')`),
  event: 'nat_event',
  started: 'if(flow_start > 0, flow_start, if(flow_end > 0, flow_end, received))',
  ended: 'if(flow_end > 0, flow_end, received)',
};
const sourceTranslated = {
  kind: asKind('snat'),
  public_addr: 'post_nat_src_addr',
  is_block: `toBool(${isBlock})`,
  first_port: `multiIf(${isBlock}, ${rangeStart}, post_nat_src_port = 0, src_port, post_nat_src_port)`,
  last_port: `multiIf(${isBlock}, ${blockEnd}, post_nat_src_port = 0, src_port, post_nat_src_port)`,
  inside_addr: 'src_addr',
  inside_port: 'src_port',
  // Where the destination is translated too, what the outside saw of it is what it became.
  remote_addr: `if(${isTranslated('post_nat_dst_addr')}, post_nat_dst_addr, dst_addr)`,
  remote_port: `if(${isTranslated('post_nat_dst_addr')} AND post_nat_dst_port != 0, post_nat_dst_port, dst_port)`,
  bytes_out: 'bytes',
  bytes_in: 'reverse_bytes',
  packets_out: 'packets',
  packets_in: 'reverse_packets',
  total_bytes_out: 'total_bytes',
  total_bytes_in: 'reverse_total_bytes',
};
const destinationTranslated = {
  kind: asKind('dnat'),
  public_addr: 'dst_addr',
  is_block: 'false',
  first_port: 'dst_port',
  last_port: 'dst_port',
  inside_addr: 'post_nat_dst_addr',
  inside_port: 'if(post_nat_dst_port = 0, dst_port, post_nat_dst_port)',
  remote_addr: 'src_addr',
  remote_port: 'src_port',
  bytes_out: 'reverse_bytes',
  bytes_in: 'bytes',
  packets_out: 'reverse_packets',
  packets_in: 'packets',
  total_bytes_out: 'reverse_total_bytes',
  total_bytes_in: 'total_bytes',
};

export type NatKind = 'snat' | 'dnat';

const translations = [
  {
    of: 'snat',
    values: { ...common, ...sourceTranslated } as Readonly<Record<string, string>>,
    rows: `(${translates('src_addr', 'src_port', 'post_nat_src_addr', 'post_nat_src_port')} OR (${isBlock} AND ${isTranslated('post_nat_src_addr')}))`,
  },
  {
    of: 'dnat',
    values: { ...common, ...destinationTranslated } as Readonly<Record<string, string>>,
    rows: translates('dst_addr', 'dst_port', 'post_nat_dst_addr', 'post_nat_dst_port'),
  },
] as const;

/**
 * SELECT of natLogColumns over the rows of `flows` that fulfil `where`, or that of the translation: a row each. `more` stands behind
 * them.
 */
export const natLogSelect = (
  where: string | Readonly<Record<NatKind, string>>,
  more: readonly string[] = [],
): string =>
  translations
    .map(({ of, values, rows }) => {
      // The names would hide the columns of `flows` that other values are made of.
      const listed = natLogColumns.map((name) =>
        values[name] === undefined ? `row.${name}` : `${values[name]} AS ${name}`,
      );
      return `SELECT ${[...listed, ...more].join(', ')}
FROM flows AS row WHERE (${typeof where === 'string' ? where : where[of]}) AND ${rows}`;
    })
    .join('\nUNION ALL\n');

/** Fills nat_log with a window of receipt: parameters `collector`, `from`, `until`. */
export const insertNatLog = `INSERT INTO nat_log (${natLogColumns.join(', ')}, until)
${natLogSelect(inWindow, [untilValue])}`;
