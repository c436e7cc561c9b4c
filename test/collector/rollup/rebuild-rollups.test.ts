import t from 'tap';
import { privateNetworks } from '../../../collector/rollup/inside-networks.ts';
import { rebuildRollups } from '../../../collector/rollup/rebuild-rollups.ts';
import { keepForEver } from '../../../collector/store/keep-for-ever.ts';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, rollupColumns, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

t.test('history of years ago, and more of it', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  await keepForEver(rig.client, 'flowledger');
  const rebuild = () =>
    rebuildRollups({
      ...{ client: rig.client, inside: privateNetworks, columns: rollupColumns },
      nowMicros: () => tenOClock,
    });
  const longAgo = tenOClock - 10 * 366 * 24 * hour;
  const sums = 'SELECT sum(bytes) AS bytes, sum(flows) AS flows FROM';
  await rig.put(
    flowRow(longAgo, longAgo + 1, { flow_id: 1 }),
    flowRow(longAgo, longAgo + 1, { collector: 'c-2' }),
  );
  await rebuild();
  t.same(await rig.sql(`${sums} flows_1h WHERE about = 'interfaces'`), [{ bytes: '2000', flows: '2' }]);
  await rig.put(flowRow(longAgo - hour, longAgo), flowRow(tenOClock - hour, tenOClock));
  await rebuild();
  for (const table of ['flows_1m', 'flows_1h'])
    t.same(await rig.sql(`${sums} ${table} WHERE about = 'interfaces'`), [{ bytes: '4000', flows: '4' }]);
  t.same(await rig.sql("SELECT sum(bytes) AS bytes FROM talkers_1h FINAL WHERE role = 'src'"), [
    { bytes: '4000' },
  ]);
  t.same(await rig.sql('SELECT count() AS n FROM connections'), [{ n: '1' }]);
});
