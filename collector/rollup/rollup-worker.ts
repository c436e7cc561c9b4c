/** Runs one rollup: what comes next is inserted, and written down. After a crash, or an answer that was lost, the table says how far it has come. */

import { dayMicros, hourMicros } from './receipt-window.ts';
import type { RollupInsert } from './rollup-insert.ts';
import type { RollupJob, StepMoment } from './rollup-job.ts';
import type { Progress, RollupProgress } from './rollup-progress.ts';
import { rollupTtlDays } from './rollup-tables.ts';

/** Empty windows further back than this are passed over at once. */
const passOverMicros = 2 * hourMicros;
/** Of shorter windows without a row it is not written down that they were looked at: that would cost more than to look again. */
const worthWritingMicros = 10e6;

export type WorkerMoment = Pick<
  StepMoment,
  'storedUntil' | 'isQuiet' | 'isHistory' | 'minutes' | 'nowMicros'
>;

export class RollupWorker {
  readonly job: RollupJob;
  /** Undefined: it is to be found out. */
  progress: Progress | undefined;
  /** Since the run began. */
  rows = 0;
  seconds = 0;
  readonly #asked: RollupProgress;
  readonly #insert: RollupInsert;
  readonly #nowMs: () => number;
  /** What `rollups` says. */
  #writtenDown = 0;

  constructor(job: RollupJob, asked: RollupProgress, insert: RollupInsert, nowMs: () => number) {
    this.job = job;
    this.#asked = asked;
    this.#insert = insert;
    this.#nowMs = nowMs;
  }

  /**
   * Makes one window. `waiting`: an INSERT of which we do not know the end is still under way. Rejects with what ClickHouse said: one may try again.
   */
  async step(moment: WorkerMoment): Promise<'done' | 'idle' | 'waiting'> {
    const progress = this.progress ?? (await this.#find(moment));
    if (!progress) return 'waiting';
    this.progress = progress;
    const { job } = this;
    const step = await job.next(progress, { ...moment, asked: this.#asked });
    if (!step) return 'idle';
    // Until the answer is here, nobody knows.
    this.progress = undefined;
    const startedAtMs = this.#nowMs();
    const rows = await this.#insert.run(step.query, { collector: this.#asked.collector, ...step.params });
    const seconds = (this.#nowMs() - startedAtMs) / 1000;
    this.rows += rows;
    this.seconds += seconds;
    const next: Progress = {
      since: progress.since,
      until: rows > 0 || step.isPart ? step.until : await this.#passOver(step.until, moment),
      writtenUntil: rows > 0 ? Math.max(step.marks, progress.writtenUntil) : progress.writtenUntil,
      rows: progress.rows + rows,
      seconds: progress.seconds + seconds,
    };
    if (rows > 0 || next.until - this.#writtenDown >= worthWritingMicros) {
      await this.#asked.write(job.rollup, next);
      this.#writtenDown = next.until;
    }
    this.progress = next;
    job.took?.(seconds, next, moment.storedUntil);
    return 'done';
  }

  /** Where nothing was received for long, there is no need to look at each hour. */
  async #passOver(until: number, { storedUntil }: WorkerMoment): Promise<number> {
    if (storedUntil - until < passOverMicros) return until;
    const first = await this.#asked.firstReceived(until, storedUntil);
    return Math.max(until, this.job.begin(first ?? storedUntil));
  }

  async #find(moment: WorkerMoment): Promise<Progress | undefined> {
    if ((await this.#asked.countRunning(this.#insert.prefix)) > 0) return undefined;
    const { rollup, begin, resume } = this.job;
    const found = (await this.#asked.find(rollup)) ?? (await this.#begin(begin, moment));
    return resume ? resume(found, this.#asked) : found;
  }

  /** From the oldest flows on; those whose rows would expire at once are left out. */
  async #begin(
    begin: RollupJob['begin'],
    { storedUntil, isHistory, nowMicros }: WorkerMoment,
  ): Promise<Progress> {
    const oldest = (await this.#asked.oldestReceived()) ?? storedUntil;
    const kept = isHistory ? 0 : nowMicros - rollupTtlDays[this.job.rollup] * dayMicros;
    const since = begin(Math.min(Math.max(oldest, kept), Math.max(storedUntil, 0)));
    return { since, until: since, writtenUntil: 0, rows: 0, seconds: 0 };
  }
}
