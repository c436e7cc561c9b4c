import t from 'tap';
import { columnGroups, columnsOfGroups, type FlowColumn } from '../../../collector/store/flow-columns.ts';
import { columnComment } from '../../../collector/store/flow-table.ts';
import { addFlowColumns, prepareFlowTable } from '../../../collector/store/prepare-flow-table.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

const core = columnsOfGroups([]);
const retyped = (name: string, type: string): readonly FlowColumn[] =>
  core.map((column) => (column.name === name ? { ...column, type } : column));

t.test('the table of a real server', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql } = await startTestStore(t);
  const prepare = (columns: readonly FlowColumn[], ttlDays: number, database = 'flowledger') =>
    prepareFlowTable(client, { database, columns, ttlDays });
  const storedColumns = (): Promise<{ name: string; type: string; comment: string }[]> =>
    sql(
      "SELECT name, type, comment FROM system.columns WHERE database = 'flowledger' AND table = 'flows' ORDER BY position",
    );
  const engine = async (): Promise<string> =>
    (await sql<{ engine_full: string }>("SELECT engine_full FROM system.tables WHERE name = 'flows'"))[0]
      ?.engine_full ?? '';
  const asStored = (columns: readonly FlowColumn[]) =>
    columns.map((column) => ({ name: column.name, type: column.type, comment: columnComment(column) }));

  await t.test('is made as the list says, and is left alone when it fits', async (t) => {
    t.same(await prepare(core, 0), []);
    t.same(await storedColumns(), asStored(core));
    const bytes = (await storedColumns()).find(({ name }) => name === 'bytes');
    t.match(bytes?.comment, 'octetDeltaCount, initiatorOctets', 'a comment names the elements');
    t.notMatch(await engine(), / TTL /);
    t.same(await prepare(core, 0), []);
  });

  await t.test('gets the columns of a group that is chosen later, rows are kept', async (t) => {
    await client.command({ query: 'INSERT INTO flows (src_port) VALUES (99)' });
    const more = columnsOfGroups(['vrf', 'mpls']);
    t.same(await prepare(more, 0), ['added columns mpls_labels, vrf_out']);
    t.same(await sql('SELECT src_port, vrf_out, mpls_labels FROM flows'), [
      { src_port: 99, vrf_out: 0, mpls_labels: [] },
    ]);
    const added = (await storedColumns()).find(({ name }) => name === 'vrf_out');
    t.match(added?.comment, 'egressVRFID');
    t.same(await prepare(core, 0), [], 'columns of a group that is no longer chosen stay');
    t.equal((await storedColumns()).length, more.length);
  });

  await t.test('every group', async (t) => {
    t.match(await prepare(columnsOfGroups(columnGroups), 0), [
      /^added columns post_nat_src_addr, .*distinct_dst$/,
      /^added indexes on post_nat_src_addr, post_nat_dst_addr: /,
    ]);
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    t.same((await storedColumns()).sort(byName), asStored(columnsOfGroups(columnGroups)).sort(byName));
  });

  await t.test('days of keeping are set, changed and taken away', async (t) => {
    t.same(await prepare(core, 30), ['rows are kept 30 days (before: for ever)']);
    t.match(await engine(), 'toIntervalDay(30)');
    t.same(await prepare(core, 30), []);
    t.same(await prepare(core, 7), ['rows are kept 7 days (before: 30 days)']);
    t.match(await engine(), 'toIntervalDay(7)');
    t.same(await prepare(core, 0), ['rows are kept for ever (before: 7 days)']);
    t.notMatch(await engine(), 'toIntervalDay');
  });

  await t.test('whether rows are on the disk when they are acknowledged is set and taken away', async (t) => {
    const durable = (wanted: boolean) =>
      prepareFlowTable(client, { database: 'flowledger', columns: core, ttlDays: 0, durable: wanted });
    t.same(await durable(true), ['rows are on the disk when they are acknowledged']);
    t.match(await engine(), /fsync_after_insert = 1, fsync_part_directory = 1/);
    t.same(await durable(true), []);
    t.same(await durable(false), ['rows are acknowledged before they are on the disk']);
    t.notMatch(await engine(), 'fsync');
    t.same(await durable(false), []);
    await client.command({ query: 'CREATE DATABASE lasting' });
    const made = { database: 'lasting', columns: core, ttlDays: 0, durable: true };
    t.same(await prepareFlowTable(client, made), [], 'a new table has it at once');
    t.same(await sql("SELECT countIf(engine_full LIKE '%fsync_after_insert = 1%') AS n FROM system.tables WHERE database = 'lasting'"), [{ n: '1' }]); // biome-ignore format: short
  });

  await t.test('columns for rows that an earlier run made: added, and nothing else is done', async (t) => {
    const database = 'old "na`me';
    const groups = columnsOfGroups(['vrf']);
    await client.command({ query: 'CREATE DATABASE `old "na\\`me`' });
    t.same(await addFlowColumns(client, database, groups), []);
    t.same(await sql("SELECT name FROM system.tables WHERE database LIKE 'old%'"), [], 'no table is made');
    await prepare(core, 3, database);
    t.same(await addFlowColumns(client, database, core), []);
    t.same(await addFlowColumns(client, database, groups), ['added columns vrf_out']);
    t.same(await addFlowColumns(client, database, groups), []);
    const stored = 'SELECT name, type, comment FROM system.columns';
    t.same(await sql(`${stored} WHERE database LIKE 'old%' ORDER BY name = 'vrf_out', position`), asStored([...core, ...groups.filter(({ name }) => name === 'vrf_out')])); // biome-ignore format: short
    t.same(await prepare(core, 3, database), [], 'the days of keeping are what they were');
    const alike = retyped('bytes', 'String');
    t.same(await addFlowColumns(client, database, alike), [], 'what does not fit is for later to say');
  });

  await t.test('a column of another type is named, all of them at once', async (t) => {
    const columns = retyped('src_port', 'UInt32').map((column) =>
      column.name === 'proto' ? { ...column, type: 'String' } : column,
    );
    const problem = await prepare(columns, 12).catch((error: Error) => error);
    t.ok(problem instanceof ConfigError);
    t.same((problem as Error).message.split('\n'), [
      'table flowledger.flows does not match this version of flowledger; use another database, or rename the table:',
      '  column src_port is UInt16, and should be UInt32',
      '  column proto is UInt8, and should be String',
    ]);
    t.notMatch(await engine(), 'toIntervalDay', 'and nothing is changed');
  });

  await t.test('a table that is made with days of keeping, in a database with an odd name', async (t) => {
    await client.command({ query: 'CREATE DATABASE `odd "na\\`me`' });
    t.same(await prepare(columnsOfGroups(columnGroups), 5, 'odd "na`me'), []);
    t.same(await prepare(columnsOfGroups(columnGroups), 5, 'odd "na`me'), []);
  });

  await t.test('a table without indexes gets them; rows are kept, and found', async (t) => {
    const database = 'unindexed';
    await client.command({ query: `CREATE DATABASE ${database}` });
    await prepare(core, 0, database);
    await client.command({
      query: `ALTER TABLE ${database}.flows DROP INDEX src_addr_bloom, DROP INDEX dst_addr_bloom`,
    });
    const insert = `INSERT INTO ${database}.flows (src_addr, dst_addr) VALUES`;
    await client.command({ query: `${insert} ('::ffff:192.0.2.1', '::ffff:192.0.2.2')` });
    const remark = 'rows that are there are found as slowly as before, until they are merged';
    t.same(await prepare(core, 0, database), [`added indexes on src_addr, dst_addr: ${remark}`]);
    t.same(await prepare(core, 0, database), []);
    await client.command({ query: `${insert} ('::ffff:192.0.2.3', '::ffff:192.0.2.2')` });
    const count = (where: string) =>
      sql<{ n: string }>(`SELECT count() AS n FROM ${database}.flows WHERE ${where}`);
    t.same(await count("dst_addr = '::ffff:192.0.2.2'"), [{ n: '2' }], 'with and without an index');
    t.same(await count("src_addr = '::ffff:192.0.2.1'"), [{ n: '1' }]);
    const plan = await sql<{ explain: string }>(
      `EXPLAIN indexes = 1 SELECT count() FROM ${database}.flows WHERE src_addr = '::ffff:192.0.2.9'`,
    );
    const text = plan.map(({ explain }) => explain).join('\n');
    t.match(text, /Name: src_addr_bloom\s.*Parts: 1\/2/s, 'the part with an index is not read');
    await client.command({ query: `OPTIMIZE TABLE ${database}.flows FINAL` });
    const parts = `SELECT min(secondary_indices_marks_bytes) > 0 AS all FROM system.parts WHERE active AND database = '${database}'`;
    t.same(await sql(parts), [{ all: 1 }], 'a merge makes it for what was there');
    t.match(await prepare(columnsOfGroups(['nat']), 0, database), [
      /^added columns post_nat_src_addr, /,
      /^added indexes on post_nat_src_addr, post_nat_dst_addr: /,
    ]);
  });

  await t.test('an engine that has no indexes is left without them', async (t) => {
    await client.command({ query: 'CREATE DATABASE kept' });
    await client.command({ query: 'CREATE TABLE kept.flows AS flowledger.flows ENGINE = Memory' });
    t.same(await prepare(core, 0, 'kept'), []);
  });

  await t.test('a table of somebody else', async (t) => {
    await client.command({ query: 'CREATE DATABASE theirs' });
    await client.command({ query: 'CREATE TABLE theirs.flows (bytes String, x Int8) ENGINE = Memory' });
    await t.rejects(prepare(core, 0, 'theirs'), /\n {2}column bytes is String, and should be UInt64$/);
  });
});
