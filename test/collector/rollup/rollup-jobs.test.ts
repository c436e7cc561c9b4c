import t from 'tap';
import { makeRollupJobs } from '../../../collector/rollup/rollup-jobs.ts';
import { rollupTables } from '../../../collector/rollup/rollup-tables.ts';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { migrate } from '../../../collector/store/migrate.ts';
import { prepareFlowTable } from '../../../collector/store/prepare-flow-table.ts';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, insertFlows, makeKeeper, tenOClock } from '../../support/rollup-rig.ts';
import { startTestStore } from '../../support/test-store.ts';

const namesOf = (groups: Parameters<typeof columnsOfGroups>[0]): string[] =>
  columnsOfGroups(groups).map(({ name }) => name);
const made = (columns: readonly string[]): string[] =>
  makeRollupJobs({ inside: [], columns }).map(({ rollup }) => rollup);

t.test('each table has its job; those of NAT need the columns', async (t) => {
  t.same(made(namesOf(['nat'])).sort(), [...rollupTables].sort());
  t.same(made(namesOf(['core'])), ['flows_1m', 'host_activity', 'flows_1h', 'talkers_1h']);
});

t.test('without the columns of NAT', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql } = await startTestStore(t);
  await migrate(client);
  await prepareFlowTable(client, { database: 'flowledger', columns: columnsOfGroups(['core']), ttlDays: 0 });
  await insertFlows(client, [flowRow(tenOClock, tenOClock + 1)]);
  await makeKeeper(client, { columns: namesOf(['core']) }).catchUp(tenOClock + hour);
  t.same(await sql('SELECT (SELECT count() FROM flows_1h) AS a, (SELECT count() FROM host_activity) AS b'), [
    { a: '2', b: '1' },
  ]);
});
