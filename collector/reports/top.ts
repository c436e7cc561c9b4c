/** `flowledger top`: who, or what, carries most. */

import { formatBytes } from '../../shared/service/format-quantity.ts';
import { chooseSource } from '../ask/choose-source.ts';
import { type Ranking, rankingOptions, readRanking } from '../ask/count-options.ts';
import { type Dimension, nameDimensions, parseDimensions } from '../ask/dimension.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { measureSource } from '../ask/measure-source.ts';
import type { Query } from '../ask/query.ts';
import type { Plan, Question, Report, ReportColumn, Row, TimeRange } from '../ask/report.ts';
import { findTalkers, isTalkersFilter, measureTalkers } from '../ask/talkers-sql.ts';

const rowColumn: ReportColumn = { name: 'row', title: 'row', kind: 'text', isHidden: true };

/** How much of it may be missing. */
const lowByColumn: ReportColumn = { name: 'low_by', title: 'low by', kind: 'bytes', isHidden: true };

const dimensionColumns = ({ name, kind, label }: Dimension, position: number): readonly ReportColumn[] => {
  if (label === undefined) return [{ name, title: name, kind, ...(position === 0 ? { label: 'row' } : {}) }];
  const labelName = `${name}_name`;
  return [
    { name, title: name, kind, label: labelName },
    { name: labelName, title: labelName, kind: 'text' },
  ];
};

const columnsOf = (dimensions: readonly Dimension[]): readonly ReportColumn[] => [
  rowColumn,
  ...dimensions.flatMap(dimensionColumns),
  { name: 'bytes', title: 'bytes', kind: 'bytes' },
  { name: 'share', title: 'share', kind: 'share' },
  { name: 'rate', title: 'rate', kind: 'bits-per-second' },
  { name: 'packets', title: 'packets', kind: 'packets', optional: true },
  { name: 'flows', title: 'flows', kind: 'count', optional: true },
];

interface Sums {
  readonly bytes: number;
  readonly packets: number;
  readonly flows: number;
}

const sumsOf = (row: Row | undefined, prefix = ''): Sums => ({
  bytes: Number(row?.[`${prefix}bytes`] ?? 0),
  packets: Number(row?.[`${prefix}packets`] ?? 0),
  flows: Number(row?.[`${prefix}flows`] ?? 0),
});

/** Groups as they are ranked, then all that is not shown, then all. */
const arrange =
  (dimensions: readonly Dimension[], ranking: Ranking, seconds: number) =>
  (rows: readonly Row[]): readonly Row[] => {
    const [first] = rows;
    if (first === undefined) return [];
    const all = sumsOf(first, 'all_');
    const counted = (row: string, sums: Sums, keys: Row): Row => ({
      ...{ row, ...keys, ...sums },
      share: all[ranking] > 0 ? sums[ranking] / all[ranking] : 0,
      rate: (sums.bytes * 8) / seconds,
    });
    const groups = rows.map((row) => ({
      ...counted('', sumsOf(row), nameDimensions(dimensions, row)),
      low_by: row.low_by,
    }));
    const shown = rows.map((row) => sumsOf(row));
    const add = (name: keyof Sums): number => shown.reduce((sum, sums) => sum + sums[name], 0);
    const others = {
      bytes: all.bytes - add('bytes'),
      packets: all.packets - add('packets'),
      flows: all.flows - add('flows'),
    };
    const [{ name, label } = { name: '', label: undefined }] = dimensions;
    const summary = (row: string, sums: Sums): Row =>
      counted(row, sums, label ? { [`${name}_name`]: row } : {});
    const isMore = Number(first.all_groups) > rows.length || others.bytes + others.packets + others.flows > 0;
    return [...groups, ...(isMore ? [summary('others', others)] : []), summary('total', all)];
  };

/** The sum over all groups comes with each row, so that the table is read once. */
const rankingSql = (measured: Query, keys: number, ranking: Ranking, limit: number, rest: boolean): Query => {
  const names = Array.from({ length: keys }, (_, i) => `k${i}`);
  const sums = ['bytes', 'packets', 'flows'];
  const least = rest ? ', sum(m.least) AS listed, sumIf(m.least, m.rest = 1) AS missed' : '';
  const groups = [...names, ...(rest ? ['rest'] : [])];
  return {
    sql: `SELECT *, ${sums.map((name) => `sum(${name}) OVER () AS all_${name}`).join(', ')}, count() OVER () AS all_groups${rest ? ', max(missed) OVER () - listed AS low_by' : ''}
FROM (
SELECT ${groups.join(', ')}, ${sums.map((name) => `sum(m.${name}) AS ${name}`).join(', ')}${least}
FROM (
${measured.sql}
) AS m
GROUP BY ${groups.join(', ')}
)
ORDER BY ${rest ? 'rest, ' : ''}${ranking} DESC, ${names.join(', ')}
LIMIT {limit:UInt64}`,
    params: { ...measured.params, limit },
  };
};

const secondsOf = ({ from, to }: TimeRange, nowMicros: number): number =>
  Math.max(1, (Math.min(to, nowMicros) - from) / 1e6);

const planTalkers = async (
  dimensions: readonly Dimension[],
  question: Question,
  ledger: LedgerView,
): Promise<Plan | undefined> => {
  const { range, filter, limit } = question;
  const [{ name } = { name: '' }] = dimensions;
  const isTalker = dimensions.length === 1 && (name === 'src_addr' || name === 'dst_addr');
  if (!isTalker || question.options.exact === true || !isTalkersFilter(filter)) return undefined;
  const source = await findTalkers(range, ledger);
  if (source === undefined) return undefined;
  const measured = measureTalkers({ dimensions, filter, range: source.range }, source);
  const order = arrange(dimensions, 'bytes', secondsOf(source.range, ledger.nowMicros));
  return {
    query: rankingSql(measured, 1, 'bytes', limit, true),
    columns: [...columnsOf(dimensions), lowByColumn],
    source: `talkers_1h${source.closedTo < source.range.to ? `, and flows from ${ledger.formatTime(source.closedTo)} on` : ''}`,
    table: 'talkers_1h',
    range: source.range,
    arrange: (rows) => order(rows.filter(({ rest }) => rest === 0)),
    conclude: (rows) => {
      const lowBy = Math.max(0, ...rows.map(({ low_by }) => Number(low_by ?? 0)));
      if (lowBy === 0) return [];
      return [
        `each value may be low by at most ${formatBytes(lowBy)}, from hours in which the address was not among the first 1000; --exact asks the flows`,
      ];
    },
  };
};

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { range, filter, limit, options } = question;
  const dimensions = options.by as readonly Dimension[];
  const ranking = readRanking(question);
  const talkers = ranking === 'bytes' ? await planTalkers(dimensions, question, ledger) : undefined;
  if (talkers) return talkers;
  const columns = dimensions.map(({ column }) => column);
  const source = await chooseSource({ range, filter, columns, isExact: options.exact === true }, ledger);
  return {
    query: rankingSql(
      measureSource({ dimensions, filter, range }, source),
      dimensions.length,
      ranking,
      limit,
      false,
    ),
    columns: columnsOf(dimensions),
    source: source.text,
    table: source.table,
    range: source.range,
    arrange: arrange(dimensions, ranking, secondsOf(source.range, ledger.nowMicros)),
  };
};

export const top: Report = {
  name: 'top',
  summary: 'who or what carries most, with shares and rates',
  options: [
    {
      flags: '--by <columns>',
      description:
        'grouped by these: src_addr, dst_port, service, proto, exporter, src_net/24, any column (default: src_addr)',
      parse: parseDimensions,
      byDefault: parseDimensions('src_addr'),
    },
    ...rankingOptions,
  ],
  defaultLastMicros: 3600e6,
  defaultLimit: 10,
  examples: [
    '--by src_addr --last 24h',
    "--by src_addr,dst_port --filter 'dst net 10.0.0.0/8' --by-flows",
    '--by service --from yesterday --limit 20',
    '--by exporter,in_if --last 30d',
  ],
  plan,
};
