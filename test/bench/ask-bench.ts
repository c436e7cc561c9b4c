/**
 * `npm run bench -- ask --data DIR [--rows 100e6] [--turns 10] [--peer-turns 3] [--question NAME]`: the reports' own queries over a day of flows, cold and warm,
 * beside nfdump asked the same of the same flows in nfcapd's files.
 *
 * Warm: all ten were asked before; what ClickHouse remembers of the condition itself is thrown away, so that nobody is asked what was just asked.
 * Cold: the kernel's page cache and ClickHouse's own caches are emptied before each one; only root may.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerQuestion, planQuestion } from '../../collector/ask/answer-question.ts';
import type { LedgerView } from '../../collector/ask/ledger-view.ts';
import { openLedger } from '../../collector/ask/open-ledger.ts';
import type { Query } from '../../collector/ask/query.ts';
import type { Question, Report } from '../../collector/ask/report.ts';
import { compileFilter } from '../../collector/filter/compile-filter.ts';
import { flows } from '../../collector/reports/flows.ts';
import { natLookup } from '../../collector/reports/nat-lookup.ts';
import { seen } from '../../collector/reports/seen.ts';
import { top } from '../../collector/reports/top.ts';
import { type AskLedger, openAskLedger } from './ask-ledger.ts';
import { askNfdump, openNfdump } from './ask-nfdump.ts';
import { type AskQuestion, type AskSubject, makeQuestions, wholeRange } from './ask-questions.ts';
import { openRollups, type RollupPrice } from './ask-rollups.ts';
import { processCpuSeconds } from './process-cpu.ts';

export interface AskBenchOptions {
  readonly directory: string;
  readonly rows: number;
  /** Questions of a kind, each about another subject; at most ten. */
  readonly turns: number;
  readonly peerTurns: number;
  /** Only this one. */
  readonly question?: string;
  /** Cold ones are left out. */
  readonly isWarmOnly: boolean;
  /** Rollups are made again. */
  readonly rollupsAgain: boolean;
}

export interface AskBench {
  readonly answers: readonly AskResult[];
  readonly rollups: readonly RollupPrice[];
}

/** Milliseconds, medians. */
export interface Timing {
  /** The report's query, over HTTP. */
  readonly query: number;
  /** All that the report asks, before, with and after it. */
  readonly answer: number;
  readonly serverCpu: number;
  readonly best: number;
  readonly worst: number;
}

export interface AskResult {
  readonly name: string;
  readonly what: string;
  readonly reachMs: number | undefined;
  readonly source: string;
  readonly rows: number;
  readonly warm: Timing;
  readonly cold: Timing | undefined;
  readonly nfdump: { readonly warm: number; readonly cold: number | undefined } | undefined;
}

const reports = [natLookup, top, seen, flows];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const canDropCaches = (isWarmOnly: boolean): boolean => !isWarmOnly && process.getuid?.() === 0;
const dropPageCache = (): void => writeFileSync('/proc/sys/vm/drop_caches', '3');

const clearCaches = async ({ client }: AskLedger, all: boolean): Promise<void> => {
  const caches = all
    ? ['QUERY CONDITION', 'MARK', 'INDEX MARK', 'UNCOMPRESSED', 'MMAP']
    : ['QUERY CONDITION'];
  for (const cache of caches) await client.command({ query: `SYSTEM DROP ${cache} CACHE` });
  if (all) dropPageCache();
};

const optionName = (flags: string): string =>
  (/--(?:no-)?([a-z-]+)/.exec(flags)?.[1] ?? '').replace(/-([a-z])/g, (_, letter: string) =>
    letter.toUpperCase(),
  );

/** Options as commander hands them over: parsed, with defaults. */
const readOptions = (report: Report, said: AskSubject['options'] = {}): Record<string, unknown> =>
  Object.fromEntries(
    report.options.map(({ flags, parse, byDefault }) => {
      const name = optionName(flags);
      const value = said[name];
      return [
        name,
        value === undefined ? byDefault : typeof value === 'string' && parse ? parse(value) : value,
      ];
    }),
  );

const toQuestion = (report: Report, subject: AskSubject, ledger: AskLedger): Question => ({
  range: { ...wholeRange(ledger.shape), isRelative: true },
  filter: subject.filter === undefined ? undefined : compileFilter(subject.filter),
  limit: report.defaultLimit,
  offset: 0,
  argument: subject.argument,
  options: readOptions(report, subject.options),
});

interface Turn {
  readonly query: number;
  readonly answer: number;
  readonly serverCpu: number;
  readonly rows: number;
  readonly source: string;
}

const askOnce = async (report: Report, subject: AskSubject, ledger: AskLedger): Promise<Turn> => {
  const { client, shape, serverPid } = ledger;
  const view = openLedger(client, { nowMicros: shape.toMicros, zone: 'UTC' });
  const spent = new Map<Query, number>();
  const timed: LedgerView = {
    ...view,
    ask: async <Row>(query: Query): Promise<Row[]> => {
      const startedAt = performance.now();
      const rows = await view.ask<Row>(query);
      spent.set(query, performance.now() - startedAt);
      return rows;
    },
  };
  const question = toQuestion(report, subject, ledger);
  const cpuBefore = processCpuSeconds(serverPid);
  const startedAt = performance.now();
  const plan = await planQuestion(report, question, timed);
  const { rows } = await answerQuestion(plan, question, timed);
  return {
    query: spent.get(plan.query) ?? Number.NaN,
    answer: performance.now() - startedAt,
    serverCpu: (processCpuSeconds(serverPid) - cpuBefore) * 1000,
    rows: rows.length,
    source: plan.source,
  };
};

const toTiming = (turns: readonly Turn[]): Timing => {
  const queries = turns.map(({ query }) => query);
  return {
    query: median(queries),
    answer: median(turns.map(({ answer }) => answer)),
    serverCpu: median(turns.map(({ serverCpu }) => serverCpu)),
    best: Math.min(...queries),
    worst: Math.max(...queries),
  };
};

const measureOurs = async (
  question: AskQuestion,
  ledger: AskLedger,
  turns: number,
  isCold: boolean,
): Promise<Pick<AskResult, 'warm' | 'cold' | 'rows' | 'source'>> => {
  const report = reports.find(({ name }) => name === question.report);
  if (!report) throw new Error(`there is no report ${question.report}`);
  const subjects = question.subjects.slice(0, turns);
  const askAll = async (prepare: () => Promise<void>): Promise<Turn[]> => {
    const answers: Turn[] = [];
    for (const subject of subjects) {
      await prepare();
      answers.push(await askOnce(report, subject, ledger));
    }
    return answers;
  };
  const cold = isCold ? await askAll(() => clearCaches(ledger, true)) : undefined;
  await askAll(async () => undefined);
  const warm = await askAll(() => clearCaches(ledger, false));
  return {
    warm: toTiming(warm),
    cold: cold && toTiming(cold),
    rows: median(warm.map(({ rows }) => rows)),
    source: warm[0]?.source ?? '',
  };
};

const measureNfdump = async (
  question: AskQuestion,
  directory: string,
  ledger: AskLedger,
  turns: number,
  isCold: boolean,
): Promise<AskResult['nfdump']> => {
  const subjects = question.subjects.slice(0, turns);
  if (subjects.length === 0) return undefined;
  const range = wholeRange(ledger.shape);
  const askAll = async (prepare: () => void): Promise<number> => {
    const times: number[] = [];
    for (const { nfdump } of subjects) {
      prepare();
      times.push((await askNfdump(directory, range, nfdump)).milliseconds);
    }
    return median(times);
  };
  const cold = isCold ? await askAll(dropPageCache) : undefined;
  await askNfdump(directory, range, subjects[0]?.nfdump ?? []);
  return { cold, warm: await askAll(() => undefined) };
};

export const benchAsk = async (
  options: AskBenchOptions,
  report: (line: string) => void,
): Promise<AskBench> => {
  const { directory, rows, turns, peerTurns } = options;
  const isCold = canDropCaches(options.isWarmOnly);
  const ledger = await openAskLedger(directory, rows, report);
  try {
    const files = join(directory, 'nfcapd');
    if (peerTurns > 0) await openNfdump(files, ledger.shape, report);
    const rollups = await openRollups(directory, ledger, options.rollupsAgain, report);
    const answers: AskResult[] = [];
    for (const question of await makeQuestions(ledger.client)) {
      if (options.question !== undefined && options.question !== question.name) continue;
      const { name, what, reachMs } = question;
      const ours = await measureOurs(question, ledger, turns, isCold);
      const nfdump = await measureNfdump(question, files, ledger, peerTurns, isCold);
      answers.push({ name, what, reachMs, ...ours, nfdump });
      report(`${what}: ${ours.warm.query.toFixed(0)} ms, nfdump ${nfdump?.warm.toFixed(0) ?? '-'} ms`);
    }
    return { answers, rollups };
  } finally {
    await ledger.stop();
  }
};
