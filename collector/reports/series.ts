/** `flowledger series`: how much there was, over time. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { parseDuration } from '../../shared/service/parse-quantity.ts';
import { chooseSource } from '../ask/choose-source.ts';
import { type Ranking, rankingOptions, readRanking } from '../ask/count-options.ts';
import { type Dimension, nameDimensions, parseDimensions } from '../ask/dimension.ts';
import { formatCell } from '../ask/format-cell.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { measureSource } from '../ask/measure-source.ts';
import type { Query } from '../ask/query.ts';
import type { Plan, Question, Report, ReportColumn, Row, TimeRange } from '../ask/report.ts';
import { drawPlot } from './series-plot.ts';

const second = 1e6;
const [minute, hour, day] = [60 * second, 3600 * second, 86_400 * second];
const steps = [
  ...[second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second],
  ...[minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute],
  ...[hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 7 * day],
];
const wantedPoints = 100;
const maxPoints = 10_000;

const parseStep = (text: string): number => {
  const micros = parseDuration('--step', text) * 1000;
  if (micros >= second && micros % second === 0) return micros;
  throw new ConfigError(`--step ${text}: steps are of whole seconds, such as 30s, 5m or 1h`);
};

const chooseStep = ({ from, to }: TimeRange): number =>
  steps.find((step) => (to - from) / step <= wantedPoints) ??
  Math.ceil((to - from) / wantedPoints / day) * day;

/** What the bucket at `start` covers of the range that is over, microseconds. */
const covered = (start: number, step: number, { from, to }: TimeRange): number =>
  Math.max(0, Math.min(start + step, to) - Math.max(start, from));

const rates = {
  bytes: { kind: 'bits-per-second', factor: 8 },
  packets: { kind: 'per-second', factor: 1 },
  flows: { kind: 'per-second', factor: 1 },
} as const;

const columnsOf = (dimensions: readonly Dimension[], ranking: Ranking): readonly ReportColumn[] => [
  { name: 'time', title: 'time', kind: 'time' },
  ...dimensions.flatMap(({ name, kind, label }, i): ReportColumn[] => [
    { name, title: name, kind, ...(label ? { label: `${name}_name` } : i === 0 ? { label: 'row' } : {}) },
    ...(label ? [{ name: `${name}_name`, title: name, kind: 'text' } as const] : []),
  ]),
  { name: 'row', title: 'row', kind: 'text', isHidden: true },
  { name: 'rate', title: 'rate', kind: rates[ranking].kind },
  { name: 'bytes', title: 'bytes', kind: 'bytes' },
  { name: 'packets', title: 'packets', kind: 'packets' },
  { name: 'flows', title: 'flows', kind: 'count' },
];

/** The groups that have most in the whole range, `place` 1 to the limit; all others together are the place after those. */
const seriesSql = (measured: Query, keys: number, ranking: Ranking, limit: number): Query => {
  const names = Array.from({ length: keys }, (_, i) => `k${i}`);
  const listed = names.map((name) => `${name}, `).join('');
  return {
    sql: `SELECT place, ${names.map((name) => `any(${name}) AS ${name}, `).join('')}bucket, sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows
FROM (
SELECT place, ${listed}point.1 AS bucket, point.2 AS bytes, point.3 AS packets, point.4 AS flows
FROM (
SELECT least(row_number() OVER (ORDER BY whole DESC${names.map((name) => `, ${name}`).join('')}), {limit:UInt64} + 1) AS place, ${listed}points
FROM (
SELECT ${listed}groupArray((bucket, bytes, packets, flows)) AS points, sum(${ranking}) AS whole
FROM (
SELECT ${listed}bucket, sum(m.bytes) AS bytes, sum(m.packets) AS packets, sum(m.flows) AS flows
FROM (
${measured.sql}
) AS m
GROUP BY ${listed}bucket
)
${keys > 0 ? `GROUP BY ${names.join(', ')}` : 'HAVING count() > 0'}
)
)
ARRAY JOIN points AS point
)
GROUP BY place, bucket
ORDER BY bucket, place`,
    params: { ...measured.params, limit },
  };
};

interface Grid {
  readonly range: TimeRange;
  readonly step: number;
  readonly buckets: readonly number[];
}

const gridOf = (range: TimeRange, step: number, nowMicros: number): Grid => {
  const past = { ...range, to: Math.min(range.to, nowMicros) };
  const first = Math.floor(range.from / step) * step;
  const count = Math.max(1, Math.ceil((past.to - first) / step));
  return { range: past, step, buckets: Array.from({ length: count }, (_, i) => first + i * step) };
};

/** Every group has a row a bucket: what was not there is zero. */
const fillGrid = (
  rows: readonly Row[],
  grid: Grid,
  dimensions: readonly Dimension[],
  ranking: Ranking,
  limit: number,
): readonly Row[] => {
  if (rows.length === 0) return [];
  const groups = new Map<number, Row>();
  const found = new Map<string, Row>();
  for (const row of rows) {
    const place = Number(row.place);
    if (!groups.has(place)) {
      const [{ name, label } = { name: '', label: undefined }] = dimensions;
      const others = label ? { row: 'others', [`${name}_name`]: 'others' } : { row: 'others' };
      groups.set(place, place > limit ? others : { row: '', ...nameDimensions(dimensions, row) });
    }
    found.set(`${place} ${row.bucket}`, row);
  }
  const places = [...groups].sort(([a], [b]) => a - b);
  return grid.buckets.flatMap((bucket) =>
    places.map(([place, names]) => {
      const { bytes = 0, packets = 0, flows = 0 } = found.get(`${place} ${bucket}`) ?? {};
      const counted: Row = { bytes, packets, flows };
      const seconds = covered(bucket, grid.step, grid.range) / 1e6;
      const rate = seconds > 0 ? (Number(counted[ranking]) * rates[ranking].factor) / seconds : 0;
      return { time: bucket, place, ...names, ...counted, rate };
    }),
  );
};

const draw =
  (dimensions: readonly Dimension[], ranking: Ranking, grid: Grid): NonNullable<Plan['draw']> =>
  (rows, width, style) => {
    const groups = new Map<unknown, { name: string; values: number[] }>();
    for (const row of rows) {
      const cells = dimensions.map(({ name, kind }) =>
        formatCell(row[`${name}_name`] ? 'text' : kind, row[`${name}_name`] ?? row[name], style.zone),
      );
      const name = row.row === 'others' ? 'others' : cells.join('  ');
      const group = groups.get(row.place) ?? { name, values: [] };
      group.values.push(Number(row.rate));
      groups.set(row.place, group);
    }
    const all = [...groups.values()];
    const plot = {
      ...{ from: grid.buckets[0] ?? 0, stepMicros: grid.step, groups: all },
      total: grid.buckets.map((_, i) => all.reduce((sum, { values }) => sum + (values[i] ?? 0), 0)),
      title: dimensions.map(({ name }) => name).join('  '),
      formatValue: (value: number) =>
        ranking === 'flows'
          ? `${formatCell('per-second', value, style.zone)}`
          : formatCell(rates[ranking].kind, value, style.zone),
    };
    return drawPlot(plot, width, style);
  };

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { range: asked, filter, limit, options } = question;
  const dimensions = (options.by ?? []) as readonly Dimension[];
  const ranking = readRanking(question);
  const stepMicros = (options.step as number | undefined) ?? chooseStep(asked);
  if ((asked.to - asked.from) / stepMicros > maxPoints)
    throw new ConfigError(`--step is too short for this range: more than ${maxPoints} points`);
  // The first bucket is a whole one where the range is not meant to the second.
  const range = asked.isRelative
    ? { ...asked, from: Math.floor(asked.from / stepMicros) * stepMicros }
    : asked;
  const columns = dimensions.map(({ column }) => column);
  const wanted = { range, filter, columns, stepMicros, isExact: options.exact === true };
  const source = await chooseSource(wanted, ledger);
  const grid = gridOf(source.range, stepMicros, ledger.nowMicros);
  return {
    query: seriesSql(
      measureSource({ dimensions, filter, range, stepMicros }, source),
      dimensions.length,
      ranking,
      limit,
    ),
    columns: columnsOf(dimensions, ranking),
    source: source.text,
    table: source.table,
    range: source.range,
    arrange: (rows) => fillGrid(rows, grid, dimensions, ranking, limit),
    ...(options.plot === false ? {} : { draw: draw(dimensions, ranking, grid) }),
  };
};

export const series: Report = {
  name: 'series',
  summary: 'how much there was over time, drawn on a terminal',
  options: [
    {
      flags: '--by <columns>',
      description: 'a line for each of these, those with most: service, proto, src_addr, in_if, any column',
      parse: parseDimensions,
    },
    {
      flags: '--step <duration>',
      description: 'a value for every 30s, 5m, 1h ... (default: about 100 values)',
      parse: parseStep,
    },
    ...rankingOptions,
    { flags: '--no-plot', description: 'values and no drawing' },
  ],
  defaultLastMicros: 3600e6,
  defaultLimit: 5,
  examples: ['--last 24h', '--by service --last 7d --step 1h', "--by src_addr --filter 'dst port 443' --csv"],
  plan,
};
