import t from 'tap';
import { openStore } from '../../collector/open-store.ts';
import { connect } from '../../collector/store/connection.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { Log } from '../../shared/service/log.ts';
import { collectOptions as options } from '../support/collect-options.ts';
import { startFakeClickHouse } from '../support/fake-clickhouse.ts';
import { hasPeers } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

t.test('the embedded database is made ready, and again, and refuses what does not fit', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const dataDir = temporaryDirectory(t);
  let lines = '';
  const write = (line: string): void => {
    lines += line;
  };
  const log = new Log({ write, nowMs: Date.now });
  const first = await openStore(options(dataDir), log);
  t.equal(first.problem(), undefined);
  t.equal(await first.makeDatabase([]), true);
  t.equal(await first.prepare(), true);
  t.match(lines, /migration 1 /);
  t.match(first.description, `embedded ClickHouse, ${dataDir}`);
  t.equal(first.problem(), undefined);
  t.equal(first.partitionsDropped(), 0);
  lines = '';
  // The same server, as one of the operator's own: another database of it.
  const server = { ...first.connection, database: 'own' };
  const own = await openStore(options(dataDir, { server }), log);
  await own.makeDatabase([]);
  await own.prepare();
  t.equal(own.embedded, undefined);
  t.match(own.description, /^http:\/\/127\.0\.0\.1:\d+ \(database own\)$/);
  await own.close();
  const again = await openStore(options(dataDir, { server, columns: ['nat'], ttlDays: 7 }), log);
  await again.prepare();
  t.match(lines, /added columns post_nat_src_addr, /);
  t.match(lines, /rows are kept 7 days \(before: 30 days\)/);
  await again.close();
  const client = connect(server);
  await client.command({ query: 'ALTER TABLE own.flows MODIFY COLUMN bytes UInt32' });
  await client.close();
  const unlike = await openStore(options(dataDir, { server }), log);
  const refused = unlike.prepare();
  await t.rejects(refused, ConfigError);
  await t.rejects(refused, { message: /column bytes is UInt32, and should be UInt64/ });
  await unlike.close();
  const stranger = await openStore(options(dataDir, { server: { ...server, password: 'wrong' } }), log);
  await t.rejects(stranger.makeDatabase([]), { name: 'ConfigError', message: /AUTHENTICATION_FAILED/ });
  await stranger.close();
  await first.close();
});

t.test('a server that is away is waited for, also in the middle', async (t) => {
  let lines = '';
  const write = (line: string): void => {
    lines += line;
  };
  const log = new Log({ write, nowMs: () => 0 });
  let away = true;
  let [asked, answered] = [0, 0];
  const server = await startFakeClickHouse(t, ({ body }) => {
    asked++;
    if (away) return 'hang up';
    // Once it is there, it goes again between the database and the tables.
    if (body.includes('migrations') && answered++ === 0) return 'hang up';
    return { body: '' };
  });
  const connection = { url: server.url, user: 'u', password: 'p', database: 'd' };
  const store = await openStore(options('/nowhere', { server: connection }), log);
  t.teardown(() => store.close());
  t.equal(store.problem(), undefined);
  const making = store.makeDatabase([]);
  t.equal(store.problem(), 'the database is being made');
  await until('it asks', () => asked > 0 && /cannot be reached/.test(store.problem() ?? ''));
  t.match(lines, /warn {2}waiting for ClickHouse problem="ClickHouse cannot be reached: /);
  away = false;
  t.equal(await making, true);
  t.equal(store.problem(), undefined);
  const preparing = store.prepare();
  t.equal(store.problem(), 'the tables are being made ready');
  t.equal(await preparing, true);
  t.equal(store.problem(), undefined);
  t.ok(answered > 1, 'the tables were asked for again');
});

t.test('closed while it waits: no error', async (t) => {
  const log = new Log({ write: () => undefined, nowMs: () => 0 });
  const server = { url: 'http://127.0.0.1:1', user: 'u', password: 'p', database: 'd' };
  const store = await openStore(options('/nowhere', { server }), log);
  const preparing = store.makeDatabase([]);
  await until('it waits', () => /cannot be reached/.test(store.problem() ?? ''));
  await store.close();
  t.equal(await preparing, false);
});
