import t from 'tap';
import { RollupProgress } from '../../../collector/rollup/rollup-progress.ts';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

t.test('how far a rollup has come', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const asked = new RollupProgress(rig.client, 'c-1');
  const at = tenOClock;
  const has = (until: number, collector = 'c-1') =>
    rig.client.command({
      query: `INSERT INTO flows_1m (collector, received_hour, until) VALUES ('${collector}', toDateTime(${at / 1e6}), fromUnixTimestamp64Micro(${until}))`,
    });
  const said = { since: at, until: at + 5, writtenUntil: 0, rows: 3, seconds: 0.5 };
  t.equal(await asked.find('flows_1m'), undefined, 'nothing at all');
  await has(at + 9, 'c-2');
  await asked.write('flows_1m', said);
  t.same(await asked.find('flows_1m'), said, 'empty windows only');
  await has(at + 7);
  t.same(
    await asked.find('flows_1m'),
    { ...said, until: at + 7, writtenUntil: at + 7 },
    'it was not written down',
  );
  await asked.write('flows_1m', { ...said, until: at + 20, writtenUntil: at + 7 });
  t.match(await asked.find('flows_1m'), { until: at + 20 }, 'empty windows behind the last row');
  await asked.write('flows_1m', { ...said, until: at + 20, writtenUntil: at + 15 });
  t.match(await asked.find('flows_1m'), { until: at + 7 }, 'the last rows are lost');
  await rig.client.command({ query: 'TRUNCATE TABLE flows_1m' });
  t.equal(await asked.find('flows_1m'), undefined, 'all are');

  await rig.client.command({
    query: `INSERT INTO talkers_1h (collector, hour) VALUES ('c-1', toDateTime(${at / 1e6}))`,
  });
  t.match(await asked.find('talkers_1h'), { until: at + hour });

  t.equal(await asked.oldestReceived(), undefined);
  await rig.put(flowRow(at, at), flowRow(at, at, { received: at + hour, collector: 'c-2' }));
  t.equal(await asked.oldestReceived(), at + 1e6);
  t.equal(await asked.firstReceived(at + 1e6 + 1, at + 2 * hour), at + hour);
  t.equal(await asked.firstReceived(at + 1e6 + 1, at + hour), undefined);
  t.equal(await asked.countRunning('nobody/'), 0);
});
