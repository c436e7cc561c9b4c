import t from 'tap';
import { migrate } from '../../../collector/store/migrate.ts';
import { type Row, RowWriter } from '../../../collector/store/row-writer.ts';
import { type FakeRequest, refusal, startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

// `options` forgets what is old, so this has to be new.
const seen = Math.floor(Date.now() / 1000);
const who = { exporter: '::ffff:192.0.2.9', domain: 7, seen } as const;
const vrf = (number: number): Row => ({ ...who, vrf: number, name: `v${number}`, rd: '' });
const vrfsOf = (request: FakeRequest | undefined): number[] =>
  (request?.body.toString() ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { vrf: number }).vrf);

t.test('a real server', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql } = await startTestStore(t);
  await migrate(client);

  await t.test('rows of several tables, with every kind of value', async (t) => {
    const writer = new RowWriter({ client });
    const name = 'Gi0/1 "x" \\ \u0007 é';
    writer.add('interfaces', { ...who, interface: 4294967295, name, description: '' });
    writer.add('applications', { ...who, app: '18446744073709551615', name: 'a', description: '' });
    writer.add('options', { ...who, template: 300, scope: { system: '0' }, values: { 'x.1': "it's" } });
    await writer.flush();
    t.same([writer.stored, writer.dropped, writer.problem], [3, 0, undefined]);
    t.same(await sql('SELECT toString(exporter) AS exporter, interface, name, toUnixTimestamp(seen) AS seen FROM interfaces'), [{ exporter: '::ffff:192.0.2.9', interface: 4294967295, name, seen }]); // biome-ignore format: short
    t.same(await sql('SELECT app FROM applications'), [{ app: '18446744073709551615' }]);
    t.same(await sql('SELECT scope, values FROM options'), [
      { scope: { system: '0' }, values: { 'x.1': "it's" } },
    ]);
    await writer.flush();
    t.equal(writer.stored, 3, 'nothing is sent twice');
  });

  await t.test('rows that are refused for ever are dropped, the other tables get theirs', async (t) => {
    const writer = new RowWriter({ client });
    writer.add('samplers', { ...who, sampler: 1, rate: 'no number', mode: 0, name: '' });
    writer.add('vrfs', vrf(1));
    await writer.flush();
    t.same([writer.stored, writer.dropped], [1, 1]);
    t.match(writer.problem, /^samplers: ClickHouse: /);
    t.same(await sql('SELECT vrf FROM vrfs'), [{ vrf: 1 }]);
    writer.add('samplers', { ...who, sampler: 1, rate: 10, mode: 0, name: '' });
    await writer.flush();
    t.same([writer.stored, writer.dropped, writer.problem], [2, 1, undefined]);
  });
});

t.test('nothing to send, no request', async (t) => {
  const fake = await startFakeClickHouse(t, () => ({}));
  await new RowWriter({ client: fake.client }).flush();
  t.equal(fake.requests.length, 0);
});

t.test('a server that is away: rows stay, and are sent with the token of the first attempt', async (t) => {
  const answers = ['hang up', refusal(252, 'TOO_MANY_PARTS')] as const;
  const fake = await startFakeClickHouse(t, (_, number) => answers[number - 1] ?? {});
  const writer = new RowWriter({ client: fake.client });
  writer.add('vrfs', vrf(1));
  await writer.flush();
  t.match(writer.problem, /^vrfs: ClickHouse cannot be reached: /);
  writer.add('vrfs', vrf(2));
  await writer.flush();
  t.match(writer.problem, /TOO_MANY_PARTS/);
  await writer.flush();
  t.same([writer.stored, writer.dropped, writer.problem], [2, 0, undefined]);
  t.same(fake.requests.map(vrfsOf), [[1], [1], [1], [2]]);
  const tokens = fake.requests.map(({ parameters }) => parameters.get('insert_deduplication_token'));
  t.equal(new Set(tokens.slice(0, 3)).size, 1);
  t.not(tokens[3], tokens[0], 'other rows have another one');
});

t.test('two flushes at a time are one', async (t) => {
  let answer = (): void => undefined;
  const fake = await startFakeClickHouse(t, async () => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return {};
  });
  const writer = new RowWriter({ client: fake.client });
  writer.add('vrfs', vrf(1));
  const both = [writer.flush(), writer.flush()];
  t.equal(both[0], both[1]);
  const timer = setInterval(() => answer(), 5);
  await Promise.all(both);
  clearInterval(timer);
  t.equal(fake.requests.length, 1);
});

t.test('when too many wait, the oldest go and are counted', async (t) => {
  const fake = await startFakeClickHouse(t, () => ({}));
  const writer = new RowWriter({ client: fake.client, maxRows: 32 });
  for (let i = 0; i < 33; i++) writer.add('vrfs', vrf(i));
  t.equal(writer.dropped, 3, 'one, and a sixteenth of the queue');
  for (let i = 33; i < 100; i++) writer.add('vrfs', vrf(i));
  writer.add('samplers', { ...who, sampler: 1, rate: 1, mode: 0, name: '' });
  await writer.flush();
  const kept = vrfsOf(fake.requests[0]);
  t.ok(kept.length <= 32 && kept.length >= 29);
  t.equal(kept.at(-1), 99);
  t.equal(kept[0], 100 - kept.length, 'the newest, without a gap');
  t.equal(writer.dropped, 100 - kept.length);
  t.equal(writer.stored, kept.length + 1, 'each table has its own queue');
});
