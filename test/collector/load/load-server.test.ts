import { join } from 'node:path';
import t from 'tap';
import { openLoadServer } from '../../../collector/load/load-server.ts';
import { connect } from '../../../collector/store/connection.ts';
import { openCredentials } from '../../../collector/store/credentials.ts';
import { findEndpoint, writeEndpoint } from '../../../collector/store/endpoint.ts';
import { Log } from '../../../shared/service/log.ts';
import { hasPeers } from '../../support/peers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const log = new Log({ write: () => undefined, nowMs: () => 0 });

t.test("a server of one's own goes first", async (t) => {
  const server = { url: 'http://ch:8123', user: 'me', password: 'x', database: 'own' };
  const dataDir = temporaryDirectory(t);
  openCredentials(dataDir);
  writeEndpoint(dataDir, {
    url: 'http://127.0.0.1:1',
    database: 'd',
    serverPid: 1,
    collectorPid: process.pid,
  });
  const opened = await openLoadServer({ dataDir, server }, log);
  t.same(opened.connection, server);
  await opened.close();
});

t.test('that of a running collector, as the user who may write', async (t) => {
  const dataDir = temporaryDirectory(t);
  const { password } = openCredentials(dataDir);
  const url = 'http://127.0.0.1:4711';
  writeEndpoint(dataDir, { url, database: 'flows-db', serverPid: 1, collectorPid: process.pid });
  const opened = await openLoadServer({ dataDir, server: undefined }, log);
  t.same(opened.connection, { url, database: 'flows-db', user: 'flowledger', password });
  await opened.close();
  t.ok(findEndpoint(dataDir), 'which is left alone');
});

t.test('else one is started, and stopped again', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const dataDir = join(temporaryDirectory(t), 'data');
  const opened = await openLoadServer({ dataDir, server: undefined }, log);
  t.match(findEndpoint(dataDir), { url: opened.connection.url, collectorPid: process.pid });
  const client = connect({ ...opened.connection, database: 'default' });
  await client.command({ query: 'CREATE DATABASE hist' });
  await client.close();
  await opened.close();
  t.equal(findEndpoint(dataDir), undefined);
  await t.rejects(fetch(opened.connection.url));
});
