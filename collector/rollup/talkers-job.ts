/**
 * talkers_1h: an hour of the flows' time, once it is over. Flows of it still come later, so each of the last three hours is looked at again when an
 * hour has ended, and made again where what came late is worth it.
 */

import { floorTo, hourMicros } from './receipt-window.ts';
import type { RollupJob, Step, StepMoment } from './rollup-job.ts';
import type { Progress, RollupProgress } from './rollup-progress.ts';
import { countLateFlows, insertTopTalkers } from './top-talkers.ts';

/** Exporters say that a flow has ended up to half a minute or so after it has. */
const graceMicros = 120e6;
const hoursAgain = 3;
/** One flow in so many is worth it; the last time, any. */
const lateShare = 1000;

const versionsOf = `SELECT toUnixTimestamp(hour) * 1000000 AS hour, toUnixTimestamp64Micro(max(version)) AS seen
FROM talkers_1h WHERE collector = {collector:String} AND hour >= toDateTime({first:UInt32}) GROUP BY hour`;

const paramsOf = (hour: number, until: number): Record<string, number> => ({
  from: hour,
  to: hour + hourMicros,
  // Flows that began in the hour and ended later than this are not looked at, neither here nor in questions.
  ahead: hour + 2 * hourMicros,
  until,
});

/** Whether an hour is to be made again. */
const isWorthIt = async (
  hour: number,
  seen: number,
  isLastTime: boolean,
  { asked, storedUntil }: StepMoment,
): Promise<boolean> => {
  const params = { ...paramsOf(hour, storedUntil), seen };
  const [{ late, known } = { late: 0, known: 0 }] = await asked.select<{ late: number; known: number }>(
    countLateFlows,
    params,
  );
  return late > 0 && (isLastTime || late * lateShare > known);
};

export const makeTalkersJob = (): RollupJob => {
  /** Hours to be looked at again. */
  let again: number[] = [];
  const seenOf = async (hour: number, asked: RollupProgress): Promise<number> => {
    const rows = await asked.select<{ hour: number; seen: number }>(versionsOf, { first: hour / 1e6 });
    return rows.find((row) => row.hour === hour)?.seen ?? 0;
  };
  const nextAgain = async (progress: Progress, moment: StepMoment): Promise<Step | undefined> => {
    for (let hour = again.shift(); hour !== undefined; hour = again.shift()) {
      const isLastTime = hour <= progress.until - (hoursAgain + 1) * hourMicros;
      const seen = await seenOf(hour, moment.asked);
      if (!(await isWorthIt(hour, seen, isLastTime, moment))) continue;
      const params = paramsOf(hour, moment.storedUntil);
      return { query: insertTopTalkers, params, until: progress.until, marks: hour + hourMicros };
    }
    return undefined;
  };
  const lookAgain = (until: number, since: number): void => {
    again = Array.from({ length: hoursAgain }, (_, i) => until - (i + 2) * hourMicros).filter(
      (hour) => hour >= since,
    );
  };
  return {
    rollup: 'talkers_1h',
    // The first flows that were received may have ended in the hour before.
    begin: (oldest) => floorTo(hourMicros, oldest) - hourMicros,
    next: async (progress, moment) => {
      const { storedUntil, isHistory } = moment;
      const hour = progress.until;
      const end = hour + hourMicros;
      const isOver = isHistory ? storedUntil > hour : storedUntil >= end + graceMicros;
      if (!isOver) return nextAgain(progress, moment);
      // What is long over has all that ever comes.
      if (storedUntil < end + hoursAgain * hourMicros && !isHistory) lookAgain(end, progress.since);
      return { query: insertTopTalkers, params: paramsOf(hour, storedUntil), until: end, marks: end };
    },
    resume: async (progress) => {
      lookAgain(progress.until, progress.since);
      return progress;
    },
  };
};
