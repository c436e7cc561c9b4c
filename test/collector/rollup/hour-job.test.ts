import t from 'tap';
import { makeHourJob } from '../../../collector/rollup/hour-job.ts';
import { makeRollupInsert } from '../../../collector/rollup/rollup-insert.ts';
import { type Progress, RollupProgress } from '../../../collector/rollup/rollup-progress.ts';
import { RollupWorker } from '../../../collector/rollup/rollup-worker.ts';
import { hasPeers } from '../../support/peers.ts';
import { hour, makeKeeper, minute, randomFlow, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

t.test('an hour in slices', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const random = new SeededRandom(3);
  await rig.put(...Array.from({ length: 1000 }, () => randomFlow(random, tenOClock, tenOClock + hour)));
  await makeKeeper(rig.client).catchUp(tenOClock + hour);
  const content = 'SELECT * EXCEPT until FROM flows_1h ORDER BY ALL';
  const truth = await rig.sql(content);
  const asked = new RollupProgress(rig.client, 'c-1');
  const insert = makeRollupInsert(rig.client, 'test/', new AbortController().signal);
  const minutes = await asked.find('flows_1m');
  t.match(minutes, { until: tenOClock + hour });
  const moment = {
    ...{ storedUntil: tenOClock + hour + minute, isQuiet: false, isHistory: false },
    nowMicros: tenOClock + 2 * hour,
  };
  const makeWorker = (rowsOfSlice = 100) =>
    new RollupWorker(makeHourJob(rowsOfSlice), asked, insert, () => 0);
  const empty = async (): Promise<void> => {
    for (const table of ['flows_1h', 'rollups'])
      await rig.client.command({ query: `TRUNCATE TABLE ${table}` });
  };

  for (const [name, rowsOfSlice, source] of [
    ['out of flows_1m', 100, { ...minutes, since: tenOClock, until: moment.storedUntil } as Progress],
    // It has begun after the hour.
    ['out of flows', 15, { ...minutes, since: tenOClock + 1, until: moment.storedUntil } as Progress],
  ] as const)
    await t.test(name, async (t) => {
      await empty();
      const worker = makeWorker(rowsOfSlice);
      let steps = 0;
      while ((await worker.step({ ...moment, minutes: source })) === 'done') steps++;
      t.ok(steps >= 5, `${steps} slices`);
      t.equal(worker.progress?.until, tenOClock + hour);
      t.same(await rig.sql(content), truth);
    });

  await t.test('a run that ends in the middle is made good', async (t) => {
    await empty();
    const source = { ...minutes, since: tenOClock, until: moment.storedUntil } as Progress;
    const first = makeWorker();
    for (let i = 0; i < 3; i++) t.equal(await first.step({ ...moment, minutes: source }), 'done');
    t.not((await rig.sql<{ n: string }>('SELECT count() AS n FROM flows_1h'))[0]?.n, '0');
    const second = makeWorker();
    while ((await second.step({ ...moment, minutes: source })) === 'done');
    t.same(await rig.sql(content), truth);
  });

  await t.test('not before flows_1m has the hour', async (t) => {
    await empty();
    const early = { ...minutes, until: tenOClock + hour - 1 } as Progress;
    t.equal(await makeWorker().step({ ...moment, minutes: early }), 'idle');
    t.equal(await makeWorker().step({ ...moment, minutes: undefined }), 'idle');
  });
});
