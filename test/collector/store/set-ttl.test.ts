import t from 'tap';
import { setTtl } from '../../../collector/store/set-ttl.ts';
import { startTestStore } from '../../support/test-store.ts';

const { client, connection } = await startTestStore(t);
const { database } = connection;

const ttlOf = async (table: string): Promise<string> => {
  const result = await client.query({
    query:
      'SELECT engine_full FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    query_params: { database, table },
    format: 'JSONEachRow',
  });
  const [{ engine_full: engine } = { engine_full: '' }] = await result.json<{ engine_full: string }>();
  return / TTL (.*?)(?: SETTINGS|$)/.exec(engine)?.[1] ?? '';
};

t.test('a table is kept for as long as was chosen, and that is said once', async (t) => {
  await client.command({
    query:
      'CREATE TABLE kept (received DateTime64(6)) ENGINE = MergeTree ORDER BY received TTL toDateTime(received) + toIntervalDay(7)',
  });
  t.same(await setTtl(client, { database, table: 'kept', days: 7 }), [], 'as it is');
  t.same(await setTtl(client, { database, table: 'kept', days: 90 }), [
    'rows of kept are kept 90 days (before: 7 days)',
  ]);
  t.equal(await ttlOf('kept'), 'toDateTime(received) + toIntervalDay(90)');
  t.same(await setTtl(client, { database, table: 'kept', days: 0 }), [
    'rows of kept are kept for ever (before: 90 days)',
  ]);
  t.equal(await ttlOf('kept'), '');
  t.same(await setTtl(client, { database, table: 'kept', days: 0 }), []);
  t.same(await setTtl(client, { database, table: 'kept', days: 1 }), [
    'rows of kept are kept 1 day (before: for ever)',
  ]);
});
