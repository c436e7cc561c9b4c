import t from 'tap';
import { keepForEver } from '../../../collector/store/keep-for-ever.ts';
import { migrate } from '../../../collector/store/migrate.ts';
import { startTestStore } from '../../support/test-store.ts';

t.test('after it no table drops old rows', async (t) => {
  const store = await startTestStore(t);
  await migrate(store.client);
  const old = '2001-02-03 04:05:00';
  const write = async (datagrams: number): Promise<number> => {
    await store.client.command({
      query: `INSERT INTO exporter_loss (minute, exporter, datagrams) VALUES ('${old}', '::1', ${datagrams})`,
      clickhouse_settings: { async_insert: 0 },
    });
    await store.client.command({ query: 'OPTIMIZE TABLE exporter_loss FINAL' });
    const result = await store.client.query({
      query: 'SELECT toUInt32(count()) AS n FROM exporter_loss',
      format: 'JSONEachRow',
    });
    return (await result.json<{ n: number }>())[0]?.n ?? -1;
  };
  t.equal(await write(1), 0, 'expired as soon as they come');
  await keepForEver(store.client, 'flowledger');
  t.equal(await write(2), 1);
  await keepForEver(store.client, 'flowledger');
});
