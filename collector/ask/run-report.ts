/** A report as a command: asks, and prints what comes. */

import type { Writable } from 'node:stream';
import { ConfigError } from '../../shared/service/config-error.ts';
import { findZone } from '../../shared/service/time-zone.ts';
import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { connect } from '../store/connection.ts';
import { type Answer, answerQuestion, assertFilterColumns, planQuestion } from './answer-question.ts';
import { describeAskError } from './ask-error.ts';
import { printFollow } from './follow-report.ts';
import {
  formatCsv,
  formatFooting,
  formatJsonLines,
  formatReportTable,
  formatTabbed,
} from './format-report.ts';
import { locateServer, type ServerChoice } from './locate-server.ts';
import { openLedger } from './open-ledger.ts';
import type { Question, Report } from './report.ts';
import { inlineParameters } from './sql-literal.ts';
import { escapeCell } from './text-table.ts';
import { readTimeRange, type SaidRange } from './time-range.ts';
import { type Output, OutputClosed, writeOutput } from './write-output.ts';

/** `table`: on a terminal; elsewhere lines of values separated by tabs. */
export type ReportLayout = 'table' | 'json' | 'csv' | 'sql';

export interface ReportRequest extends ServerChoice, SaidRange {
  /** As `--zone` has it: a name of a zone, or `local`. */
  readonly zone: string;
  readonly filter?: string | undefined;
  readonly limit?: number | undefined;
  /** From 1 on. */
  readonly page?: number | undefined;
  readonly argument?: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly layout: ReportLayout;
}

export interface ReportSurroundings {
  readonly nowMicros: number;
  readonly compileFilter: (text: string) => CompiledFilter;
  /** Ends a standing answer; default: nothing does. */
  readonly signal?: AbortSignal;
}

const writeChars = 65_536;
/** Where the terminal does not say. */
const defaultWidth = 80;

const toQuestion = (
  report: Report,
  request: ReportRequest,
  zone: string,
  { nowMicros, compileFilter }: ReportSurroundings,
): Question => {
  const limit = request.limit ?? report.defaultLimit;
  return {
    range: readTimeRange(request, { nowMicros, zone }, report.defaultLastMicros),
    filter: request.filter === undefined ? undefined : compileFilter(request.filter),
    limit,
    offset: ((request.page ?? 1) - 1) * limit,
    argument: request.argument,
    options: request.options,
  };
};

const writeAll = async (out: Output, pieces: Iterable<string>): Promise<void> => {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < writeChars) continue;
    await writeOutput(out, text);
    text = '';
  }
  await writeOutput(out, text);
};

const showsUnicode = ({ LC_ALL, LC_CTYPE, LANG }: ServerChoice['environment']): boolean =>
  /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');

/** What is said about the answer goes below a table, and to `err` where programs read the rows. */
const print = async (
  answer: Answer,
  request: ReportRequest,
  zone: string,
  out: Output,
  err: Writable,
): Promise<void> => {
  const { plan, rows } = answer;
  const { columns } = plan;
  const footing = formatFooting(answer, zone);
  if (request.layout === 'table' && out.isTTY) {
    const color = !request.environment.NO_COLOR;
    const style = { color, unicode: showsUnicode(request.environment), zone };
    const width = out.columns || defaultWidth;
    const draw = plan.draw ?? ((shown) => formatReportTable(columns, shown, width, style));
    const table = rows.length === 0 ? '' : `${draw(rows, width, style)}\n`;
    return writeOutput(out, table + footing);
  }
  const lines =
    request.layout === 'json'
      ? formatJsonLines(columns, rows)
      : (request.layout === 'csv' ? formatCsv : formatTabbed)(columns, rows, zone);
  await writeAll(out, lines);
  err.write(footing);
};

/**
 * Asks and prints; returns the exit status: 0, also when nothing is found, or 1 when ClickHouse refuses or cannot be reached.
 * Throws ConfigError where the question makes no sense, or when it is not known whom to ask.
 */
export const runReport = async (
  report: Report,
  request: ReportRequest,
  surroundings: ReportSurroundings,
  out: Output,
  err: Writable,
): Promise<number> => {
  const zone = findZone(request.zone);
  const question = toQuestion(report, request, zone, surroundings);
  const client = connect(locateServer(request));
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  out.on('error', onError);
  try {
    const ledger = openLedger(client, { nowMicros: surroundings.nowMicros, zone });
    if (request.layout === 'sql') {
      const plan = await planQuestion(report, question, ledger);
      await writeOutput(out, `${inlineParameters(plan.query)}\n`);
      return 0;
    }
    const { layout } = request;
    const signal = surroundings.signal ?? new AbortController().signal;
    await assertFilterColumns(question.filter, ledger);
    const follow = await report.follow?.(question, ledger, signal);
    if (follow) {
      const color = out.isTTY === true && !request.environment.NO_COLOR;
      await printFollow(follow, { layout, zone, color }, out, err);
      return 0;
    }
    const plan = await report.plan(question, ledger);
    await print(await answerQuestion(plan, question, ledger), request, zone, out, err);
    const done = (await plan.afterwards?.()) ?? [];
    const sentences = done.map((line) => `${escapeCell(line)}\n`).join('');
    // Below the table on a terminal, as what is said about the answer.
    if (layout === 'table' && out.isTTY) await writeOutput(out, sentences);
    else err.write(sentences);
    return 0;
  } catch (error) {
    if (broken !== undefined || error instanceof OutputClosed) return 0;
    const problem = error instanceof ConfigError ? undefined : describeAskError(error);
    if (problem === undefined) throw error;
    err.write(`${problem}\n`);
    return 1;
  } finally {
    out.off('error', onError);
    await client.close();
  }
};
