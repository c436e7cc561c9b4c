import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { locateServer } from '../../../collector/ask/locate-server.ts';
import { openCredentials } from '../../../collector/store/credentials.ts';
import { writeEndpoint } from '../../../collector/store/endpoint.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const url = 'http://127.0.0.1:4711';
const running = (dataDir: string): void =>
  writeEndpoint(dataDir, { url, database: 'flows-db', serverPid: 1, collectorPid: process.pid });

t.test('the server of a data directory, as the user who reads or who writes', async (t) => {
  const dataDir = temporaryDirectory(t);
  const { password, readerPassword } = openCredentials(dataDir);
  running(dataDir);
  const place = { url, database: 'flows-db' };
  t.same(locateServer({ dataDir, environment: {} }), { ...place, user: 'reader', password: readerPassword });
  t.same(locateServer({ dataDir, environment: {}, write: true }), { ...place, user: 'flowledger', password });
});

t.test('a server of the operator goes first', async (t) => {
  const dataDir = temporaryDirectory(t);
  openCredentials(dataDir);
  running(dataDir);
  t.equal(locateServer({ dataDir, clickhouse: 'http://ch', environment: {} }).url, 'http://ch:8123');
  const environment = { CLICKHOUSE_URL: 'http://env', CLICKHOUSE_USER: 'me' };
  t.match(locateServer({ dataDir, environment }), { url: 'http://env:8123', user: 'me' });
});

t.test('another database of the server: history that was loaded', async (t) => {
  const dataDir = temporaryDirectory(t);
  openCredentials(dataDir);
  running(dataDir);
  t.match(locateServer({ dataDir, environment: {}, database: 'hist' }), {
    url,
    database: 'hist',
    user: 'reader',
  });
  t.equal(locateServer({ dataDir, environment: {}, database: undefined }).database, 'flows-db');
  const clickhouse = 'http://ch/own';
  t.equal(locateServer({ dataDir, clickhouse, environment: {}, database: 'hist' }).database, 'hist');
  t.equal(locateServer({ dataDir, clickhouse, environment: {} }).database, 'own');
});

t.test('no collector runs there', async (t) => {
  const dataDir = join(temporaryDirectory(t), 'none');
  t.throws(
    () => locateServer({ dataDir, environment: {} }),
    new ConfigError(
      `no collector is running on ${dataDir}: start one (flowledger collect --data ${dataDir}), ` +
        'name another directory with --data, or a server with --clickhouse',
    ),
  );
});

t.test('its passwords cannot be read', async (t) => {
  const dataDir = temporaryDirectory(t);
  openCredentials(dataDir);
  running(dataDir);
  rmSync(join(dataDir, 'credentials.json'));
  t.throws(() => locateServer({ dataDir, environment: {} }), {
    name: 'ConfigError',
    message: `${dataDir}/credentials.json cannot be read: ask as the user who runs the collector`,
  });
});
