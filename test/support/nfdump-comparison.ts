/** Records of nfdump and rows of ours, brought to one form and paired. */

import type { RunningCollector } from './running-collector.ts';
import type { NfdumpRecord } from './running-nfcapd.ts';

export interface ComparableFlow {
  readonly exporter: string;
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  /** ICMP type and code as one number. */
  readonly icmp: number;
  readonly proto: number;
  readonly packets: number;
  readonly bytes: number;
  readonly startMs: number;
  readonly endMs: number;
  /** nfdump: 1 when it multiplied the counters. Ours: the rate that they are to be multiplied by. */
  readonly sampling: number;
}

const isIcmp = (proto: number): boolean => proto === 1 || proto === 58;

export const ofNfdump = (record: NfdumpRecord): ComparableFlow => {
  const number = (key: string): number => Number(record[key] ?? 0);
  const proto = number('proto');
  // The milliseconds of t_event have no leading zeros: 33.15 is 15 ms after the second.
  const timeMs = (key: string): number => {
    const [, second, milliseconds = ''] = /^(\d{4}-.*)\.(\d+)$/.exec(String(record[key])) ?? [];
    return second === undefined ? 0 : Date.parse(`${second}.${milliseconds.padStart(3, '0')}Z`);
  };
  // Events have one time. It stands apart where the record has no first or last packet.
  const startMs = timeMs('first') || timeMs('t_event');
  const endMs = timeMs('last') || timeMs('t_event');
  return {
    exporter: String(record.ip4_router ?? record.ip6_router ?? ''),
    src: String(record.src4_addr ?? record.src6_addr ?? '::'),
    dst: String(record.dst4_addr ?? record.dst6_addr ?? '::'),
    srcPort: isIcmp(proto) ? 0 : number('src_port'),
    // nfdump shows type and code of ICMP, wherever they come from, in place of the ports.
    dstPort: number('dst_port'),
    icmp: number('icmp_type') * 256 + number('icmp_code'),
    proto,
    packets: number('in_packets'),
    bytes: number('in_bytes'),
    // nfdump 1.7.1 takes flowStartSysUpTime (22) of IPFIX for the end, and flowEndSysUpTime (21) for the start.
    startMs: Math.min(startMs, endMs),
    endMs: Math.max(startMs, endMs),
    sampling: number('sampled'),
  };
};

const text = (column: string): string =>
  `replaceRegexpOne(toString(${column}), '^::ffff:([0-9.]+)$', '\\\\1')`;

export const ourRows = (collector: RunningCollector, where = '1'): Promise<ComparableFlow[]> =>
  collector.sql<ComparableFlow>(`SELECT ${text('exporter')} AS exporter, ${text('src_addr')} AS src, ${text('dst_addr')} AS dst,
    if(proto IN (1, 58), 0, src_port) AS srcPort,
    dst_port AS dstPort, icmp_type_code AS icmp, proto, packets, bytes, toUnixTimestamp64Milli(flow_start) AS startMs, toUnixTimestamp64Milli(flow_end) AS endMs,
    sampling_rate AS sampling FROM flows WHERE ${where}`);

/** `factor`: of the counters. */
const lineOf = (f: ComparableFlow, factor: number): string =>
  `${f.exporter}: ${f.src} ${f.srcPort} > ${f.dst} ${isIcmp(f.proto) ? f.icmp : f.dstPort} ${f.proto} packets ${f.packets * factor} bytes ${f.bytes * factor} ` +
  `${f.startMs} ${f.endMs}`;

export interface Comparison {
  readonly equal: number;
  /** Lines that only one of the two has. */
  readonly onlyNfdump: readonly string[];
  readonly onlyOurs: readonly string[];
}

/** Pairs each record of nfdump with one row. Where nfdump has multiplied by the sampling rate, we do, too. */
export const compareFlows = (
  theirs: readonly ComparableFlow[],
  ours: readonly ComparableFlow[],
): Comparison => {
  const rows = new Map<string, Set<ComparableFlow>>();
  for (const row of ours) {
    // A key a form of counters: a row can be found by both, and is taken out under both.
    // nfdump takes the destination port where there is no icmpTypeCodeIPv4 (32), and 0 for icmpTypeCodeIPv6 (139). We keep both.
    const forms = isIcmp(row.proto) ? [row, { ...row, icmp: row.dstPort }, { ...row, icmp: 0 }] : [row];
    for (const form of forms) {
      for (const key of [`0 ${lineOf(form, 1)}`, `1 ${lineOf(form, row.sampling)}`]) {
        const same = rows.get(key) ?? new Set();
        rows.set(key, same.add(row));
      }
    }
  }
  const left = new Set(ours);
  const onlyNfdump: string[] = [];
  for (const record of theirs) {
    const key = `${record.sampling} ${lineOf(record, 1)}`;
    const row = [...(rows.get(key) ?? [])].find((candidate) => left.has(candidate));
    if (row) {
      left.delete(row);
      rows.get(key)?.delete(row);
    } else onlyNfdump.push(lineOf(record, 1));
  }
  return {
    equal: theirs.length - onlyNfdump.length,
    onlyNfdump,
    onlyOurs: [...left].map((row) => `${lineOf(row, 1)} sampling ${row.sampling}`),
  };
};
