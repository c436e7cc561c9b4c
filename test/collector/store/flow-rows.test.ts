import t from 'tap';
import { FlowRows } from '../../../collector/store/flow-rows.ts';
import { NativeBlockMaker } from '../../../collector/store/native-block.ts';
import { numberedRows, rigColumns, startExactRig, startMicros } from '../../support/exact-rig.ts';
import { refusal, startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { hasPeers } from '../../support/peers.ts';

const blockOf = (from: number, rows: number, collector: string) =>
  new NativeBlockMaker(rigColumns, { collector }).make(numberedRows('x', from, rows).batch);
const between = (first: number, last: number) => ({
  firstMicros: startMicros + first,
  lastMicros: startMicros + last,
});

t.test('a real server', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startExactRig(t);
  const options = { client: rig.store.client, database: 'flowledger' };
  const ours = new FlowRows({ ...options, collector: "our 'own'" });
  const theirs = new FlowRows({ ...options, collector: 'c-2' });
  await ours.insert(blockOf(0, 10, "our 'own'"), 'a');
  await ours.insert(blockOf(0, 10, "our 'own'"), 'a');
  await theirs.insert(blockOf(0, 20, 'c-2'), 'b');

  await t.test('rows are counted to the microsecond, and those of one collector', async (t) => {
    t.equal(await ours.count(between(0, 9)), 10, 'the token was known');
    t.equal(await ours.count(between(3, 3)), 1);
    t.equal(await ours.count(between(3, 5)), 3);
    t.equal(await ours.count(between(10, 1e9)), 0);
    t.equal(await ours.count(between(-1e9, -1)), 0);
    t.equal(await theirs.count(between(0, 99)), 20);
  });

  await t.test('so they are removed', async (t) => {
    await ours.remove(between(3, 5));
    t.equal(await ours.count(between(0, 9)), 7);
    t.equal(await theirs.count(between(0, 99)), 20);
    await ours.remove(between(100, 200));
    t.equal((await rig.numbers()).length, 27);
  });

  await t.test('what runs, and whether there is a table', async (t) => {
    t.equal(await ours.countRunning('nobody/'), 0);
    t.equal(await ours.tableExists(), true);
    t.equal(await new FlowRows({ ...options, database: 'nowhere', collector: '' }).tableExists(), false);
  });
});

t.test('what an INSERT says', async (t) => {
  const fake = await startFakeClickHouse(t, () => ({}));
  const rows = new FlowRows({
    client: fake.client,
    database: 'a`b',
    collector: 'c-1',
    settings: { max_threads: 1 },
  });
  const block = blockOf(0, 2, 'c-1');
  await rows.insert(block, 'tok', 'tok/1');
  const [request] = fake.requests;
  t.equal(
    request?.parameters.get('query'),
    'INSERT INTO `a\\`b`.flows (`received`, `collector`, `dst_port`, `bytes`, `process_name`) FORMAT Native'.replace(
      '(`received`, `collector`, `dst_port`, `bytes`, `process_name`)',
      `(${block.columns.map(({ name }) => `\`${name}\``).join(', ')})`,
    ),
  );
  t.equal(request?.parameters.get('insert_deduplication_token'), 'tok');
  t.equal(request?.parameters.get('query_id'), 'tok/1');
  t.equal(request?.parameters.get('deduplicate_blocks_in_dependent_materialized_views'), '1');
  t.equal(request?.parameters.get('async_insert'), '0');
  t.equal(request?.parameters.get('max_threads'), '1');
  t.ok(request?.body.equals(Buffer.concat(block.buffers)));
});

t.test('without its database there is no table, and without rights nobody knows', async (t) => {
  const answers = [refusal(81, 'UNKNOWN_DATABASE'), refusal(497, 'ACCESS_DENIED')];
  const fake = await startFakeClickHouse(t, (_, number) => answers[number - 1] ?? {});
  const rows = new FlowRows({ client: fake.client, database: 'd', collector: 'c-1' });
  t.equal(await rows.tableExists(), false);
  await t.rejects(rows.tableExists(), { name: 'Error', code: '497' });
});

t.test('an answer that is no number is an error', async (t) => {
  const fake = await startFakeClickHouse(t, () => ({ body: '' }));
  const rows = new FlowRows({ client: fake.client, database: 'd', collector: 'c-1' });
  await t.rejects(rows.count(between(0, 1)), /did not count/);
});
