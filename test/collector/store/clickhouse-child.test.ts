import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type ClickHouseChild, spawnClickHouse } from '../../../collector/store/clickhouse-child.ts';
import { makeEmbeddedConfig } from '../../../collector/store/embedded-config.ts';
import { startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { findFreePort } from '../../support/free-port.ts';
import { hasPeers } from '../../support/peers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

interface Spawned {
  readonly child: ClickHouseChild;
  readonly url: string;
  readonly lines: readonly string[];
}

const spawnIn = async (
  t: Parameters<typeof temporaryDirectory>[0],
  config: (file: string) => string,
  more: { port?: number; password?: string } = {},
): Promise<Spawned> => {
  const directory = temporaryDirectory(t);
  const serverDir = join(directory, 'clickhouse');
  const configFile = join(directory, 'clickhouse.xml');
  mkdirSync(serverDir);
  writeFileSync(configFile, config(configFile));
  const port = more.port ?? (await findFreePort('tcp'));
  const lines: string[] = [];
  const onLine = (line: string): unknown => lines.push(line);
  const child = spawnClickHouse({ serverDir, configFile, ...more, port, onLine });
  t.teardown(() => child.stop());
  return { child, url: `http://127.0.0.1:${port}`, lines };
};

const embedded = (configFile: string): string =>
  makeEmbeddedConfig({ configFile, password: 'pw', readerPassword: 'r', memoryBytes: 1 << 30 });

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

t.test('one life', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { child, url } = await spawnIn(t, embedded, { password: 'pw' });
  t.equal(await child.ready(), true);
  t.notOk(isGone(child.pid));
  t.equal(await (await fetch(`${url}/ping`, { headers: { connection: 'close' } })).text(), 'Ok.\n');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(child.pid, signal);
  const headers = { 'X-ClickHouse-User': 'flowledger', 'X-ClickHouse-Key': 'pw', connection: 'close' };
  const answer = await fetch(`${url}/?query=SELECT%201`, { headers });
  t.equal(await answer.text(), '1\n', 'signals for its parent do not end it');
  await child.stop();
  t.ok(isGone(child.pid));
  t.match(await child.exited, { status: 'status 0' });
  await t.rejects(fetch(`${url}/ping`));
});

t.test('a server that is killed says so', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { child } = await spawnIn(t, embedded);
  t.equal(await child.ready(), true);
  process.kill(child.pid, 'SIGKILL');
  t.same(await child.exited, { status: 'SIGKILL' });
  await child.stop();
});

t.test('a server that cannot start is not ready', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { child } = await spawnIn(t, () => '<clickhouse><broken></clickhouse>');
  t.equal(await child.ready(), false);
  t.match(await child.exited, { status: /^status / });
});

t.test('another server on the port is not taken for ours', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  // `/ping` is answered to everybody.
  const stranger = await startFakeClickHouse(t, ({ parameters }) =>
    parameters.has('query') ? { status: 403, body: 'no' } : { body: 'Ok.\n' },
  );
  const { child, lines } = await spawnIn(t, embedded, {
    port: Number(new URL(stranger.url).port),
    password: 'pw',
  });
  t.equal(await child.ready(), false);
  await child.exited;
  t.match(child.errorOutput(), /Address already in use/, 'its words are kept');
  t.ok(
    lines.some((line) => /Address already in use/.test(line)),
    'and told, line by line',
  );
  t.ok(stranger.requests.length > 0, 'it was asked');
});
