/** Which table answers a question about sums: the coarsest that can. Reading a million rows of minutes costs less than a hundred million flows. */

import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { type FlowsAbout, flowDimensions } from '../rollup/rollup-tables.ts';
import type { LedgerView, RollupProgress } from './ledger-view.ts';
import type { TimeRange } from './report.ts';

/** What rows of rollups have beside bytes, packets and flows; `service` is a column of theirs. The first that can answer is asked. */
const rollupColumns = (['interfaces', 'as'] as const).map((about) => ({
  about,
  names: new Set<string>([...flowDimensions[about], 'collector']),
}));

const minuteMicros = 60e6;
const hourMicros = 3600e6;
/** From so long a range on, beginning up to an hour earlier than was said makes little difference. */
const longRangeMicros = 24 * hourMicros;
/** A rollup that is farther behind than this is not asked about now. */
const maxLagMicros = 120e6;

export interface Wanted {
  readonly range: TimeRange;
  readonly filter: CompiledFilter | undefined;
  /** Of the dimensions. */
  readonly columns: readonly string[];
  /** Buckets in time; undefined: none. */
  readonly stepMicros?: number | undefined;
  /** `--exact`. */
  readonly isExact: boolean;
}

export interface Source {
  readonly table: 'flows' | 'flows_1m' | 'flows_1h';
  /** The rows of a rollup that are to be read; each kind has all flows. */
  readonly about: FlowsAbout;
  readonly range: TimeRange;
  /** With `flows_1h`, of each collector the time of receipt from which its flows are in `flows_1m` only. */
  readonly hourlyUntil: ReadonlyMap<string, number>;
  /** For the line below the answer. */
  readonly text: string;
}

const floorTo = (micros: number, step: number): number => Math.floor(micros / step) * step;

/** The range as a table with this step can answer it; undefined: it cannot. */
export const alignRange = (range: TimeRange, step: number, nowMicros: number): TimeRange | undefined => {
  const endsWhole = range.to % step === 0 || range.to >= nowMicros - minuteMicros;
  if (!endsWhole) return undefined;
  if (range.from % step === 0) return range;
  if (!range.isRelative) return undefined;
  const isLong = step <= minuteMicros || range.to - range.from >= longRangeMicros;
  return isLong ? { ...range, from: floorTo(range.from, step) } : undefined;
};

interface Covered {
  readonly since: number;
  readonly until: number;
  readonly byCollector: ReadonlyMap<string, number>;
}

/** What a rollup has of all collectors that stored something. Undefined: it has nothing, or lacks one of them. */
export const coverOf = (
  rollup: string,
  progress: readonly RollupProgress[],
  collectors: readonly string[],
  tableSince: number | undefined,
): Covered | undefined => {
  const rows = progress.filter((row) => row.rollup === rollup);
  const byCollector = new Map(rows.map(({ collector, until }) => [collector, until]));
  if (rows.length === 0 || tableSince === undefined) return undefined;
  if (collectors.some((collector) => !byCollector.has(collector))) return undefined;
  return {
    since: Math.max(tableSince, ...rows.map(({ since }) => since)),
    until: Math.min(...rows.map(({ until }) => until)),
    byCollector,
  };
};

/** Collectors that stored something since the time; what they do not say of themselves is not asked of `flows`, which would be read for it. */
export const activeCollectors = async (
  ledger: LedgerView,
  fromMicros: number,
): Promise<readonly string[]> => {
  const rows = await ledger.ask<{ collector: string }>({
    sql: 'SELECT DISTINCT collector FROM exporters FINAL WHERE flows > 0 AND last_seen >= toDateTime({from:Int64})',
    params: { from: Math.max(0, Math.floor(fromMicros / 1e6)) },
  });
  return rows.map(({ collector }) => collector);
};

const untilText = (ledger: LedgerView, until: number, range: TimeRange): string =>
  until < Math.min(range.to, ledger.nowMicros)
    ? `, received until ${ledger.formatTime(Math.floor(until / 1e6) * 1e6)}`
    : '';

interface Candidates {
  readonly minute: Covered | undefined;
  readonly hour: Covered | undefined;
  readonly flowsSince: number | undefined;
}

const readCandidates = async (ledger: LedgerView, range: TimeRange): Promise<Candidates> => {
  const progress = await ledger.progress();
  const flowsSince = await ledger.since('flows');
  if (progress.length === 0) return { minute: undefined, hour: undefined, flowsSince };
  const collectors = await activeCollectors(ledger, range.from);
  const cover = async (table: string): Promise<Covered | undefined> =>
    coverOf(table, progress, collectors, await ledger.since(table));
  return { minute: await cover('flows_1m'), hour: await cover('flows_1h'), flowsSince };
};

/** Which rows of rollups can answer, whatever there is of them, or why none can. */
const findRows = ({ columns, filter, isExact }: Wanted): FlowsAbout | { readonly refusal: string } => {
  if (isExact) return { refusal: '--exact' };
  const isKnown = (column: string): boolean => rollupColumns.some(({ names }) => names.has(column));
  const missing = columns.find((column) => !isKnown(column));
  if (missing !== undefined) return { refusal: `${missing} is not in flows_1m` };
  const asked = [...(filter?.columns ?? [])];
  const missed = asked.find((column) => !isKnown(column));
  if (missed !== undefined) return { refusal: `the filter asks for ${missed}, which is not in flows_1m` };
  const needed = [...columns, ...asked];
  const found = rollupColumns.find(({ names }) => needed.every((column) => names.has(column)));
  if (found !== undefined) return found.about;
  // Each kind of rows lacks one that the other has.
  const [as, other] = rollupColumns.map(({ names }) => needed.find((column) => !names.has(column)));
  return { refusal: `flows_1m has ${as} and ${other}, but not both together` };
};

const none: ReadonlyMap<string, number> = new Map();

/** Never throws for want of data: `flows` answers what nothing else can. */
export const chooseSource = async (wanted: Wanted, ledger: LedgerView): Promise<Source> => {
  const { range, stepMicros } = wanted;
  const about = findRows(wanted);
  const raw = (why: string): Source => ({
    ...{ table: 'flows', about: 'interfaces', range, hourlyUntil: none, text: `flows (${why})` },
  });
  if (typeof about === 'object') return raw(about.refusal);
  const { minute, hour, flowsSince } = await readCandidates(ledger, range);
  if (minute === undefined) return raw('flows_1m is not there yet');
  const begins = Math.max(range.from, flowsSince ?? Number.NEGATIVE_INFINITY);
  const needed = Math.min(range.to, ledger.nowMicros) - maxLagMicros;
  const isDivided = (step: number): boolean => stepMicros === undefined || stepMicros % step === 0;
  const hours = alignRange(range, hourMicros, ledger.nowMicros);
  const hourly = (answered: TimeRange): Source | undefined => {
    // What was received after the last whole hour is taken from flows_1m, which must not have lost it yet.
    if (hour === undefined || minute.until < needed) return undefined;
    if (minute.since > hour.until && range.to > minute.since) return undefined;
    const text = `flows_1h and flows_1m${untilText(ledger, minute.until, answered)}`;
    return { table: 'flows_1h', about, range: answered, hourlyUntil: hour.byCollector, text };
  };
  if (hours && isDivided(hourMicros) && hour && hour.since <= begins) {
    const source = hourly(hours);
    if (source) return source;
  }
  const minutes = alignRange(range, minuteMicros, ledger.nowMicros);
  if (minutes && isDivided(minuteMicros) && minute.since <= begins && minute.until >= needed) {
    const text = `flows_1m${untilText(ledger, minute.until, minutes)}`;
    return { table: 'flows_1m', about, range: minutes, hourlyUntil: none, text };
  }
  // Farther back than flows are kept, whole hours are better than nothing.
  if (
    hour &&
    flowsSince !== undefined &&
    range.from < flowsSince &&
    hour.since < flowsSince &&
    isDivided(hourMicros)
  ) {
    const whole = { ...range, from: floorTo(range.from, hourMicros), to: -floorTo(-range.to, hourMicros) };
    const source = hourly(whole);
    if (source) return { ...source, text: `${source.text} (whole hours: flows are kept no longer)` };
  }
  if (minute.until < needed)
    return raw(
      `flows_1m has only what was received until ${ledger.formatTime(Math.floor(minute.until / 1e6) * 1e6)}`,
    );
  if (!minutes) return raw('the range does not begin and end with a minute');
  if (!isDivided(minuteMicros)) return raw('the step is not of whole minutes');
  return raw(`flows_1m begins at ${ledger.formatTime(minute.since)}`);
};
