/** Traces with what was seen of their two connections, as rows: one for each connection and each exporter that saw it. */

import type { ReportColumn, Row } from '../ask/report.ts';
import type { SeenConnection, Sighting } from './join-sightings.ts';
import { type ConnectionEnds, captureFilter, displayFilter } from './trace-filters.ts';
import type { Trace } from './traces-sql.ts';

export type TraceSide = 'front' | 'back';

export interface TracedConnection {
  readonly side: TraceSide;
  readonly ends: ConnectionEnds;
  readonly seen: SeenConnection;
}

export interface SeenTrace {
  readonly trace: Trace;
  readonly connections: readonly TracedConnection[];
}

export const frontEnds = (trace: Trace): ConnectionEnds => ({
  proto: trace.proto,
  src: trace.front_src_addr,
  srcPort: trace.front_src_port,
  dst: trace.front_dst_addr,
  dstPort: trace.front_dst_port,
});

const isUnknown = (address: string): boolean => address === '::' || address === '::ffff:0.0.0.0';

/** Undefined: the proxy answered itself. */
export const backEnds = (trace: Trace): ConnectionEnds | undefined =>
  isUnknown(trace.back_src_addr) && isUnknown(trace.back_dst_addr)
    ? undefined
    : {
        proto: trace.proto,
        src: trace.back_src_addr,
        srcPort: trace.back_src_port,
        dst: trace.back_dst_addr,
        dstPort: trace.back_dst_port,
      };

const optional = { optional: true } as const;
const column = (
  name: string,
  title: string,
  kind: ReportColumn['kind'],
  more: Pick<ReportColumn, 'optional' | 'port' | 'isHidden'> = {},
): ReportColumn => ({ name, title, kind, ...more });

/** What exporters saw: for the table below each connection. */
// biome-ignore format: a table is read by its rows
export const sightingColumns: readonly ReportColumn[] = [
  column('exporter', 'seen by', 'address'),
  column('domain', 'domain', 'number', optional),
  column('seen_from', 'from', 'time'),
  column('seen_to', 'to', 'time'),
  column('bytes', 'bytes', 'bytes'),
  column('reverse_bytes', 'bytes back', 'bytes'),
  column('state', 'state', 'text'),
  column('alias', 'translated', 'text', optional),
  column('packets', 'packets', 'packets', optional),
  column('reverse_packets', 'packets back', 'packets', optional),
];

// biome-ignore format: a table is read by its rows
export const traceColumns: readonly ReportColumn[] = [
  column('time', 'time', 'time'),
  column('request_id', 'request', 'text'),
  column('side', 'side', 'text'),
  column('src_addr', 'source', 'address', { port: 'src_port' }),
  column('src_port', 'source port', 'port'),
  column('dst_addr', 'destination', 'address', { port: 'dst_port' }),
  column('dst_port', 'destination port', 'port'),
  column('proto', 'proto', 'protocol'),
  column('client', 'client', 'address', optional),
  column('session_id', 'session', 'text', optional),
  column('mapping', 'mapping', 'text', optional),
  column('host', 'host', 'text', optional),
  column('requests', 'requests', 'count', optional),
  column('first_request', 'first request', 'time', optional),
  column('last_request', 'last request', 'time', optional),
  ...sightingColumns,
  column('traced_by', 'traced by', 'address', optional),
  column('packets_from', 'packets from', 'time', optional),
  column('packets_to', 'packets to', 'time', optional),
  column('display_filter', 'display filter', 'text', optional),
  column('capture_filter', 'capture filter', 'text', optional),
];

const sightingRow = (sighting: Sighting | undefined): Row => ({
  exporter: sighting?.exporter ?? null,
  domain: sighting?.domain ?? null,
  seen_from: sighting?.from ?? null,
  seen_to: sighting?.to ?? null,
  // An event has no counters: they are not known, and not nothing.
  bytes: sighting?.isCounted ? sighting.bytes : null,
  reverse_bytes: sighting?.isCounted ? sighting.reverseBytes : null,
  packets: sighting?.isCounted ? sighting.packets : null,
  reverse_packets: sighting?.isCounted ? sighting.reversePackets : null,
  state: sighting?.state ?? null,
  alias: sighting?.alias ?? '',
});

const connectionRows = (number: number, trace: Trace, { side, ends, seen }: TracedConnection): Row[] => {
  const { window, requests, firstRequest, lastRequest } = seen;
  const common = {
    trace: number,
    time: trace.at,
    request_id: trace.request_id,
    session_id: trace.session_id,
    mapping: trace.mapping,
    host: trace.host,
    client: isUnknown(trace.client_addr) ? null : trace.client_addr,
    side,
    src_addr: ends.src,
    src_port: ends.srcPort,
    dst_addr: ends.dst,
    dst_port: ends.dstPort,
    proto: ends.proto,
    requests,
    first_request: firstRequest,
    last_request: lastRequest,
    traced_by: trace.exporter,
    packets_from: window.fromMicros,
    packets_to: window.toMicros,
    display_filter: displayFilter(ends, window),
    capture_filter: captureFilter(ends),
  };
  const sightings = seen.sightings.length === 0 ? [undefined] : seen.sightings;
  return sightings.map((sighting) => ({ ...common, ...sightingRow(sighting) }));
};

/** `trace` of a row is the number of its trace among them. */
export const traceRows = (traces: readonly SeenTrace[]): Row[] =>
  traces.flatMap(({ trace, connections }, i) =>
    connections.flatMap((connection) => connectionRows(i, trace, connection)),
  );
