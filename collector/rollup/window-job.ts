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
}

/** What one INSERT should take. */
const targetSeconds = 4;
const shortestMicros = 1e6;

export const makeWindowJob = (options: WindowJobOptions): RollupJob => {
  const { rollup, query, params, lengthMicros } = options;
  let length = lengthMicros;
  const choose = (until: number, moment: StepMoment): ReceiptWindow | undefined => {
    const { storedUntil } = moment;
    const takeAll = moment.isQuiet || moment.isHistory;
    const window = nextWindow(until, storedUntil, length, takeAll);
    if (window || length <= lengthMicros) return window;
    length = lengthMicros;
    return nextWindow(until, storedUntil, length, takeAll);
  };
  return {
    rollup,
    begin: (oldest) => oldest,
    next: (progress: Progress, moment: StepMoment): Step | undefined => {
      const window = choose(progress.until, moment);
      return window && { query, params: { ...params, ...window }, until: window.until, marks: window.until };
    },
    took: (seconds, { until }, storedUntil) => {
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
