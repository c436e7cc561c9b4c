import t from 'tap';
import { makeRollupInsert } from '../../../collector/rollup/rollup-insert.ts';
import { RollupProgress } from '../../../collector/rollup/rollup-progress.ts';
import { connect } from '../../../collector/store/connection.ts';
import { type Cut, startCuttingProxy } from '../../support/cutting-proxy.ts';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, makeKeeper, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

t.test('an INSERT is one part, however many rows it has', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql } = await startRollupRig(t);
  await client.command({
    query: 'CREATE TABLE many (n UInt64, until DateTime64(6)) ENGINE = MergeTree ORDER BY n',
  });
  const insert = makeRollupInsert(client, 'test/', new AbortController().signal);
  const query = 'INSERT INTO many SELECT number, now64(6) FROM numbers({rows:UInt64})';
  t.equal(await insert.run(query, { rows: 2_500_000 }), 2_500_000, 'it tells how many');
  t.same(await sql('SELECT countDistinct(_part) AS parts FROM many'), [{ parts: '1' }]);
  t.equal(await insert.run(query, { rows: 0 }), 0);
});

t.test('answers that do not come, and requests that get nowhere', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  // Rows expire a day after they were last seen, and these are of a day that may be long ago.
  await rig.client.command({ query: 'ALTER TABLE connections REMOVE TTL' });
  const proxy = await startCuttingProxy(t, rig.connection.url, 'INSERT INTO');
  const client = connect({ ...rig.connection, url: proxy.url });
  t.teardown(() => client.close());
  const rows = Array.from({ length: 300 }, (_, i) =>
    flowRow(tenOClock + i * 10e6, tenOClock + i * 10e6 + 90e6, { flow_id: i % 7, reverse_bytes: i }),
  );
  await rig.put(...rows);
  const end = tenOClock + 2 * hour;
  let cutsLeft = 40;
  for (;;) {
    // A keeper that has had enough is followed by another one, which knows nothing.
    const cut: Cut = cutsLeft % 3 === 0 ? 'request' : 'answer';
    if (cutsLeft-- > 0) proxy.cuts.push(cut);
    try {
      await makeKeeper(client).catchUp(end);
      break;
    } catch (error) {
      t.match((error as Error).message, /socket hang up|ECONNRESET|aborted/);
    }
  }
  t.ok(cutsLeft < 35, 'something was cut');
  const truth = await rig.sql(
    "SELECT sum(bytes + reverse_bytes) AS b, countIf(record_kind = 'flow') AS f FROM flows",
  );
  t.same(await rig.sql("SELECT sum(bytes) AS b, sum(flows) AS f FROM flows_1m WHERE about = 'as'"), truth);
  t.same(
    await rig.sql("SELECT sum(bytes) AS b, sum(flows) AS f FROM flows_1h WHERE about = 'interfaces'"),
    truth,
  );
  t.same(
    await rig.sql('SELECT sum(bytes_out + bytes_in) AS b, sum(flows_out) AS f FROM host_activity'),
    truth,
  );
  t.same(
    await rig.sql('SELECT sum(bytes) AS b FROM connections'),
    await rig.sql('SELECT sum(bytes) AS b FROM flows WHERE flow_id != 0'),
  );
  const progress = new RollupProgress(rig.client, 'c-1');
  t.match(await progress.find('flows_1m'), { until: end, rows: Number });
  t.equal(await progress.countRunning('flowledger-rollup/'), 0);
});
