/** flows_1h: an hour of receipt, once it is over, out of flows_1m; out of `flows` where flows_1m does not have it (any more). */

import { countForHour, insertFlowsByHour } from './flows-by-hour.ts';
import { dayMicros, floorTo, hourMicros } from './receipt-window.ts';
import type { RollupJob, StepMoment } from './rollup-job.ts';
import { rollupTtlDays } from './rollup-tables.ts';

/** Rows that a slice sums up: a bound for its memory. */
const sliceRows = 3_000_000;

interface Slices {
  readonly hour: number;
  readonly source: 'flows_1m' | 'flows';
  readonly count: number;
  done: number;
}

const chooseSource = (hour: number, { minutes, nowMicros, isHistory }: StepMoment): 'flows_1m' | 'flows' => {
  // Its days go as whole ones; the oldest of them may go while we read.
  const kept = isHistory ? 0 : nowMicros - (rollupTtlDays.flows_1m - 1) * dayMicros;
  return minutes && minutes.since <= hour && hour >= kept ? 'flows_1m' : 'flows';
};

export const makeHourJob = (rowsOfSlice = sliceRows): RollupJob => {
  let slices: Slices | undefined;
  const divide = async (hour: number, moment: StepMoment): Promise<Slices> => {
    const source = chooseSource(hour, moment);
    const window = { from: hour, until: hour + hourMicros };
    const rows = await moment.asked.number(countForHour[source], window);
    return { hour, source, count: Math.max(1, Math.ceil(rows / rowsOfSlice)), done: 0 };
  };
  return {
    rollup: 'flows_1h',
    begin: (oldest) => floorTo(hourMicros, oldest),
    next: async (progress, moment) => {
      const { minutes, storedUntil, isHistory } = moment;
      const hour = floorTo(hourMicros, progress.until);
      const end = hour + hourMicros;
      const stored = Math.min(storedUntil, minutes?.until ?? 0);
      const isOver = stored >= end || (isHistory && stored === storedUntil && stored > hour);
      if (!isOver) return undefined;
      if (slices?.hour !== hour || progress.until === hour) slices = await divide(hour, moment);
      const { source, count } = slices;
      const slice = slices.done++;
      // Rows of a slice that is not the last one show, after a crash, that the hour is not whole.
      const mark = slice + 1 === count ? end : hour + slice + 1;
      return {
        query: insertFlowsByHour[source],
        params: { from: hour, until: end, slice, slices: count, mark },
        until: mark,
        marks: mark,
        isPart: mark !== end,
      };
    },
    resume: async (progress, asked) => {
      slices = undefined;
      const hour = floorTo(hourMicros, progress.until);
      if (hour === progress.until) return progress;
      await asked.removeHour(hour);
      return { ...progress, until: hour };
    },
  };
};
