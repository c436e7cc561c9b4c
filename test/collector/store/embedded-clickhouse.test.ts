import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { connect } from '../../../collector/store/connection.ts';
import { EmbeddedClickHouse } from '../../../collector/store/embedded-clickhouse.ts';
import { findEndpoint } from '../../../collector/store/endpoint.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { hasPeers } from '../../support/peers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { silentLog, startTestStore, type TestStore } from '../../support/test-store.ts';
import { until } from '../../support/until.ts';

const problemOf = (promise: Promise<unknown>): Promise<Error | undefined> =>
  promise.then(
    () => undefined,
    (error: Error) => error,
  );

const askAs = async (store: TestStore, user: string, password: string, query: string): Promise<string> => {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password, connection: 'close' };
  return (await fetch(store.server.url, { method: 'POST', body: query, headers })).text();
};

t.test('one server, from start to end', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const states: (string | undefined)[] = [];
  const store = await startTestStore(t, { onState: (problem) => states.push(problem) });
  const { server, dataDir, client } = store;
  await client.command({ query: 'CREATE TABLE kept (n UInt8) ENGINE = MergeTree ORDER BY n' });
  await client.command({ query: 'INSERT INTO kept VALUES (7)' });

  await t.test('says where it is, and keeps its secrets', async (t) => {
    t.same(findEndpoint(dataDir), {
      url: server.url,
      database: 'flowledger',
      serverPid: server.pid,
      collectorPid: process.pid,
    });
    for (const file of ['clickhouse.xml', 'credentials.json', 'endpoint.json'])
      t.equal(statSync(join(dataDir, file)).mode & 0o777, 0o600, file);
    t.equal(statSync(join(dataDir, 'clickhouse')).mode & 0o777, 0o700);
    t.notMatch(readFileSync(join(dataDir, 'clickhouse.xml'), 'utf8'), server.credentials.password);
  });

  await t.test('the user without password sees nothing', async (t) => {
    writeFileSync(join(dataDir, 'secret.txt'), 'top-secret\n');
    const refused = [
      'SELECT n FROM flowledger.kept',
      'SELECT name FROM system.tables',
      `SELECT * FROM file('${dataDir}/secret.txt', 'LineAsString', 'l String')`,
      `SELECT * FROM file('${dataDir}/credentials.json', 'LineAsString', 'l String')`,
      "SELECT * FROM file('/etc/passwd', 'LineAsString', 'l String')",
      'INSERT INTO flowledger.kept VALUES (1)',
      'DROP TABLE flowledger.kept',
      "CREATE USER x IDENTIFIED BY 'y'",
      "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString', 'l String')",
    ];
    for (const query of refused) {
      const said = await askAs(store, 'default', '', query);
      t.match(said, /DB::Exception.*(?:ACCESS_DENIED|QUOTA_EXCEEDED|DATABASE_ACCESS_DENIED)/s, query);
      t.notMatch(said, /top-secret|root:|readerPassword":/);
    }
    t.same(await store.sql('SELECT n FROM kept'), [{ n: 7 }]);
  });

  await t.test('the reader reads, and no more', async (t) => {
    const { readerPassword } = server.credentials;
    t.equal(await askAs(store, 'reader', readerPassword, 'SELECT n FROM flowledger.kept'), '7\n');
    for (const query of ['INSERT INTO flowledger.kept VALUES (1)', 'DROP TABLE flowledger.kept', "SELECT * FROM file('/etc/passwd', 'LineAsString', 'l String')"]) // biome-ignore format: short
      t.match(await askAs(store, 'reader', readerPassword, query), /ACCESS_DENIED|READONLY/, query);
    t.match(await askAs(store, 'reader', 'wrong', 'SELECT 1'), /AUTHENTICATION_FAILED/);
    t.match(await askAs(store, 'flowledger', '', 'SELECT 1'), /AUTHENTICATION_FAILED/);
  });

  await t.test('its directory cannot be used twice', async (t) => {
    const second = await problemOf(
      EmbeddedClickHouse.start({ dataDir, database: 'flowledger', log: silentLog }),
    );
    t.ok(second instanceof ConfigError, String(second));
    t.match(second?.message, `data directory ${dataDir}/clickhouse is in use by another ClickHouse (pid `);
    t.equal(findEndpoint(dataDir)?.serverPid, server.pid, 'and the first one is still announced');
    t.same(await store.sql('SELECT n FROM kept'), [{ n: 7 }]);
  });

  await t.test('it is started again when it dies', async (t) => {
    const { pid, url } = server;
    process.kill(pid, 'SIGKILL');
    await until('its end and its return', () => states.length >= 2);
    t.match(states, [/^the embedded ClickHouse died \(SIGKILL\)$/, undefined]);
    t.not(server.pid, pid);
    t.match(findEndpoint(dataDir), { url, serverPid: server.pid });
    t.same(await store.sql('SELECT n FROM kept'), [{ n: 7 }], 'on the same port, with its data');
  });

  await t.test('it ends in order, and can be started again on what it left', async (t) => {
    const { pid } = server;
    await client.close();
    await server.stop();
    t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    t.equal(states.length, 2, 'an end that was asked for is no death');
    t.notOk(existsSync(join(dataDir, 'endpoint.json')));
    const again = await EmbeddedClickHouse.start({
      dataDir,
      database: 'flowledger',
      port: server.port,
      log: silentLog,
    });
    const reader = connect({ ...store.connection, url: again.url });
    const rows = await (await reader.query({ query: 'SELECT n FROM kept', format: 'JSONEachRow' })).json();
    t.same(rows, [{ n: 7 }], 'with the same password');
    await reader.close();
    await again.stop();
  });
});

t.test('a port that is asked for and taken', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
  );
  t.teardown(() => other.close());
  const problem = await problemOf(
    EmbeddedClickHouse.start({ dataDir: temporaryDirectory(t), database: 'x', port, log: silentLog }),
  );
  t.ok(problem instanceof ConfigError);
  t.equal(problem?.message, `port ${port} on 127.0.0.1 is taken by another process`);
});

t.test('a directory that cannot be made', async (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  const problem = await problemOf(EmbeddedClickHouse.start({ dataDir: file, database: 'x', log: silentLog }));
  t.ok(problem instanceof ConfigError);
  t.match(problem?.message, `data directory ${file} cannot be used: `);
});
