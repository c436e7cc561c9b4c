/** Keeps the rollups of one collector up to date with what it has stored, or makes them once for a history. Never in the way of ingest. */

import { setTimeout as pass } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { describeStoreError } from '../store/store-error.ts';
import { makeRollupInsert } from './rollup-insert.ts';
import { makeRollupJobs, type RollupChoice } from './rollup-jobs.ts';
import { RollupProgress } from './rollup-progress.ts';
import type { RollupTable } from './rollup-tables.ts';
import { RollupWorker, type WorkerMoment } from './rollup-worker.ts';

export interface RollupKeeperOptions extends RollupChoice {
  readonly client: ClickHouseClient;
  /** Value of the column `collector`: rows of others are theirs. */
  readonly collector: string;
  /** All that this collector received before is stored: microseconds since 1970, and never less than before. 0: nobody knows yet. */
  readonly storedUntilMicros: () => number;
  readonly nowMicros: () => number;
  /** Why a rollup gets no further, once for each reason; undefined: it does again. */
  readonly onTrouble: (rollup: RollupTable, problem: string | undefined) => void;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface RollupState {
  readonly rollup: RollupTable;
  /** Of receipt, microseconds since 1970; talkers_1h: of the flows' time. 0: not known yet. */
  readonly untilMicros: number;
  /** What is stored, and not in it. */
  readonly lagSeconds: number;
  /** Written since the run began, and seconds that it took. */
  readonly rows: number;
  readonly seconds: number;
  readonly problem: string | undefined;
}

interface Kept {
  readonly worker: RollupWorker;
  problem: string | undefined;
  /** Last known. */
  untilMicros: number;
  delayMs: number;
  notBeforeMs: number;
}

const tickMs = 1000;
/** Of prompt jobs. */
const shortTickMs = 100;
const firstDelayMs = 200;
const slowestDelayMs = 10_000;
/** After so long without anything new, what is there is taken. */
const quietMs = 20_000;
const memoryLimitExceeded = '241';

const defaultSleep = (ms: number, signal: AbortSignal): Promise<unknown> => pass(ms, undefined, { signal });

export class RollupKeeper {
  readonly #options: RollupKeeperOptions;
  readonly #kept: readonly Kept[];
  readonly #stopping = new AbortController();
  readonly #given = new AbortController();
  #running: Promise<unknown> | undefined;
  #storedUntil = 0;
  #storedAtMs = 0;

  /** Throws ConfigError where a network inside is none. */
  constructor(options: RollupKeeperOptions) {
    this.#options = options;
    const { client, collector } = options;
    const asked = new RollupProgress(client, collector);
    const nowMs = (): number => performance.now();
    this.#kept = makeRollupJobs(options).map((job) => {
      const prefix = `flowledger-rollup/${encodeURIComponent(collector)}/${job.rollup}/`;
      const insert = makeRollupInsert(client, prefix, this.#given.signal);
      const worker = new RollupWorker(job, asked, insert, nowMs);
      return { worker, problem: undefined, untilMicros: 0, delayMs: firstDelayMs, notBeforeMs: 0 };
    });
  }

  /** Begins to keep them. What goes wrong is told, and tried again. */
  start(): void {
    const prompt = this.#kept.filter(({ worker }) => worker.job.isPrompt);
    const others = this.#kept.filter((kept) => !prompt.includes(kept));
    this.#running ??= Promise.all([this.#run(prompt, shortTickMs), this.#run(others, tickMs)]);
  }

  /** Finishes the window at hand; what takes longer than `withinMs` is left to ClickHouse, and to the next run to find out. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping.abort();
    const late = setTimeout(() => this.#given.abort(), withinMs);
    await this.#running;
    clearTimeout(late);
  }

  get states(): readonly RollupState[] {
    const stored = this.#options.storedUntilMicros();
    return this.#kept.map(({ worker, problem, untilMicros }) => ({
      rollup: worker.job.rollup,
      untilMicros,
      lagSeconds: untilMicros === 0 ? 0 : Math.max(0, (stored - untilMicros) / 1e6),
      rows: worker.rows,
      seconds: worker.seconds,
      problem,
    }));
  }

  /** Makes all of what was received before `until`, and expects nothing more. Rejects with the first error. */
  async catchUp(until: number): Promise<void> {
    const { sleep = defaultSleep } = this.#options;
    for (const kept of this.#kept) {
      for (;;) {
        const outcome = await this.#step(kept, { storedUntil: until, isQuiet: false, isHistory: true });
        if (outcome === 'idle') break;
        if (outcome === 'waiting') await sleep(tickMs, this.#given.signal);
      }
    }
  }

  async #run(rollups: readonly Kept[], restMs: number): Promise<void> {
    const { sleep = defaultSleep } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let isBusy = false;
      for (const kept of rollups) {
        if (signal.aborted) return;
        if (await this.#try(kept)) isBusy = true;
      }
      if (!isBusy) await sleep(restMs, signal).catch(() => undefined);
    }
  }

  /** True: there may be more to do at once. */
  async #try(kept: Kept): Promise<boolean> {
    if (performance.now() < kept.notBeforeMs) return false;
    const storedUntil = this.#look();
    if (storedUntil === 0) return false;
    const isQuiet = performance.now() - this.#storedAtMs > quietMs;
    try {
      const outcome = await this.#step(kept, { storedUntil, isQuiet, isHistory: false });
      kept.delayMs = firstDelayMs;
      if (outcome !== 'waiting') this.#tell(kept, undefined);
      return outcome === 'done';
    } catch (error) {
      const isTooLarge = error instanceof ClickHouseError && error.code === memoryLimitExceeded;
      if (isTooLarge && kept.worker.job.shrink?.()) return true;
      kept.notBeforeMs = performance.now() + kept.delayMs;
      kept.delayMs = Math.min(2 * kept.delayMs, slowestDelayMs);
      if (!this.#given.signal.aborted) this.#tell(kept, describeStoreError(error));
      return false;
    }
  }

  async #step(
    kept: Kept,
    moment: Omit<WorkerMoment, 'minutes' | 'nowMicros'>,
  ): Promise<'done' | 'idle' | 'waiting'> {
    const minutes = this.#kept.find(({ worker }) => worker.job.rollup === 'flows_1m')?.worker.progress;
    const outcome = await kept.worker.step({ ...moment, minutes, nowMicros: this.#options.nowMicros() });
    kept.untilMicros = kept.worker.progress?.until ?? kept.untilMicros;
    return outcome;
  }

  /** What is stored, and since when there is nothing more. */
  #look(): number {
    const stored = this.#options.storedUntilMicros();
    if (stored !== this.#storedUntil) this.#storedAtMs = performance.now();
    this.#storedUntil = stored;
    return stored;
  }

  #tell(kept: Kept, problem: string | undefined): void {
    if (kept.problem === problem) return;
    kept.problem = problem;
    this.#options.onTrouble(kept.worker.job.rollup, problem);
  }
}
