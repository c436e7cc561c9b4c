import t from 'tap';
import { askCommands } from '../../collector/ask-cli.ts';
import { startFakeClickHouse } from '../support/fake-clickhouse.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

t.test('the commands, and their defaults', async (t) => {
  t.same(
    askCommands().map((command) => command.name()),
    ['sql', 'exporters'],
  );
  for (const command of askCommands()) t.match(command.opts(), { data: './flowledger-data', db: undefined });
});

t.test('--db names another database than that of the URL', async (t) => {
  const server = await startFakeClickHouse(t, () => ({ body: '' }));
  const url = `${server.url}/books`;
  const asked = async (...args: readonly string[]): Promise<string | null | undefined> => {
    await runCli(['sql', '--clickhouse', url, ...args, 'SELECT 1']);
    return server.requests.at(-1)?.parameters.get('database');
  };
  t.equal(await asked(), 'books');
  t.equal(await asked('--db', 'hist'), 'hist');
  const before = server.requests.length;
  await runCli(['exporters', '--clickhouse', url, '--db', 'hist']);
  t.ok(server.requests.length > before);
  for (const { parameters } of server.requests.slice(before)) t.equal(parameters.get('database'), 'hist');
});

t.test('no collector runs on the data directory', async (t) => {
  const dataDir = temporaryDirectory(t);
  for (const args of [['sql', 'SELECT 1'], ['exporters']]) {
    const { exitCode, stderr } = await runCli([...args, '--data', dataDir]);
    t.equal(exitCode, 2);
    t.match(stderr, `flowledger: no collector is running on ${dataDir}: `);
  }
});
