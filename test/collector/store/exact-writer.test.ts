import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { countUp, numberedRows, startExactRig } from '../../support/exact-rig.ts';
import { hasPeers } from '../../support/peers.ts';
import { until } from '../../support/until.ts';

t.test('what may come between a batch and its rows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const states: (string | undefined)[] = [];
  const rig = await startExactRig(t, { onState: (problem) => states.push(problem) });
  const { store, command, numbers } = rig;
  const proxy = await startCuttingProxy(t, store.connection.url);
  t.beforeEach(() => rig.reset());

  await t.test('nothing', async (t) => {
    const { batch, range } = numberedRows('plain', 0, 1000, 7);
    const outcome = await rig.writer().store(batch, range, 'new');
    t.match(outcome, { kind: 'stored', stored: 1000, quarantined: 0, found: false });
    t.ok(outcome.kind === 'stored' && outcome.lengthBytes > 20_000 && outcome.milliseconds > 0);
    t.same(await numbers(), countUp(0, 1000));
    t.same(rig.troubles, []);
    const empty = numberedRows('empty', 0, 0);
    t.match(await rig.writer().store(empty.batch, empty.range, 'new'), { stored: 0, lengthBytes: 0 });
  });

  await t.test('the answer is lost', async (t) => {
    proxy.cuts.push('answer');
    const { batch, range } = numberedRows('answer', 0, 100);
    const outcome = await rig.writer({}, proxy.url).store(batch, range, 'new');
    t.match(outcome, { kind: 'stored', stored: 100, found: true });
    t.same(await numbers(), countUp(0, 100));
    t.match(rig.troubles, [/cannot be reached/, undefined]);
  });

  await t.test('the request is lost', async (t) => {
    proxy.cuts.push('request', 'request');
    let retries = 0;
    const { batch, range } = numberedRows('request', 0, 100);
    const writer = rig.writer({ onRetry: () => retries++ }, proxy.url);
    t.match(await writer.store(batch, range, 'new'), { kind: 'stored', stored: 100, found: false });
    t.same(await numbers(), countUp(0, 100));
    t.equal(retries, 2);
  });

  await t.test('a crash of ours: the rows are there', async (t) => {
    const { batch, range } = numberedRows('ours', 0, 100);
    await rig.writer().store(batch, range, 'new');
    t.match(await rig.writer().store(batch, range, 'recover'), { stored: 100, found: true });
    t.same(await numbers(), countUp(0, 100));
    t.equal(await rig.writer().count(range), 100);
  });

  await t.test('a crash of the server: it knows the token, and the rows are gone', async (t) => {
    const { batch, range } = numberedRows('gone', 0, 100);
    await rig.writer().store(batch, range, 'new');
    const [part] = await store.sql<{ name: string }>(
      "SELECT name FROM system.parts WHERE active AND table = 'flows'",
    );
    await command(`ALTER TABLE flows DETACH PART '${part?.name}'`);
    t.same(await numbers(), []);
    t.match(await rig.writer().store(batch, range, 'recover'), { stored: 100, found: false });
    t.same(await numbers(), countUp(0, 100));
  });

  await t.test('a part of the rows is there, beside rows of other batches', async (t) => {
    const writer = rig.writer();
    const [before, batch, after] = [0, 100, 200].map((from) => numberedRows(`part-${from}`, from, 100));
    for (const one of [before, batch, after]) if (one) await writer.store(one.batch, one.range, 'new');
    await writer.store(numberedRows('x', 150, 1).batch, { ...numberedRows('x', 150, 1).range }, 'new');
    await command('DELETE FROM flows WHERE bytes >= 120 AND bytes < 170');
    const other = rig.writer({ collector: 'c-2' });
    const theirs = numberedRows('theirs', 150, 1);
    await other.store(theirs.batch, theirs.range, 'new');
    if (batch)
      t.match(await writer.store(batch.batch, batch.range, 'recover'), { stored: 100, found: false });
    t.same(
      await numbers(),
      [...countUp(0, 300), 150].sort((a, b) => a - b),
      'and the row of the other collector',
    );
  });

  await t.test('more rows than there should be', async (t) => {
    const writer = rig.writer();
    const { batch, range } = numberedRows('many', 0, 100);
    for (const token of ['many-1', 'many-2']) await writer.store(batch, { ...range, token }, 'new');
    t.match(await writer.store(batch, range, 'recover'), { stored: 100, found: false });
    t.same(await numbers(), countUp(0, 100));
  });

  await t.test('an INSERT of the run before that is still under way', async (t) => {
    const { batch, range } = numberedRows('slow', 0, 3);
    const rows = countUp(0, 3).map(
      (n) => `SELECT 'c-1', fromUnixTimestamp64Micro(${range.firstMicros + n}), ${n}`,
    );
    const slow = store.client.command({
      query: `INSERT INTO flows (collector, received, bytes) SELECT * FROM (${rows.join(' UNION ALL ')}) WHERE sleepEachRow(0.5) = 0 SETTINGS max_threads = 1`,
      query_id: `${range.token}/one`,
    });
    await until('it runs', async () => {
      const [running] = await store.sql<{ n: string }>(
        "SELECT count() AS n FROM system.processes WHERE query_id = 'slow/one'",
      );
      return running?.n === '1';
    });
    t.same(await numbers(), [], 'nothing of it can be seen yet');
    t.match(await rig.writer().store(batch, range, 'recover'), { stored: 3, found: true });
    await slow;
    t.same(await numbers(), [0, 1, 2]);
    t.match(rig.troubles[0], 'still under way');
  });

  await t.test('the table is missing, and comes back', async (t) => {
    await command('RENAME TABLE flows TO away');
    const { batch, range } = numberedRows('missing', 0, 10);
    const writer = rig.writer({ patienceMs: 0 });
    t.equal(await writer.tableExists(), false);
    const stored = writer.store(batch, range, 'new');
    await until('trouble', () => rig.troubles.length > 2);
    await command('RENAME TABLE away TO flows');
    t.match(await stored, { kind: 'stored', stored: 10 });
    t.equal(await writer.tableExists(), true);
    t.match(rig.troubles[0], /UNKNOWN_TABLE/);
    t.equal(rig.troubles.at(-1), undefined);
    t.same(await numbers(), countUp(0, 10));
  });

  await t.test('giving up ends what waits, and what comes later', async (t) => {
    await command('RENAME TABLE flows TO away');
    const writer = rig.writer();
    const [first, second] = [numberedRows('g-1', 0, 10), numberedRows('g-2', 10, 10)];
    const stored = writer.store(first.batch, first.range, 'new');
    await until('trouble', () => rig.troubles.length > 0);
    writer.giveUp();
    t.same(await stored, { kind: 'given-up' });
    t.same(await writer.store(second.batch, second.range, 'new'), { kind: 'given-up' });
    await t.rejects(writer.count(first.range));
    await command('RENAME TABLE away TO flows');
    t.same(await numbers(), []);
  });

  await t.test('the server is killed in the middle of INSERTs', async (t) => {
    const writer = rig.writer();
    const batches = countUp(0, 8).map((i) => numberedRows(`kill-${i}`, 20_000 * i, 20_000));
    const all = Promise.all(batches.map(({ batch, range }) => writer.store(batch, range, 'new')));
    await until('some rows', async () => (await numbers()).length > 0);
    process.kill(store.server.pid, 'SIGKILL');
    for (const outcome of await all) t.match(outcome, { kind: 'stored', stored: 20_000 });
    t.match(states[0], 'died');
    t.same(await numbers(), countUp(0, 160_000));
  });
});

t.test('views of flows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const states: (string | undefined)[] = [];
  const rig = await startExactRig(t, { onState: (problem) => states.push(problem) });
  const { store, command } = rig;
  const remarks: string[] = [];
  const makeView = async (t: Test, name: string, settings: string, more = ''): Promise<void> => {
    await command(
      `CREATE TABLE ${name} (port UInt16, n UInt64, octets UInt64) ENGINE = SummingMergeTree ORDER BY port ${settings}`,
    );
    await command(
      `CREATE MATERIALIZED VIEW ${name}_view TO ${name} AS
       SELECT dst_port AS port, count() AS n, sum(bytes) AS octets FROM flows ${more} GROUP BY port`,
    );
    t.teardown(() => command(`DROP VIEW ${name}_view`));
  };
  const window = 'SETTINGS non_replicated_deduplication_window = 100';
  const sumsOf = (table: string) => store.sql(`SELECT sum(n) AS rows, sum(octets) AS octets FROM ${table}`);
  const wanted = () => store.sql('SELECT count() AS rows, sum(bytes) AS octets FROM flows');
  t.beforeEach(() => {
    remarks.length = 0;
    return rig.reset();
  });

  await t.test('one that has not come to its turn gets its rows, the others get nothing', async (t) => {
    const batches = [0, 100].map((from) => numberedRows(`turn-${from}`, from, 100));
    await makeView(t, 'had', window);
    for (const { batch, range } of batches) await rig.writer().store(batch, range, 'new');
    await makeView(t, 'lacks', window);
    for (const { batch, range } of batches) {
      const outcome = await rig.writer().store(batch, range, 'recover');
      t.match(outcome, { kind: 'stored', stored: 100, found: true });
      // Twice: recovery may be cut short, too.
      await rig.writer().store(batch, range, 'recover');
    }
    t.same(await wanted(), [{ rows: '200', octets: String((199 * 200) / 2) }]);
    t.same([await sumsOf('had'), await sumsOf('lacks')], [await wanted(), await wanted()]);
  });

  await t.test('where one of them forgets, none is given anything, and it is said once', async (t) => {
    const { batch, range } = numberedRows('forgets', 0, 100);
    await makeView(t, 'forgets', '');
    await rig.writer().store(batch, range, 'new');
    await makeView(t, 'knows', window);
    const writer = rig.writer({ onRemark: (text) => remarks.push(text) });
    for (let i = 0; i < 2; i++)
      t.match(await writer.store(batch, range, 'recover'), { stored: 100, found: true });
    t.same([await sumsOf('forgets'), await sumsOf('knows')], [await wanted(), [{ rows: '0', octets: '0' }]]);
    t.same(remarks, [
      'the view flowledger.forgets_view has no non_replicated_deduplication_window: after a crash of ClickHouse it may lack rows',
    ]);
  });

  await t.test(
    'the token under which rows were stored in the end is told, and is the one that counts',
    async (t) => {
      const { batch, range } = numberedRows('told', 0, 100);
      await rig.writer().store(numberedRows('x', 40, 20).batch, { ...range, token: 'x' }, 'new');
      await makeView(t, 'told', window);
      const tokens: string[] = [];
      const onToken = async (token: string): Promise<void> => {
        t.same(await rig.numbers(), [], 'before it is used');
        tokens.push(token);
      };
      await rig.writer().store(batch, range, 'recover', onToken);
      t.match(tokens, [/^told\.\w+\.0$/]);
      const again = { ...range, token: tokens[0] ?? '' };
      t.match(await rig.writer().store(batch, again, 'recover'), { stored: 100, found: true });
      t.same(await wanted(), [{ rows: '100', octets: '4950' }]);
      t.same(await sumsOf('told'), await wanted());
    },
  );

  await t.test('a batch that was stored in pieces, and nobody heard of it', async (t) => {
    await command(`CREATE TABLE pieces (port UInt16, n UInt64, octets UInt64) ENGINE = SummingMergeTree
      PARTITION BY port ORDER BY port ${window}`);
    await command(`CREATE MATERIALIZED VIEW pieces_view TO pieces AS
      SELECT dst_port AS port, count() AS n, sum(bytes) AS octets FROM flows GROUP BY port`);
    t.teardown(() => command('DROP VIEW pieces_view'));
    const { batch, range } = numberedRows('pieces', 0, 400, 10);
    const tokens: string[] = [];
    await rig.writer().store(batch, range, 'new', async (token) => void tokens.push(token));
    t.same(tokens, ['pieces.pieces']);
    t.same(await sumsOf('pieces'), await wanted());
    const again = { ...range, token: 'pieces.pieces' };
    t.match(await rig.writer().store(batch, again, 'recover'), { stored: 400, found: true });
    t.same([await wanted(), await sumsOf('pieces')], [[{ rows: '400', octets: '79800' }], await wanted()]);
  });

  await t.test('the server is killed between flows and the view', async (t) => {
    // A view that takes its time.
    await makeView(t, 'slow', window, 'WHERE sleepEachRow(0.0001) = 0');
    const writer = rig.writer();
    for (let i = 0; i < 3; i++) {
      const batches = [0, 1].map((n) => numberedRows(`slow-${i}-${n}`, 10_000 * i + 5000 * n, 2500));
      const all = Promise.all(batches.map(({ batch, range }) => writer.store(batch, range, 'new')));
      await until('a part of flows', async () => (await rig.numbers()).length > 5000 * i);
      process.kill(store.server.pid, 'SIGKILL');
      for (const outcome of await all) t.match(outcome, { kind: 'stored', stored: 2500 });
      t.match((await wanted())[0], { rows: String(5000 * (i + 1)) });
      t.same(await sumsOf('slow'), await wanted());
    }
  });
});

t.test('what ClickHouse refuses for good', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startExactRig(t);
  const { store, command, numbers } = rig;
  t.beforeEach(() => rig.reset());
  const told = async () => {
    await rig.rowWriter.flush();
    return store.sql<{ rows: number; reason: string; file: string; first: string; last: string }>(
      `SELECT rows, reason, file, toUnixTimestamp64Micro(first_received) AS first,
         toUnixTimestamp64Micro(last_received) AS last FROM quarantine ORDER BY first_received`,
    );
  };

  for (const perDatagram of [1, 24, 20_000])
    await t.test(`rows that break a constraint, ${perDatagram} rows a datagram`, async (t) => {
      const bad = [0, 17, 4999, 5000, 5001, 9999];
      await command('TRUNCATE TABLE quarantine');
      await command(`ALTER TABLE flows ADD CONSTRAINT picky CHECK bytes NOT IN (${bad.join(', ')})`);
      const { batch, range } = numberedRows(`picky-${perDatagram}`, 0, 10_000, perDatagram);
      const outcome = await rig.writer().store(batch, range, 'new');
      t.match(outcome, { kind: 'stored', stored: 9994, quarantined: 6, found: false });
      t.same(
        await numbers(),
        countUp(0, 10_000).filter((n) => !bad.includes(n)),
      );
      const rows = await told();
      t.equal(rows.length, 6);
      for (const row of rows) t.match(row, { rows: 1, reason: /Constraint `picky`.*VIOLATED_CONSTRAINT/ });
      await command('ALTER TABLE flows DROP CONSTRAINT picky');
      for (const { file } of rows) {
        t.equal(statSync(file).mode & 0o777, 0o600);
        const { stream } = await store.client.exec({
          query: 'INSERT INTO flows FORMAT Native',
          values: Readable.from([readFileSync(file)], { objectMode: false }),
        });
        await stream.resume().toArray();
      }
      t.same(await numbers(), countUp(0, 10_000), 'the files can be loaded');
      t.same(
        await store.sql(
          "SELECT count() AS n FROM flows WHERE collector = 'c-1' AND process_name = concat('p', toString(bytes))",
        ),
        [{ n: '10000' }],
        'every column of them',
      );
    });

  await t.test('a batch that was cut short in the middle of it', async (t) => {
    await command('ALTER TABLE flows ADD CONSTRAINT picky CHECK bytes != 3');
    const { batch, range } = numberedRows('again', 0, 10);
    await rig.writer().store(batch, range, 'new');
    t.equal(rig.quarantineFiles().filter((name) => name.startsWith('again.')).length, 1);
    await command('ALTER TABLE flows DROP CONSTRAINT picky');
    t.match(await rig.writer().store(batch, range, 'recover'), { stored: 10, quarantined: 0 });
    t.same(await numbers(), countUp(0, 10));
    t.same(
      rig.quarantineFiles().filter((name) => name.startsWith('again.')),
      [],
      'what is stored is not kept',
    );
  });

  await t.test('a view that takes 100 partitions at a time', async (t) => {
    await command(
      'CREATE TABLE sums (dst_port UInt16, n UInt64) ENGINE = SummingMergeTree PARTITION BY dst_port ORDER BY dst_port',
    );
    await command(
      'CREATE MATERIALIZED VIEW to_sums TO sums AS SELECT dst_port % 120 AS dst_port, bytes AS n FROM flows',
    );
    t.teardown(() => command('DROP VIEW to_sums'));
    const { batch, range } = numberedRows('view', 0, 400, 10);
    t.match(await rig.writer().store(batch, range, 'new'), { stored: 400, quarantined: 0 });
    t.same(await numbers(), countUp(0, 400));
    const sums = 'SELECT dst_port AS port, sum(n) AS n FROM sums GROUP BY port ORDER BY port';
    const expected = 'SELECT dst_port % 120 AS port, sum(bytes) AS n FROM flows GROUP BY port ORDER BY port';
    t.same(await store.sql(sums), await store.sql(expected));
  });

  await t.test('a view that refuses some rows: their datagram goes, whole', async (t) => {
    await command('CREATE TABLE target (n UInt64) ENGINE = MergeTree ORDER BY n');
    await command(
      'CREATE MATERIALIZED VIEW to_target TO target AS SELECT bytes + throwIf(bytes = 55) AS n FROM flows',
    );
    t.teardown(() => command('DROP VIEW to_target'));
    const { batch, range } = numberedRows('throws', 0, 100, 10);
    t.match(await rig.writer().store(batch, range, 'new'), { stored: 90, quarantined: 10 });
    t.same(await numbers(), [...countUp(0, 50), ...countUp(60, 40)]);
    t.same(await store.sql('SELECT count() AS rows, uniqExact(n) AS numbers FROM target'), [
      { rows: '90', numbers: '90' },
    ]);
    const last = (await told()).at(-1);
    t.match(last, { rows: 10, file: join(rig.quarantineDir, 'throws.50.native'), reason: /55|throwIf/i });
  });

  await t.test('INSERTs of one batch are limited: what is left is kept as it is', async (t) => {
    await command('ALTER TABLE flows ADD CONSTRAINT picky CHECK bytes % 2 = 0');
    t.teardown(() => command('ALTER TABLE flows DROP CONSTRAINT picky'));
    const { batch, range } = numberedRows('limited', 0, 1000, 10);
    const outcome = await rig.writer({ maxInserts: 50 }).store(batch, range, 'new');
    const stored = await numbers();
    t.match(outcome, { kind: 'stored', stored: stored.length, quarantined: 1000 - stored.length });
    t.ok(stored.length > 0 && stored.length < 60 && stored.every((n) => n % 2 === 0));
  });
});
