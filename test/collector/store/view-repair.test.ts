import t from 'tap';
import { ViewRepair } from '../../../collector/store/view-repair.ts';
import { startExactRig } from '../../support/exact-rig.ts';
import { type FakeAnswer, refusal, startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { hasPeers } from '../../support/peers.ts';

const window = 'SETTINGS non_replicated_deduplication_window = 5';
const text = (view: string): string =>
  `the view ${view} has no non_replicated_deduplication_window: after a crash of ClickHouse it may lack rows`;

t.test('a real server', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { store, command } = await startExactRig(t);
  const remarks: string[] = [];
  const look = async () => {
    remarks.length = 0;
    const onRemark = (text: string): unknown => remarks.push(text);
    return new ViewRepair({ client: store.client, database: 'flowledger', onRemark }).isPossible();
  };
  const make = async (name: string, engine: string): Promise<void> => {
    await command(`CREATE TABLE ${name} (p UInt16) ENGINE = ${engine}`);
  };
  const view = (name: string, to: string, from = 'flows', column = 'dst_port') =>
    command(`CREATE MATERIALIZED VIEW ${name} TO ${to} AS SELECT ${column} AS p FROM ${from}`);

  await t.test('no views: nothing to be done, and nothing to be said', async (t) => {
    await command('CREATE VIEW plain AS SELECT * FROM flows');
    t.equal(await look(), false);
    t.same(remarks, []);
  });

  await t.test(
    'targets with a window: of their own, inside of the view, and through a table without rows',
    async (t) => {
      await make('one', `MergeTree ORDER BY p ${window}`);
      await view('to_one', 'one');
      await command(`CREATE MATERIALIZED VIEW own (p UInt16) ENGINE = SummingMergeTree ORDER BY p ${window} AS SELECT dst_port AS p FROM flows`); // biome-ignore format: short
      await make('nothing', '`Null`');
      await view('to_nothing', 'nothing');
      await view('from_nothing', 'one', 'nothing', 'p');
      t.equal(await look(), true);
      t.same(remarks, []);
    },
  );

  await t.test('one without, behind another view and in another database', async (t) => {
    await command('CREATE DATABASE `o d`');
    await make('`o d`.`t.x ENGINE = MergeTree`', 'MergeTree ORDER BY p');
    await view('`o d`.`v 7`', '`o d`.`t.x ENGINE = MergeTree`', 'nothing', 'p');
    t.equal(await look(), false);
    t.same(remarks, [text('o d.v 7')]);
    await command('ALTER TABLE `o d`.`t.x ENGINE = MergeTree` MODIFY SETTING non_replicated_deduplication_window = 9'); // biome-ignore format: short
    t.equal(await look(), true);
    await command('ALTER TABLE `o d`.`t.x ENGINE = MergeTree` MODIFY SETTING non_replicated_deduplication_window = 0'); // biome-ignore format: short
    t.equal(await look(), false);
    await command('DROP VIEW `o d`.`v 7`');
  });

  await t.test('an engine that knows no tokens, and flows without a window', async (t) => {
    await make('memory', 'Memory');
    await view('to_memory', 'memory');
    t.equal(await look(), false);
    t.same(remarks, [text('flowledger.to_memory')]);
    await command('DROP VIEW to_memory');
    await command('ALTER TABLE flows MODIFY SETTING non_replicated_deduplication_window = 0');
    t.equal(await look(), false);
    t.match(remarks, [/^the table flows has no .* its views may lack rows$/]);
  });
});

const asTable = (table: object): FakeAnswer => ({ body: `${JSON.stringify(table)}\n` });
const flows = {
  engine: 'MergeTree',
  engine_full: `MergeTree ${window}`,
  dependencies_database: ['d'],
  dependencies_table: ['v'],
};
const noViews = { dependencies_database: [], dependencies_table: [] };

/** A server that answers like this, one question after the other. */
const ask = async (t: Parameters<typeof startFakeClickHouse>[0], ...answers: readonly FakeAnswer[]) => {
  const fake = await startFakeClickHouse(t, (_, number) => answers[number - 1] ?? {});
  const remarks: string[] = [];
  const onRemark = (text: string): unknown => remarks.push(text);
  return { remarks, repair: new ViewRepair({ client: fake.client, database: 'd', onRemark }) };
};

t.test('replicated tables know tokens, unless they are told not to', async (t) => {
  const view = asTable({ engine: 'MaterializedView', engine_full: '', ...noViews, target_database: 'd', target_table: 't' }); // biome-ignore format: short
  for (const [engine_full, isPossible] of [
    ["ReplicatedSummingMergeTree('/x', 'y') ORDER BY p", true],
    ["ReplicatedSummingMergeTree('/x', 'y') ORDER BY p SETTINGS replicated_deduplication_window = 0", false],
  ] as const) {
    const target = asTable({ engine: 'ReplicatedSummingMergeTree', engine_full, ...noViews });
    const { repair } = await ask(t, asTable(flows), view, target);
    t.equal(await repair.isPossible(), isPossible);
  }
});

t.test('a server that does not tell where views lead', async (t) => {
  const old = asTable({ engine: 'MaterializedView', engine_full: '', ...noViews });
  for (const view of [old, {}]) {
    const { repair, remarks } = await ask(t, asTable(flows), view, asTable(flows), view);
    t.equal(await repair.isPossible(), false);
    t.equal(await repair.isPossible(), false);
    t.same(remarks, ['the view d.v leads to a table that cannot be seen: after a crash of ClickHouse it may lack rows']); // biome-ignore format: short
  }
});

t.test('what is asked again, and what is not', async (t) => {
  for (const answer of ['hang up', refusal(241, 'MEMORY_LIMIT_EXCEEDED')] as const) {
    const { repair, remarks } = await ask(t, answer);
    await t.rejects(repair.isPossible());
    t.same(remarks, []);
  }
  const { repair, remarks } = await ask(t, refusal(497, 'ACCESS_DENIED'));
  t.equal(await repair.isPossible(), false);
  t.match(remarks, [/^the views of flows cannot be looked at: .*ACCESS_DENIED/]);
  repair.forgo('said');
  t.equal(remarks.at(-1), 'views of flows may lack rows: said');
});
