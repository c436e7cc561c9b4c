import t from 'tap';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { createFlowTable } from '../../../collector/store/flow-table.ts';
import { databaseBytes, enforceMaxDisk } from '../../../collector/store/max-disk.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

t.test('a real table of three days', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql } = await startTestStore(t);
  await client.command({ query: createFlowTable('flowledger', columnsOfGroups([]), 0) });
  await client.command({ query: 'SYSTEM STOP MERGES flowledger.flows' });
  // Random numbers cannot be compressed: each INSERT is a part of about 160 kB.
  const insert = (day: string, minute = 0): Promise<unknown> =>
    client.command({
      query: `INSERT INTO flows (received, time, bytes, packets)
        SELECT toDateTime64('${day} 12:00:00', 6, 'UTC') + toIntervalMinute(${minute}) AS at, at, rand64(1), rand64(2) FROM numbers(10000)`,
    });
  const enforce = (maxBytes: number) => enforceMaxDisk(client, 'flowledger', maxBytes);
  const total = (): Promise<number> => databaseBytes(client, 'flowledger');
  const days = async (): Promise<unknown[]> =>
    (
      await sql<{ day: string; n: string }>(
        "SELECT toDate(received, 'UTC') AS day, count() AS n FROM flows GROUP BY day ORDER BY day",
      )
    ).map(({ day, n }) => `${day} ${n}`);

  t.equal(await total(), 0);
  t.same(await enforce(1), [], 'an empty table');
  await insert('2026-01-03', 0);
  await insert('2026-01-01');
  await insert('2026-01-03', 1);
  await insert('2026-01-02');
  await insert('2026-01-03', 2);
  const [all] = await sql<{ bytes: string }>(
    "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = 'flowledger'",
  );
  const bytes = Number(all?.bytes);
  t.ok(bytes > 5 * 10_000 * 16, 'what is measured is what lies on the disk');
  t.equal(await total(), bytes);

  await t.test('enough room: nothing goes', async (t) => {
    t.same(await enforce(bytes), []);
    t.same(await days(), ['2026-01-01 10000', '2026-01-02 10000', '2026-01-03 30000']);
  });

  await t.test('the oldest day goes, and is told with its size', async (t) => {
    const dropped = await enforce(bytes - 1);
    t.match(dropped, [{ what: '2026-01-01', rows: 10_000 }]);
    t.same(await days(), ['2026-01-02 10000', '2026-01-03 30000']);
    t.equal(await total(), bytes - (dropped[0]?.bytes ?? 0));
  });

  await t.test('all days but the last; of that the oldest parts, but never the newest', async (t) => {
    const dropped = await enforce((bytes / 5) * 2.5);
    t.match(dropped, [
      { what: '2026-01-02', rows: 10_000 },
      { what: /^2026-01-03 part /, rows: 10_000 },
    ]);
    t.same(
      await sql("SELECT min(received) = toDateTime64('2026-01-03 12:01:00', 6, 'UTC') AS ok FROM flows"),
      [{ ok: 1 }],
    );
    t.match(await enforce(1), [{ rows: 10_000 }]);
    t.same(await enforce(1), [], 'what is being filled stays');
    t.same(await days(), ['2026-01-03 10000']);
    t.same(
      await sql("SELECT min(received) = toDateTime64('2026-01-03 12:02:00', 6, 'UTC') AS ok FROM flows"),
      [{ ok: 1 }],
    );
  });

  await t.test('other tables of the database count, and are not touched', async (t) => {
    await client.command({ query: 'CREATE TABLE other (n UInt64) ENGINE = MergeTree ORDER BY tuple()' });
    await client.command({ query: 'INSERT INTO other SELECT rand64() FROM numbers(100000)' });
    await insert('2026-01-04');
    const dropped = await enforce(500_000);
    t.match(dropped, [{ what: '2026-01-03', rows: 10_000 }]);
    t.same(await sql('SELECT count() AS n FROM other'), [{ n: '100000' }]);
  });
});
