import { join } from 'node:path';
import t from 'tap';
import { journalCommand } from '../../collector/journal-cli.ts';
import { buildJournal } from '../support/journal-builder.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const build = (directory: string) =>
  buildJournal(
    directory,
    [1, 2, 3].map((second) => ({
      ...{ payload: new Uint8Array([0, 9, second]), address: `192.0.2.${second}`, port: 7 },
      micros: 1_700_000_000_000_000 + second * 1e6,
    })),
  );

t.test('the commands, and their defaults', async (t) => {
  const { commands } = journalCommand();
  t.same(
    commands.map((command) => command.name()),
    ['ls', 'show', 'to-pcap', 'replay'],
  );
  for (const command of commands) t.match(command.opts(), { data: './flowledger-data', journal: undefined });
  t.match(commands[3]?.opts(), { columns: ['nat'], extra: true });
});

t.test('ls and show find the journal by --data and by --journal', async (t) => {
  const dataDir = temporaryDirectory(t);
  const directory = join(dataDir, 'journal');
  build(directory);
  const byData = await runCli(['journal', 'ls', '--data', dataDir, '--json']);
  t.match(byData, { exitCode: 0, stdout: /\S/ });
  t.same(await runCli(['journal', 'ls', '--journal', directory, '--json']), byData);
  const show = async (...flags: readonly string[]): Promise<string> => {
    const shown = await runCli(['journal', 'show', '--data', dataDir, '--json', ...flags]);
    t.match(shown, { exitCode: 0 });
    return [...shown.stdout.matchAll(/192\.0\.2\.(\d)/g)].map(([, digit]) => digit).join('');
  };
  t.equal(await show(), '123');
  t.equal(await show('--limit', '2'), '12');
  t.equal(await show('--from', '1700000002'), '23');
  t.equal(await show('--to', '2023-11-14T22:13:22Z'), '1');
  t.equal(await show('--exporter', '192.0.2.2'), '2');
});

t.test('what is wrong with a command is said in words, and is exit 2', async (t) => {
  const dataDir = temporaryDirectory(t);
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['ls'], /there is no journal in \S+journal: it is not there/],
    [['show', '--from', 'yesterday'], /a time is 2026-11-21T14:03:22/],
    [['show', '--limit', '0'], /a whole number from 1 on/],
    [['replay'], /required option '--db <name>' not specified/],
    [['replay', '--db', 'x'], /there is no journal in \S+journal: it is not there/],
    [['replay', '--db', 'x', '--columns', 'gold'], /no group gold/],
    [['to-pcap'], /missing required argument 'file'/],
  ];
  for (const [[name = '', ...flags], said] of cases) {
    const { exitCode, stderr } = await runCli(['journal', name, '--data', dataDir, ...flags]);
    t.equal(exitCode, 2, [name, ...flags].join(' '));
    t.match(stderr, said);
    t.notMatch(stderr, /^ {4}at /m, 'no stack trace');
  }
});
