import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { connect } from '../../../collector/store/connection.ts';
import {
  type Migration,
  migrate,
  readMigrations,
  splitStatements,
} from '../../../collector/store/migrate.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { hasPeers } from '../../support/peers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { startTestStore } from '../../support/test-store.ts';

const step = (number: number, name: string, ...statements: string[]): Migration => ({
  number,
  name,
  statements,
});
const table = (name: string): string => `CREATE TABLE ${name} (n UInt8) ENGINE = MergeTree ORDER BY n`;

t.test('statements end with a semicolon at the end of a line', async (t) => {
  t.same(splitStatements("-- about\nCREATE x\n  (a) COMMENT 'b; c';\n\n-- more;\nALTER y; \nDROP z"), [
    "CREATE x\n  (a) COMMENT 'b; c'",
    'ALTER y',
    'DROP z',
  ]);
  t.same(splitStatements('-- nothing;\n\n'), []);
});

t.test('files are read by number; others are left', async (t) => {
  const directory = join(temporaryDirectory(t), 'schema');
  mkdirSync(directory);
  for (const name of ['0010-ten.sql', '0002-two-b.sql', 'notes.md', '3-three.sql', '0004-Four.sql'])
    writeFileSync(join(directory, name), `SELECT '${name}';\n`);
  t.same(readMigrations(pathToFileURL(`${directory}/`)), [
    step(2, 'two-b', "SELECT '0002-two-b.sql'"),
    step(10, 'ten', "SELECT '0010-ten.sql'"),
  ]);
});

t.test('the files of the product have numbers of their own, from 1 on', async (t) => {
  const numbers = readMigrations().map(({ number }) => number);
  t.same(
    numbers,
    numbers.map((_, i) => i + 1),
  );
  t.ok(numbers.length > 0);
});

t.test('a real database', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql, connection } = await startTestStore(t);
  const tables = async (): Promise<string[]> =>
    (
      await sql<{ name: string }>(
        "SELECT name FROM system.tables WHERE database = 'flowledger' ORDER BY name",
      )
    ).map(({ name }) => name);
  const done = (): Promise<unknown[]> => sql('SELECT number, name FROM migrations ORDER BY number');

  await t.test('what the product has is applied, once', async (t) => {
    const admin = connect({ ...connection, database: 'default' });
    await admin.command({ query: 'CREATE DATABASE product' });
    await admin.close();
    const product = connect({ ...connection, database: 'product' });
    t.teardown(() => product.close());
    const names = readMigrations().map(({ number, name }) => `${number} ${name}`);
    t.same(await migrate(product), names);
    t.same(await migrate(product), []);
    const there = await sql<{ name: string }>("SELECT name FROM system.tables WHERE database = 'product'");
    for (const name of [
      'interfaces',
      'samplers',
      'applications',
      'vrfs',
      'options',
      'exporters',
      'exporter_loss',
      'quarantine',
    ])
      t.ok(
        there.some((row) => row.name === name),
        name,
      );
    const uncommented = await sql(
      "SELECT table, name FROM system.columns WHERE database = 'product' AND comment = ''",
    );
    t.same(uncommented, [], 'every column has its comment');
  });

  await t.test('losses of a minute replace each other, the last one holds', async (t) => {
    const product = connect({ ...connection, database: 'product' });
    t.teardown(() => product.close());
    const minute = 60 * Math.floor(Date.now() / 60_000);
    for (const missing of [5, 7])
      await product.insert({
        table: 'exporter_loss',
        values: [{ minute, exporter: '::', domain: 1, collector: 'c', missing }],
        format: 'JSONEachRow',
        clickhouse_settings: { async_insert: 0 },
      });
    t.same(await sql('SELECT missing, journal_drops FROM product.exporter_loss FINAL'), [
      { missing: '7', journal_drops: '0' },
    ]);
    t.same(await sql('SELECT sum(journal_drops) AS n FROM product.exporters'), [{ n: '0' }]);
  });

  await t.test('a database of the version before gets the rest', async (t) => {
    const admin = connect({ ...connection, database: 'default' });
    await admin.command({ query: 'CREATE DATABASE older' });
    await admin.close();
    const older = connect({ ...connection, database: 'older' });
    t.teardown(() => older.close());
    const [first, second, ...rest] = readMigrations();
    if (first && second) await migrate(older, [first, second]);
    t.same(
      await migrate(older),
      rest.map(({ number, name }) => `${number} ${name}`),
    );
    const engines = await sql<{ engine: string }>(
      "SELECT engine FROM system.tables WHERE database = 'older' AND name = 'exporter_loss'",
    );
    t.same(engines, [{ engine: 'ReplacingMergeTree' }]);
  });

  await t.test('later ones are added, in order', async (t) => {
    t.same(await migrate(client, [step(1, 'a', table('a'))]), ['1 a']);
    t.same(await migrate(client, [step(1, 'a', table('a')), step(2, 'b', table('b'), 'ALTER TABLE b ADD COLUMN m UInt8')]), ['2 b']); // biome-ignore format: short
    t.same(await tables(), ['a', 'b', 'migrations']);
    t.same(await done(), [
      { number: 1, name: 'a' },
      { number: 2, name: 'b' },
    ]);
  });

  await t.test('one that was cut short is applied again', async (t) => {
    const before = [step(1, 'a'), step(2, 'b')];
    await t.rejects(migrate(client, [...before, step(3, 'c', table('c'), 'NO SQL AT ALL')]), /Syntax error/i);
    t.same(await tables(), ['a', 'b', 'c', 'migrations'], 'its first statement was done');
    t.equal((await done()).length, 2, 'it is not recorded');
    t.same(await migrate(client, [...before, step(3, 'c', table('c'), table('c2'))]), ['3 c']);
    t.same(await tables(), ['a', 'b', 'c', 'c2', 'migrations']);
  });

  await t.test('a database of a newer version is refused and left alone', async (t) => {
    const older = [step(1, 'a'), step(4, 'd', table('d'))];
    const problem = await migrate(client, older).catch((error: Error) => error);
    t.ok(problem instanceof ConfigError);
    t.equal(
      (problem as Error).message,
      'the database was made by a newer version of flowledger (migrations 2 b, 3 c): use that version',
    );
    t.notOk((await tables()).includes('d'));
  });
});
