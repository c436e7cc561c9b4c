/** Records about one connection, put together: what each exporter saw of it, and for how long. */

import { formatHostPort } from '../../shared/service/host-port.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { ConnectionEnds, PacketWindow } from './trace-filters.ts';
import { aroundMicros, type SightingRow } from './trace-sightings.ts';

/** Clocks of exporters and of proxies differ by so much. */
const skewMicros = 2e6;
/** A trace may be written when the connection is over. */
const lateMicros = 60e6;
/** Packets are looked for so long before and after a trace, where nobody saw the connection, or its end. */
const unknownMicros = 120e6;

/** What one exporter saw of the connection: `bytes` from its source, `reverse_bytes` to it. */
export interface Sighting {
  readonly exporter: string;
  readonly domain: number;
  /** Microseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly isOver: boolean;
  /** False: there were events only, which have no counters. */
  readonly isCounted: boolean;
  readonly state: string;
  readonly bytes: number;
  readonly reverseBytes: number;
  readonly packets: number;
  readonly reversePackets: number;
  /** The other name of the connection, where it was translated on the way: `10.0.0.5:4000 > 192.0.2.1:443`. */
  readonly alias: string;
}

export interface SeenConnection {
  readonly sightings: readonly Sighting[];
  /** Requests that were traced on it, this one among them, and when the first and the last of them were, microseconds. */
  readonly requests: number;
  readonly firstRequest: number;
  readonly lastRequest: number;
  /** In which its packets are, and none of another connection with the same ends that anybody told of. */
  readonly window: PacketWindow;
}

type Side = 'there' | 'back';
interface Place {
  readonly side: Side;
  readonly alias: string;
}

const flagFin = 1;
const flagRst = 4;

const isPair = (
  ends: ConnectionEnds,
  src: string,
  srcPort: number,
  dst: string,
  dstPort: number,
): Side | undefined => {
  if (src === ends.src && srcPort === ends.srcPort && dst === ends.dst && dstPort === ends.dstPort)
    return 'there';
  if (src === ends.dst && srcPort === ends.dstPort && dst === ends.src && dstPort === ends.srcPort)
    return 'back';
  return undefined;
};

const pairText = (src: string, srcPort: number, dst: string, dstPort: number): string =>
  `${formatHostPort(shownAddress(src), srcPort)} > ${formatHostPort(shownAddress(dst), dstPort)}`;

/** Which way the record tells of the connection: as its ends were, or as they were after translation; undefined: it is about another one. */
export const placeOf = (ends: ConnectionEnds, row: SightingRow): Place | undefined => {
  if (row.proto !== ends.proto) return undefined;
  const before = [row.src, row.src_port, row.dst, row.dst_port] as const;
  const after = [row.post_src, row.post_src_port, row.post_dst, row.post_dst_port] as const;
  const isSame = before.every((value, i) => value === after[i]);
  const side = isPair(ends, ...before);
  if (side !== undefined) return { side, alias: isSame ? '' : pairText(...after) };
  const translated = isPair(ends, ...after);
  return translated === undefined ? undefined : { side: translated, alias: pairText(...before) };
};

interface PlacedRow {
  readonly row: SightingRow;
  readonly place: Place;
}

const closed = (row: SightingRow): boolean => row.kind === 'flow' || row.firewall_event === 2;
const hasEnded = ({ row }: PlacedRow): boolean =>
  closed(row) && (row.end_reason === 3 || (row.tcp_flags & (flagFin | flagRst)) !== 0);

const stateOf = (rows: readonly PlacedRow[]): string => {
  const last = rows.findLast(({ row }) => closed(row));
  if (last === undefined) {
    // What is left of such a connection is the wait for late packets.
    if (rows.some(({ row }) => row.proto === 6 && (row.tcp_flags & (flagFin | flagRst)) !== 0))
      return 'closing';
    return rows.some(({ row }) => row.kind !== 'event') ? 'open' : 'new';
  }
  const isReset = rows.some(({ row }) => row.proto === 6 && (row.tcp_flags & flagRst) !== 0);
  const reasons: Readonly<Record<number, string>> = { 1: ', idle', 4: ', forced', 5: ', no room' };
  return `closed${reasons[last.row.end_reason] ?? (isReset ? ', reset' : '')}`;
};

type Counter = 'bytes' | 'packets';
/** Deltas are added up; of totals the largest one counts. An exporter that tells of each direction apart has one in either. */
const countSide = (rows: readonly PlacedRow[], counter: Counter, side: Side): number => {
  let [sum, most] = [0, 0];
  for (const { row, place } of rows) {
    const isForward = place.side === side;
    sum += isForward ? row[counter] : row[`reverse_${counter}`];
    most = Math.max(most, isForward ? row[`total_${counter}`] : row[`reverse_total_${counter}`]);
  }
  return most > 0 ? most : sum;
};

const sightingOf = (rows: readonly PlacedRow[]): Sighting => ({
  exporter: rows[0]?.row.exporter ?? '',
  domain: rows[0]?.row.domain ?? 0,
  from: Math.min(...rows.map(({ row }) => row.begun)),
  to: Math.max(...rows.map(({ row }) => row.ended)),
  isOver: rows.some(({ row }) => closed(row)),
  isCounted: rows.some(
    ({ row }) => row.kind !== 'event' || row.packets + row.reverse_packets + row.bytes > 0,
  ),
  state: stateOf(rows),
  bytes: countSide(rows, 'bytes', 'there'),
  reverseBytes: countSide(rows, 'bytes', 'back'),
  packets: countSide(rows, 'packets', 'there'),
  reversePackets: countSide(rows, 'packets', 'back'),
  alias: rows.find(({ place }) => place.alias !== '')?.place.alias ?? '',
});

/** Of one exporter, its connections with these ends one after the other: a port that is used again is another connection. */
const splitReused = (rows: readonly PlacedRow[]): Sighting[] => {
  const sessions: PlacedRow[][] = [];
  for (const placed of [...rows].sort((a, b) => a.row.begun - b.row.begun || a.row.ended - b.row.ended)) {
    const last = sessions.at(-1);
    const ended = last === undefined ? 0 : Math.max(...last.map(({ row }) => row.ended));
    if (last === undefined || (last.some(hasEnded) && placed.row.begun > ended)) sessions.push([placed]);
    else last.push(placed);
  }
  return sessions.map(sightingOf);
};

/**
 * Connections of one exporter with the same ends: where another one began later, one was over by then, though no record tells of its end. Two
 * that began at once may be the same in two zones, or VRFs.
 */
const findFollowed = (series: readonly Sighting[]): readonly Sighting[] =>
  series.filter((one) => series.some((next) => next.from > one.to && next.from - one.from > skewMicros));

const distanceTo =
  (at: number, followed: ReadonlySet<Sighting>) =>
  (one: Sighting): number =>
    // What is not over may have gone on.
    Math.max(one.from - at, one.isOver || followed.has(one) ? at - one.to : 0, 0);

interface Reach {
  readonly window: PacketWindow;
  /** In which requests are of this connection; likewise. */
  readonly requests: PacketWindow;
}

/** Bounds are where another connection with the same ends was seen to end, or to begin. */
const reachOf = (chosen: readonly Sighting[], others: readonly Sighting[], at: number): Reach => {
  const isSeen = chosen.length > 0;
  const from = isSeen ? Math.min(...chosen.map((one) => one.from)) : at;
  const to = isSeen ? Math.max(...chosen.map((one) => one.to)) : at;
  const isOver = chosen.some((one) => one.isOver);
  const before = others.filter((one) => one.to < from).map((one) => one.to + 1);
  const next = others.filter((one) => one.from > to).map((one) => one.from - 1);
  const within = (least: number, most: number): PacketWindow => ({
    fromMicros: Math.max(least, ...before),
    toMicros: Math.min(most, ...next),
  });
  const ending = isOver ? to + skewMicros : Math.max(at + unknownMicros, to + skewMicros);
  return {
    window: within(isSeen ? from - skewMicros : at - unknownMicros, ending),
    requests: isSeen
      ? within(from - skewMicros, isOver ? to + lateMicros : Number.POSITIVE_INFINITY)
      : within(at - aroundMicros, at + aroundMicros),
  };
};

/** `at`: when the request was traced; `traced`: when all requests on connections with these ends were; `rows`: those that may be about it. */
export const joinSightings = (
  ends: ConnectionEnds,
  at: number,
  traced: readonly number[],
  rows: readonly SightingRow[],
): SeenConnection => {
  const groups = new Map<string, PlacedRow[]>();
  for (const row of rows) {
    const place = row.is_trace ? undefined : placeOf(ends, row);
    if (place === undefined) continue;
    const key = `${row.exporter} ${row.domain} ${row.flow_id} ${row.direction}`;
    const known = groups.get(key);
    if (known) known.push({ row, place });
    else groups.set(key, [{ row, place }]);
  }
  const series = new Map<string, Sighting[]>();
  for (const placed of groups.values()) {
    const { exporter, domain, flow_id, direction } = placed[0]?.row ?? {};
    const name = `${exporter} ${domain} ${direction} ${flow_id !== '0'}`;
    series.set(name, [...(series.get(name) ?? []), ...splitReused(placed)]);
  }
  const all = [...series.values()].flat();
  const distance = distanceTo(at, new Set([...series.values()].flatMap(findFollowed)));
  const near = all.filter((one) => distance(one) <= lateMicros);
  // Of several that an exporter saw one after the other, those that were there then, or else the nearest.
  const nearest = new Map<string, number>();
  const nameOf = ({ exporter, domain }: Sighting): string => `${exporter} ${domain}`;
  for (const one of near)
    nearest.set(nameOf(one), Math.min(distance(one), nearest.get(nameOf(one)) ?? Number.POSITIVE_INFINITY));
  const chosen = near
    .filter((one) => distance(one) <= Math.max(skewMicros, nearest.get(nameOf(one)) ?? 0))
    .sort((a, b) => a.exporter.localeCompare(b.exporter) || a.from - b.from);
  const others = all.filter((one) => !chosen.includes(one));
  const { window, requests } = reachOf(chosen, others, at);
  const times = traced.filter((time) => time >= requests.fromMicros && time <= requests.toMicros);
  return {
    sightings: chosen,
    requests: Math.max(1, times.length),
    firstRequest: Math.min(at, ...times),
    lastRequest: Math.max(at, ...times),
    window,
  };
};
