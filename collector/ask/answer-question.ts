/** A report's answer to a question, with what is to be said about it: for the command line, and for other fronts. */

import { ConfigError } from '../../shared/service/config-error.ts';
import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { columnGroups, flowColumns } from '../store/flow-columns.ts';
import { explainEmpty, readCoverage } from './explain-answer.ts';
import type { LedgerView } from './ledger-view.ts';
import type { Plan, Question, Report, Row, TimeRange } from './report.ts';

export interface Answer {
  readonly plan: Plan;
  readonly rows: readonly Row[];
  /** The range that was answered. */
  readonly range: TimeRange;
  /** Receipt of the oldest row of the table that answered, microseconds; undefined: it has none. */
  readonly since: number | undefined;
  /** Sentences. */
  readonly remarks: readonly string[];
}

/** Throws ConfigError where the filter needs columns that this ledger does not have. */
export const assertFilterColumns = async (
  filter: CompiledFilter | undefined,
  ledger: LedgerView,
): Promise<void> => {
  if (filter === undefined) return;
  const missing = [];
  for (const column of flowColumns)
    if (filter.columns.has(column.name) && !(await ledger.hasColumn(column.name))) missing.push(column);
  if (missing.length === 0) return;
  const groups = new Set(missing.map(({ group }) => group));
  for (const { name, group } of flowColumns) if (await ledger.hasColumn(name)) groups.add(group);
  const names = missing.map(({ name }) => name).join(', ');
  const needed = [...new Set(missing.map(({ group }) => group))].join(', ');
  const all = columnGroups.filter((group) => group !== 'core' && groups.has(group));
  throw new ConfigError(
    `--filter: ${names} ${missing.length === 1 ? 'needs' : 'need'} the column group ${needed}: ` +
      `start the collector with --columns ${all.join(',')}`,
  );
};

/** The report's query for the question. Throws ConfigError. */
export const planQuestion = async (report: Report, question: Question, ledger: LedgerView): Promise<Plan> => {
  await assertFilterColumns(question.filter, ledger);
  return report.plan(question, ledger);
};

const sayCut = ({ limit, offset }: Question): string =>
  `rows ${offset + 1} to ${offset + limit}: there may be more, with --page ${offset / limit + 2} or a higher --limit; what is said below is about these`;

/** Asks what was planned. */
export const answerQuestion = async (plan: Plan, question: Question, ledger: LedgerView): Promise<Answer> => {
  const found = await ledger.ask<Row>(plan.query);
  const rows = (await plan.arrange?.(found)) ?? found;
  const range = plan.range ?? question.range;
  const coverage = await readCoverage(ledger, plan.table ?? 'flows', range);
  const empty =
    rows.length === 0 && question.offset === 0 && !plan.explainsEmpty
      ? await explainEmpty(ledger, range, coverage, question.filter !== undefined)
      : [];
  const said = (await plan.conclude?.(rows)) ?? [];
  const cut = plan.isLimited && rows.length >= question.limit ? [sayCut(question)] : [];
  const remarks = [...empty, ...cut, ...said, ...coverage.remarks];
  return { plan, rows, range, since: coverage.since, remarks };
};
