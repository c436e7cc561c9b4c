/** A rollup that is made a window of receipt at a time: flows_1m, host_activity, nat_log, connections. */

import { hourMicros, nextWindow, type ReceiptWindow } from './receipt-window.ts';
import type { InsertParams } from './rollup-insert.ts';
import type { RollupJob, Step, StepMoment } from './rollup-job.ts';
import type { Progress } from './rollup-progress.ts';
import type { RollupTable } from './rollup-tables.ts';

export interface WindowJobOptions {
  readonly rollup: RollupTable;
  readonly query: string;
  readonly params: InsertParams;
  /** A window is so long when there is time; longer ones catch up, shorter ones keep an INSERT short. */
  readonly lengthMicros: number;
  /** What is stored is taken at once, though a window is not over, as long as that is cheap. */
  readonly isPrompt?: boolean;
}

/** What one INSERT should take. */
const targetSeconds = 4;
const shortestMicros = 1e6;
/** A prompt job rests for so many times what its INSERTs take of late. */
const promptRest = 10;
/** The part that one INSERT has in what they take of late: one that was held up does not hold up the next ones as much. */
const smoothing = 4;

export const makeWindowJob = (options: WindowJobOptions): RollupJob => {
  const { rollup, query, params, lengthMicros, isPrompt = false } = options;
  let length = lengthMicros;
  let windowMicros = 0;
  /** What a window that is not longer than usual takes of late. */
  let usualSeconds = 0;
  const isDue = (until: number, nowMicros: number): boolean =>
    isPrompt && Math.abs(nowMicros - until) >= promptRest * usualSeconds * 1e6;
  const choose = (until: number, moment: StepMoment): ReceiptWindow | undefined => {
    const { storedUntil } = moment;
    const takeAll = moment.isQuiet || moment.isHistory || isDue(until, moment.nowMicros);
    const window = nextWindow(until, storedUntil, length, takeAll);
    if (window || length <= lengthMicros) return window;
    length = lengthMicros;
    return nextWindow(until, storedUntil, length, takeAll);
  };
  return {
    rollup,
    isPrompt,
    begin: (oldest) => oldest,
    next: (progress: Progress, moment: StepMoment): Step | undefined => {
      const window = choose(progress.until, moment);
      windowMicros = window ? window.until - window.from : 0;
      return window && { query, params: { ...params, ...window }, until: window.until, marks: window.until };
    },
    took: (seconds, { until }, storedUntil) => {
      // Those that catch up are long, and say nothing about those that follow.
      if (windowMicros <= lengthMicros) usualSeconds += (seconds - usualSeconds) / smoothing;
      if (seconds > targetSeconds) length = Math.max(shortestMicros, length / 2);
      else if (storedUntil - until > 2 * length && seconds < targetSeconds / 4)
        length = Math.min(hourMicros, length * 2);
    },
    shrink: () => {
      const isPossible = length > shortestMicros;
      length = Math.max(shortestMicros, length / 2);
      return isPossible;
    },
  };
};
