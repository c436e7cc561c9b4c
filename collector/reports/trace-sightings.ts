/** What exporters saw of the connections that traces name, and the other requests that these carried. */

import type { LedgerView } from '../ask/ledger-view.ts';
import type { OwnValues } from '../store/own-values.ts';
import { isTranslated } from '../store/translated-address.ts';
import { readScanSettings } from './scan-settings.ts';
import type { ConnectionEnds } from './trace-filters.ts';
import { inSeconds, isTrace, rowMicros } from './traces-sql.ts';

/** Records of a connection are looked for so long before and after a trace of it: those who tell of long ones do so at least every half an hour. */
export const aroundMicros = 3600e6;
/** So many records are looked at: a connection to a back end may carry thousands of requests. */
export const maxSightings = 50_000;

/** A record of `flows` about one of the connections, or a trace (`is_trace`) of one. Addresses as ClickHouse says IPv6, times microseconds since 1970, counters with sampling. */
export interface SightingRow {
  readonly is_trace: number;
  readonly request_id: string;
  readonly exporter: string;
  readonly domain: number;
  readonly direction: number;
  readonly flow_id: string;
  readonly proto: number;
  readonly src: string;
  readonly src_port: number;
  readonly dst: string;
  readonly dst_port: number;
  /** After translation; the same where there was none. */
  readonly post_src: string;
  readonly post_src_port: number;
  readonly post_dst: string;
  readonly post_dst_port: number;
  readonly kind: 'flow' | 'interim' | 'event';
  readonly begun: number;
  readonly ended: number;
  readonly bytes: number;
  readonly packets: number;
  readonly reverse_bytes: number;
  readonly reverse_packets: number;
  readonly total_bytes: number;
  readonly total_packets: number;
  readonly reverse_total_bytes: number;
  readonly reverse_total_packets: number;
  readonly tcp_flags: number;
  readonly end_reason: number;
  readonly firewall_event: number;
}

const counters = ['bytes', 'packets', 'reverse_bytes', 'reverse_packets'].flatMap((name) => [
  name,
  name.startsWith('reverse_') ? name.replace('reverse_', 'reverse_total_') : `total_${name}`,
]);

const after = (side: 'src' | 'dst'): string => {
  const [address, port] = [`f.post_nat_${side}_addr`, `f.post_nat_${side}_port`];
  return `toString(if(${isTranslated(address)}, ${address}, f.${side}_addr)) AS post_${side}, if(${port} != 0, ${port}, f.${side}_port) AS post_${side}_port`;
};

/** The end that began is a client, or the proxy itself, with a port of its own: few rows have it. As it was, or after translation, on either side. */
const hasEnd = ['src', 'dst']
  .flatMap((side) => [
    `(f.${side}_addr IN {ends:Array(IPv6)} AND f.${side}_port IN {ports:Array(UInt16)})`,
    `(f.post_nat_${side}_addr IN {ends:Array(IPv6)} AND if(f.post_nat_${side}_port != 0, f.post_nat_${side}_port, f.${side}_port) IN {ports:Array(UInt16)})`,
  ])
  .join('\n  OR ');

const sightingsSql = (own: OwnValues, settings: string): string => `SELECT ${isTrace(own)} AS is_trace,
  ${own.value('request_id')} AS request_id, toString(f.exporter) AS exporter, f.domain AS domain, toInt8(f.direction) AS direction,
  toString(f.flow_id) AS flow_id, f.proto AS proto,
  toString(f.src_addr) AS src, f.src_port AS src_port, toString(f.dst_addr) AS dst, f.dst_port AS dst_port,
  ${after('src')}, ${after('dst')},
  toString(f.record_kind) AS kind, ${rowMicros} AS ended,
  if(f.flow_start > 0 AND f.time_source NOT IN ('received', 'absurd'), toUnixTimestamp64Micro(f.flow_start), ended) AS begun,
  ${counters.map((name) => `f.${name} * greatest(f.sampling_rate, 1) AS ${name}`).join(', ')},
  bitOr(f.tcp_flags, f.reverse_tcp_flags) AS tcp_flags, f.end_reason AS end_reason, f.firewall_event AS firewall_event
FROM flows AS f
WHERE (${hasEnd})
  AND ${inSeconds} AND arrayExists((from, to) -> f.time >= toDateTime(from) AND f.time < toDateTime(to), {froms:Array(UInt32)}, {tos:Array(UInt32)})
LIMIT {max_rows:UInt32}${settings}`;

/** Seconds; what touches is put together. */
const joinWindows = (micros: readonly number[]): { froms: number[]; tos: number[] } => {
  const [froms, tos]: [number[], number[]] = [[], []];
  for (const at of [...micros].sort((a, b) => a - b)) {
    const [from, to] = [Math.floor((at - aroundMicros) / 1e6), Math.ceil((at + aroundMicros) / 1e6)];
    const last = tos.length - 1;
    if (last >= 0 && from <= (tos[last] ?? 0)) tos[last] = to;
    else {
      froms.push(from);
      tos.push(to);
    }
  }
  return { froms, tos };
};

/** All records that may be about the connections, in no order, around these times (microseconds). */
export const askSightings = async (
  connections: readonly ConnectionEnds[],
  times: readonly number[],
  own: OwnValues,
  ledger: LedgerView,
): Promise<readonly SightingRow[]> => {
  if (connections.length === 0) return [];
  const { froms, tos } = joinWindows(times);
  return ledger.ask<SightingRow>({
    sql: sightingsSql(own, await readScanSettings(ledger)),
    params: {
      ends: [...new Set(connections.map(({ src }) => src))],
      ports: [...new Set(connections.map(({ srcPort }) => srcPort))],
      ...{ froms, tos, from_second: froms[0], to_second: tos.at(-1) },
      max_rows: maxSightings,
    },
  });
};
