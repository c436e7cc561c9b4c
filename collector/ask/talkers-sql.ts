/** The addresses that carry most, out of `talkers_1h` where hours are closed, and out of `flows` at the edges. */

import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { activeCollectors, alignRange, coverOf } from './choose-source.ts';
import type { LedgerView } from './ledger-view.ts';
import { type Measure, measureFlows } from './measure-sql.ts';
import type { Query } from './query.ts';
import type { TimeRange } from './report.ts';

const hourMicros = 3600e6;
const talkerColumns: ReadonlySet<string> = new Set(['exporter', 'collector', 'sampling_rate']);

export interface TalkersSource {
  readonly range: TimeRange;
  /** Whole hours of `talkers_1h`, microseconds since 1970. */
  readonly closedFrom: number;
  readonly closedTo: number;
}

/** Whether the filter is only about what `talkers_1h` has. */
export const isTalkersFilter = (filter: CompiledFilter | undefined): boolean =>
  [...(filter?.columns ?? [])].every((column) => talkerColumns.has(column));

/** Undefined: there is no closed hour in the range, or not all of them are there. */
export const findTalkers = async (
  range: TimeRange,
  ledger: LedgerView,
): Promise<TalkersSource | undefined> => {
  const progress = await ledger.progress();
  if (progress.length === 0) return undefined;
  const [collectors, since, flowsSince] = await Promise.all([
    activeCollectors(ledger, range.from),
    ledger.since('talkers_1h'),
    ledger.since('flows'),
  ]);
  const cover = coverOf('talkers_1h', progress, collectors, since);
  if (cover === undefined || flowsSince === undefined) return undefined;
  const aligned = alignRange(range, hourMicros, ledger.nowMicros) ?? range;
  // What lies before an edge is no more in flows, so the whole hour is taken.
  const from = aligned.from < flowsSince ? Math.floor(aligned.from / hourMicros) * hourMicros : aligned.from;
  const to = aligned.to < flowsSince ? Math.ceil(aligned.to / hourMicros) * hourMicros : aligned.to;
  const closedFrom = Math.ceil(from / hourMicros) * hourMicros;
  const closedTo = Math.floor(Math.min(to, cover.until) / hourMicros) * hourMicros;
  if (cover.since > Math.max(closedFrom, flowsSince)) return undefined;
  return closedTo > closedFrom ? { range: { ...range, from, to }, closedFrom, closedTo } : undefined;
};

/**
 * The newest version of each hour; the rest of an hour has `rest` = 1. `least`: what the last one that is listed has, on each row of an hour that has a
 * rest: an address that is not listed can have had so much. Addresses are listed once a sampling rate, and ranked all together.
 */
const closedSql = (filter: CompiledFilter | undefined): string => {
  const hours = 'hour >= toDateTime({closed_from:UInt32}) AND hour < toDateTime({closed_to:UInt32})';
  const filtered = filter === undefined ? '' : `\n    AND (${filter.sql()})`;
  return `SELECT listed_address AS k0, is_rest AS rest, listed_bytes AS bytes, listed_packets AS packets, listed_flows AS flows,
  if(max(is_rest) OVER (PARTITION BY hour, exporter, collector, sampling_rate) = 1,
    min(if(is_rest = 1, toUInt64(-1), listed_bytes)) OVER (PARTITION BY hour, exporter, collector), 0) AS least
FROM (
  SELECT hour, exporter, collector, sampling_rate, toUInt8(rank = 0) AS is_rest, address AS listed_address,
    bytes * toUInt64(sampling_rate) AS listed_bytes, packets * toUInt64(sampling_rate) AS listed_packets, flows AS listed_flows
  FROM talkers_1h
  WHERE ${hours} AND role = {role:String}${filtered}
    AND (hour, exporter, collector, version) IN (
      SELECT hour, exporter, collector, max(version) FROM talkers_1h WHERE ${hours} GROUP BY hour, exporter, collector)
)`;
};

/**
 * Rows of `k0`, `rest`, `bytes`, `packets`, `flows` and `least`, not yet added up. What an address may be missing is the sum of `least` over the rests,
 * less that over its own rows.
 */
export const measureTalkers = (measure: Measure, source: TalkersSource): Query => {
  const { range, closedFrom, closedTo } = source;
  const role = measure.dimensions[0]?.column === 'dst_addr' ? 'dst' : 'src';
  const edges = [
    { from: range.from, to: closedFrom, isRelative: false },
    { from: closedTo, to: range.to, isRelative: false },
  ]
    .filter(({ from, to }) => to > from)
    .map((edge, i) => measureFlows({ ...measure, range: edge }, `edge_${i}_`));
  const sql = [
    closedSql(measure.filter),
    ...edges.map((edge) => `SELECT k0, 0 AS rest, bytes, packets, flows, 0 AS least FROM (\n${edge.sql}\n)`),
  ].join('\nUNION ALL\n');
  const params = Object.assign(
    { closed_from: closedFrom / 1e6, closed_to: closedTo / 1e6, role },
    measure.filter?.params,
    ...edges.map((edge) => edge.params),
  );
  return { sql, params };
};
