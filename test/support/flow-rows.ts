/** What is stored, in the form of what was sent. */

import type { SentFlow } from './flow-messages.ts';
import type { RunningCollector } from './running-collector.ts';

const select = `SELECT
  replaceRegexpOne(toString(src_addr), '^::ffff:', '') AS src,
  replaceRegexpOne(toString(dst_addr), '^::ffff:', '') AS dst,
  src_port AS srcPort, dst_port AS dstPort, proto, packets, bytes,
  toUnixTimestamp64Milli(flow_start) AS startMs, toUnixTimestamp64Milli(flow_end) AS endMs
FROM flows`;

/** Rows of `flows` that fulfil `where`, in no order. */
export const storedFlows = (collector: RunningCollector, where = '1'): Promise<SentFlow[]> =>
  collector.sql<SentFlow>(`${select} WHERE ${where}`);

const flowText = (f: SentFlow): string =>
  `${f.src}:${f.srcPort} > ${f.dst}:${f.dstPort} proto ${f.proto} ${f.packets} packets ${f.bytes} bytes ${f.startMs}-${f.endMs}`;

/** A line a flow, in an order that does not depend on when they came: for comparing two sets of them. */
export const flowLines = (flows: readonly SentFlow[]): string[] => flows.map(flowText).sort();
