import t from 'tap';
import { askCommands } from '../../collector/ask-cli.ts';
import { reports } from '../../collector/reports/report-list.ts';
import { startFakeClickHouse } from '../support/fake-clickhouse.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

t.test('the commands, and their defaults', async (t) => {
  t.same(
    askCommands().map((command) => command.name()),
    ['sql', 'exporters', ...reports.map(({ name }) => name), 'filter'],
  );
  for (const command of askCommands().slice(0, -1))
    t.match(command.opts(), { data: './flowledger-data', db: undefined });
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
  for (const args of [['sql', 'SELECT 1'], ['exporters'], ['flows'], ['top', '--by', 'proto']]) {
    const { exitCode, stderr } = await runCli([...args, '--data', dataDir]);
    t.equal(exitCode, 2);
    t.match(stderr, `flowledger: no collector is running on ${dataDir}: `);
  }
});

t.test('what was typed for a report', async (t) => {
  const server = await startFakeClickHouse(t, () => ({ body: '' }));
  const run = (...args: readonly string[]) => runCli([...args, '--clickhouse', server.url]);
  const refuses = async (args: readonly string[], said: RegExp) =>
    t.match(await run(...args), { exitCode: 2, stderr: said });
  await refuses(['top', '--by', 'nonsense'], /^flowledger: --by nonsense: no column to group by/);
  await refuses(['top', '--filter', 'src port'], /^flowledger: .*\n/);
  await refuses(['flows', '--last', 'day'], /^flowledger: --last day: not a duration/);
  await refuses(['flows', '--json', '--csv'], /'--json' cannot be used with option '--csv'/);
  await refuses(['flows', '--limit', '0'], /a whole number from 1 on/);
  const sql = await run('flows', '--sql', '--last', '1h', '--limit', '7', '--page', '3');
  t.match(sql, { exitCode: 0, stdout: /LIMIT 7 OFFSET 14\n/ });
  t.match((await run('top', '--help')).stdout, /Examples:\n {2}flowledger top --by/);
});

t.test('the language of filters is explained', async (t) => {
  const { exitCode, stdout } = await runCli(['filter']);
  t.equal(exitCode, 0);
  t.match(stdout, /src|dst/);
});
