import t from 'tap';
import { BatchWriter } from '../../../collector/store/batch-writer.ts';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { createFlowTable } from '../../../collector/store/flow-table.ts';
import { batchOf } from '../../support/batch-rows.ts';
import { refusal, startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';
import { until } from '../../support/until.ts';

const columns = columnsOfGroups([]);
const batchFrom = (...ports: number[]) =>
  batchOf(
    columns,
    ports.map((port) => ({ src_port: port })),
  );
const writerOptions = { database: 'flowledger', collector: 'c-1' } as const;

t.test('a real server', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const states: (string | undefined)[] = [];
  const store = await startTestStore(t, { onState: (problem) => states.push(problem) });
  const { client } = store;
  await client.command({ query: createFlowTable('flowledger', columns, 0) });
  const ports = async (): Promise<unknown[]> =>
    (
      await store.sql<{ src_port: number }>('SELECT src_port FROM flows WHERE src_port > 0 ORDER BY src_port')
    ).map((row) => row.src_port);

  await t.test('stores rows, and those of a repeated token once', async (t) => {
    const writer = new BatchWriter({ ...writerOptions, client });
    const outcome = await writer.insertBatch(batchFrom(1, 2), 'token-1');
    t.match(outcome, { rows: 2, problem: undefined });
    t.ok(outcome.lengthBytes > 4 && outcome.milliseconds > 0);
    t.equal((await writer.insertBatch(batchFrom(1, 2), 'token-1')).problem, undefined);
    t.same(await ports(), [1, 2], 'the same token again');
    await writer.insertBatch(batchFrom(1, 2), 'token-2');
    t.same(await ports(), [1, 1, 2, 2], 'another token, and the same rows');
    t.same(await store.sql('SELECT DISTINCT collector FROM flows'), [{ collector: 'c-1' }]);
  });

  await t.test('a batch that was used, cleared and used again', async (t) => {
    await client.command({ query: 'TRUNCATE TABLE flows' });
    const writer = new BatchWriter({ ...writerOptions, client });
    const batch = batchFrom(10, 11, 12);
    await writer.insertBatch(batch, 'a');
    batch.clear();
    batch.fixed.find((column, at) => columns[at]?.name === 'src_port' && column)?.open(1, 1);
    batch.rows = 2;
    const outcome = await writer.insertBatch(batch, 'b');
    t.match(outcome, { rows: 2, problem: undefined });
    t.same(await store.sql('SELECT count() AS n FROM flows'), [{ n: '5' }]);
  });

  await t.test('what the server refuses for ever is told and not repeated', async (t) => {
    const troubles: unknown[] = [];
    const onTrouble = (problem: string | undefined): unknown => troubles.push(problem);
    const writer = new BatchWriter({ ...writerOptions, client, database: 'elsewhere', onTrouble });
    const { problem, rows } = await writer.insertBatch(batchFrom(1, 2, 3), 'x');
    t.match(problem, /^ClickHouse: .*elsewhere.*\(UNKNOWN_DATABASE\)$/);
    t.equal(rows, 3);
    t.same(troubles, []);
  });

  await t.test('a server that is killed is waited for', async (t) => {
    await client.command({ query: 'TRUNCATE TABLE flows' });
    const troubles: (string | undefined)[] = [];
    const onTrouble = (problem: string | undefined): unknown => troubles.push(problem);
    const writer = new BatchWriter({ ...writerOptions, client, onTrouble });
    process.kill(store.server.pid, 'SIGKILL');
    await until('its death is noticed', () => states.length > 0);
    const outcome = await writer.insertBatch(batchFrom(7), 'survivor');
    t.equal(outcome.problem, undefined);
    t.match(troubles[0], /^ClickHouse cannot be reached: /);
    t.equal(troubles.at(-1), undefined, 'the end of the trouble is told');
    t.same(await ports(), [7]);
  });
});

t.test('no rows, no request', async (t) => {
  const fake = await startFakeClickHouse(t, () => ({}));
  const writer = new BatchWriter({ ...writerOptions, client: fake.client });
  t.same(await writer.insertBatch(batchFrom(), 'x'), {
    rows: 0,
    problem: undefined,
    lengthBytes: 0,
    milliseconds: 0,
  });
  t.equal(fake.requests.length, 0);
});

t.test('a repeated INSERT is the same INSERT', async (t) => {
  const answers = ['hang up', refusal(252, 'TOO_MANY_PARTS'), {}] as const;
  const fake = await startFakeClickHouse(t, (_, number) => answers[number - 1] ?? {});
  const troubles: (string | undefined)[] = [];
  const onTrouble = (problem: string | undefined): unknown => troubles.push(problem);
  const writer = new BatchWriter({ ...writerOptions, client: fake.client, onTrouble });
  const outcome = await writer.insertBatch(batchFrom(4, 5), 'tok');
  t.equal(outcome.problem, undefined);
  t.equal(fake.requests.length, 3);
  const [first, second, third] = fake.requests;
  t.equal(first?.parameters.get('insert_deduplication_token'), 'tok');
  t.equal(third?.parameters.get('insert_deduplication_token'), 'tok');
  t.ok(first?.body.equals(third?.body ?? Buffer.alloc(0)) && second?.body.equals(first.body));
  const query = first?.parameters.get('query') ?? '';
  t.equal(query, 'INSERT INTO `flowledger`.flows (`collector`, `src_port`) FORMAT Native');
  t.equal(first?.body.length, outcome.lengthBytes);
  t.match(troubles, [/cannot be reached/, /TOO_MANY_PARTS/, undefined]);
});

t.test('patience with a server that says `not now` ends', async (t) => {
  const fake = await startFakeClickHouse(t, () => refusal(241, 'MEMORY_LIMIT_EXCEEDED', 'too much'));
  const writer = new BatchWriter({ ...writerOptions, client: fake.client, patienceMs: 0 });
  const outcome = await writer.insertBatch(batchFrom(4), 'tok');
  t.equal(outcome.problem, 'ClickHouse: too much. (MEMORY_LIMIT_EXCEEDED)'.replace('. (', ' ('));
  t.equal(fake.requests.length, 2);
});

t.test('giving up ends what waits, and what comes after is tried once', async (t) => {
  const fake = await startFakeClickHouse(t, () => 'hang up');
  let giveUp = (): void => undefined;
  const writer = new BatchWriter({ ...writerOptions, client: fake.client, onTrouble: () => giveUp() });
  giveUp = () => writer.giveUp();
  t.match((await writer.insertBatch(batchFrom(4), 'a')).problem, /^ClickHouse cannot be reached: /);
  const before = fake.requests.length;
  t.match((await writer.insertBatch(batchFrom(4), 'b')).problem, /^ClickHouse cannot be reached: /);
  t.equal(fake.requests.length, before + 1);
});

t.test('so many INSERTs at a time', async (t) => {
  let atOnce = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const fake = await startFakeClickHouse(t, async () => {
    most = Math.max(most, ++atOnce);
    await new Promise<void>((resolve) => waiting.push(resolve));
    atOnce--;
    return {};
  });
  const writer = new BatchWriter({ ...writerOptions, client: fake.client, insertsInFlight: 2 });
  const all = Promise.all([1, 2, 3, 4, 5].map((port) => writer.insertBatch(batchFrom(port), `t${port}`)));
  for (let answered = 0; answered < 5; ) {
    await until('a request', () => waiting.length >= Math.min(2, 5 - answered));
    for (const answer of waiting.splice(0)) {
      answered++;
      answer();
    }
  }
  t.same(
    (await all).map(({ problem }) => problem),
    Array(5).fill(undefined),
  );
  t.equal(most, 2);
});
