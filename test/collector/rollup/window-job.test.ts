import t from 'tap';
import type { StepMoment } from '../../../collector/rollup/rollup-job.ts';
import type { Progress } from '../../../collector/rollup/rollup-progress.ts';
import { makeWindowJob } from '../../../collector/rollup/window-job.ts';

const hour = 3600e6;
const at = 495_000 * hour;
const progress: Progress = { since: at, until: at, writtenUntil: 0, rows: 0, seconds: 0 };
const moment = (storedUntil: number, more: Partial<StepMoment> = {}): StepMoment => ({
  ...{ storedUntil, isQuiet: false, isHistory: false, minutes: undefined, nowMicros: storedUntil },
  ...{ asked: undefined as never, ...more },
});
const makeJob = () =>
  makeWindowJob({ rollup: 'nat_log', query: 'INSERT', params: { a: 1 }, lengthMicros: 10e6 });

t.test('a step has the window in its parameters', async (t) => {
  t.same(await makeJob().next(progress, moment(at + hour)), {
    query: 'INSERT',
    params: { a: 1, from: at, until: at + 10e6 },
    until: at + 10e6,
    marks: at + 10e6,
  });
  t.equal(await makeJob().next(progress, moment(at + 9e6)), undefined);
  t.match(await makeJob().next(progress, moment(at + 9e6, { isQuiet: true })), { until: at + 9e6 });
});

t.test('a prompt job takes what is stored, in a tenth of the time', async (t) => {
  const job = makeWindowJob({
    ...{ rollup: 'connections', query: 'INSERT', params: {}, lengthMicros: 10e6, isPrompt: true },
  });
  const next = async (storedUntil: number, nowMicros: number) =>
    (await job.next(progress, moment(storedUntil, { nowMicros })))?.until;
  t.equal(await next(at, at + 5e6), undefined, 'there is nothing');
  t.equal(await next(at + 5, at + 5), at + 5);
  t.equal(await next(at + 12e6, at + 12e6), at + 10e6, 'never more than a window');
  job.took?.(0.4, progress, at + 5);
  t.equal(await next(at + 1e6 - 1, at + 1e6 - 1), undefined, 'one of four INSERTs took long: 0.1 s each');
  t.equal(await next(at + 5, at + 1e6), at + 5, 'as time goes by, though nothing more comes');
  t.equal(await next(at + 5, at - 60e6), at + 5, 'a clock that was put back makes nobody wait');
  for (let i = 0; i < 30; i++) job.took?.(3, progress, at + 5);
  t.equal(await next(at + 9.9e6, at + 9.9e6), undefined);
  t.equal(await next(at + 10e6, at + 10e6), at + 10e6, 'a window that is over is made, whatever it takes');
  for (let i = 0; i < 30; i++) {
    await next(at + 5, at + 60e6);
    job.took?.(0.01, progress, at + 5);
  }
  t.equal(await next(at + 5, at + 0.2e6), at + 5, 'cheap again');
  for (let i = 0; i < 3; i++) job.took?.(0.1, progress, at + 9 * hour);
  t.equal(await next(at + 9 * hour, at + 9 * hour), at + 80e6, 'catching up, windows are long');
  job.took?.(30, progress, at + 9 * hour);
  await next(at + 5, at + 60e6);
  t.equal(await next(at + 5, at + 2e6), at + 5, 'which says nothing of short ones');
});

t.test(
  'windows grow while there is much to do and little time is taken, and shrink when they take long',
  async (t) => {
    const job = makeJob();
    const length = async (storedUntil = at + 9 * hour) =>
      (((await job.next(progress, moment(storedUntil)))?.until ?? Number.NaN) - at) / 1e6;
    for (let i = 0; i < 3; i++) job.took?.(0.1, progress, at + 9 * hour);
    t.equal(await length(), 80);
    job.took?.(2, progress, at + 9 * hour);
    t.equal(await length(), 80, 'neither short nor long');
    job.took?.(9, progress, at + 9 * hour);
    t.equal(await length(), 40);
    for (let i = 0; i < 20; i++) job.took?.(0.1, progress, at + 9 * hour);
    t.equal(await length(), 3600, 'an hour at most');
    t.equal(await length(at + 12e6), 10, 'what has caught up is short again');
    for (let i = 0; i < 9; i++) t.equal(job.shrink?.(), i < 4, `memory ${i}`);
    t.equal(await length(), 1);
  },
);
