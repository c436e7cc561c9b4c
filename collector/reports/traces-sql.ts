/** Rows of `flows` that are traces of a proxy: a request, the connection that it came by, and the one that it went by. */

import type { OwnValueName, OwnValues } from '../store/own-values.ts';

export interface Trace {
  /** Microseconds since 1970. */
  readonly at: number;
  readonly request_id: string;
  readonly session_id: string;
  readonly mapping: string;
  readonly host: string;
  /** As ClickHouse says IPv6; `::`: not said. */
  readonly client_addr: string;
  readonly front_src_addr: string;
  readonly front_src_port: number;
  readonly front_dst_addr: string;
  readonly front_dst_port: number;
  readonly back_src_addr: string;
  readonly back_src_port: number;
  readonly back_dst_addr: string;
  readonly back_dst_port: number;
  readonly proto: number;
  /** Of the trace. */
  readonly exporter: string;
}

/** Every trace has one of these. */
const traceNames: readonly OwnValueName[] = ['request_id', 'session_id'];

/** Over `flows` called `f`. */
export const isTrace = (own: OwnValues): string => own.has(traceNames);

/** Rows of a range of time: of what has one moment, that is all there is to ask. */
export const inSeconds =
  'f.time >= toDateTime({from_second:UInt32}) AND f.time < toDateTime({to_second:UInt32})';

/** Microseconds since 1970 of the row `f`: its own time where that is believed. */
export const rowMicros =
  "if(f.flow_end > 0 AND f.time_source NOT IN ('received', 'absurd'), toUnixTimestamp64Micro(f.flow_end), toInt64(toUnixTimestamp(f.time)) * 1000000)";

export interface TraceConditions {
  /** What values have to be: value and name of its parameter. */
  readonly equals: readonly (readonly [OwnValueName, string])[];
  /** Over `flows` called `f`. */
  readonly flowsWhere: readonly string[];
}

/** A SELECT of what `Trace` has; addresses are IPv6. Of rows that have nothing to say, little more is read than that. */
export const tracesSql = (own: OwnValues, { equals, flowsWhere }: TraceConditions): string => {
  const values = equals.map(([name, param]) => `${own.value(name)} = {${param}:String}`);
  return `SELECT ${rowMicros} AS at,
  ${own.value('request_id')} AS request_id, ${own.value('session_id')} AS session_id,
  ${own.value('proxy_mapping')} AS mapping, ${own.value('proxy_host')} AS host,
  ${own.value('client_addr')} AS client_addr,
  f.src_addr AS front_src_addr, f.src_port AS front_src_port, f.dst_addr AS front_dst_addr, f.dst_port AS front_dst_port,
  f.post_nat_src_addr AS back_src_addr, f.post_nat_src_port AS back_src_port,
  f.post_nat_dst_addr AS back_dst_addr, f.post_nat_dst_port AS back_dst_port, f.proto AS proto, f.exporter AS exporter
FROM flows AS f
PREWHERE ${[own.mayHave(traceNames), isTrace(own), ...values].join('\n  AND ')}${flowsWhere.length === 0 ? '' : `\nWHERE ${flowsWhere.join(' AND ')}`}`;
};
