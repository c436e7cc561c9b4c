/** Fills connections with a window of receipt: parameters `collector`, `from`, `until`. What belongs together is put together by merges. */

import { isTranslated } from '../store/translated-address.ts';
import { inWindow, untilValue } from './receipt-window.ts';

const believed = "flow_end > 0 AND time_source NOT IN ('received', 'absurd')";
const at = `if(${believed}, flow_end, toDateTime64(time, 6))`;

const isOver = `(record_kind = 'flow' OR nat_event IN (2, 5, 7, 9, 11) OR (record_kind = 'event' AND firewall_event IN (2, 3)))`;

const set = (address: string): string => `if(${isTranslated(address)}, ${address}, toIPv6('::'))`;

const same = (...names: readonly string[]): readonly (readonly [string, string])[] =>
  names.map((name) => [name, name]);

/** What tells connections apart. */
export const connectionKey: readonly string[] = [
  ...['exporter', 'domain', 'flow_id', 'src_addr', 'dst_addr', 'src_port', 'dst_port', 'proto', 'collector'],
];

const columns: readonly (readonly [name: string, sql: string])[] = [
  ...same(...connectionKey),
  ['first_start', `if(${believed} AND flow_start > 0, flow_start, ${at})`],
  ['last_seen', at],
  ...same('bytes', 'packets', 'reverse_bytes', 'reverse_packets'),
  ...same('total_bytes', 'total_packets', 'reverse_total_bytes', 'reverse_total_packets'),
  ...same('tcp_flags', 'reverse_tcp_flags'),
  ['post_nat_src_addr', set('post_nat_src_addr')],
  ['post_nat_dst_addr', set('post_nat_dst_addr')],
  ...same('post_nat_src_port', 'post_nat_dst_port', 'vrf_in', 'ct_mark'),
  ['is_closed', `toUInt8(${isOver})`],
  ...same('received', 'record_kind', 'end_reason', 'nat_event', 'firewall_event'),
  ...same('sampling_rate'),
  ['until', untilValue],
];

/**
 * Of rows of one key, anyLast takes the one that was inserted last: so they go in as they were received. Those that came in one datagram are received at the
 * same time: a connection begins, goes on, and ends.
 */
export const insertConnections = `INSERT INTO connections (${columns.map(([name]) => name).join(', ')})
SELECT ${columns.map(([, sql]) => sql).join(', ')}
FROM flows WHERE ${inWindow} AND flow_id != 0 ORDER BY flows.received, ${isOver}, firewall_event = 5`;

/** The same rows, but `until`, of those of `flows` that fulfil `where`: for what is not in the table yet. */
export const connectionsSelect = (where: string): string =>
  `SELECT ${columns
    .filter(([name]) => name !== 'until')
    .map(([name, sql]) => `${sql.replace(/\b(?=post_nat_(?:src|dst)_addr\b)/g, 'row.')} AS ${name}`)
    .join(', ')}
FROM flows AS row WHERE (${where}) AND flow_id != 0`;
