import t from 'tap';
import { buildProgram } from '../cli.ts';
import { version } from '../collector/package-version.ts';
import { runCli } from './support/run-cli.ts';

t.test('all commands, each with a sentence about it and about each option', async (t) => {
  const { commands } = await buildProgram();
  t.match(
    commands.map((command) => command.name()),
    [
      ...[
        'collect',
        'sql',
        'exporters',
        'flows',
        'top',
        'series',
        'nat-lookup',
        'seen',
        'peers',
        'servers',
        'scans',
      ],
      ...['contacts', 'connections', 'trace', 'process', 'filter', 'decode', 'extract', 'journal', 'export'],
    ],
  );
  for (const command of commands) {
    t.match(command.description(), /\w+ \w+/, command.name());
    for (const option of command.options) t.match(option.description, /\w/, option.flags);
  }
});

t.test('a command that is made without the others is the same', async (t) => {
  const whole = await buildProgram();
  for (const word of ['extract', 'decode', 'export']) {
    const program = await buildProgram(word);
    t.same(
      program.commands.map((command) => command.name()),
      [word],
    );
    const same = whole.commands.find((command) => command.name() === word);
    t.equal(program.commands[0]?.helpInformation(), same?.helpInformation());
  }
  t.equal((await buildProgram('nothing')).commands.length, whole.commands.length);
});

t.test('exit status: 0 for help and version, 2 for wrong usage', async (t) => {
  const help = await runCli(['--help']);
  t.equal(help.exitCode, 0);
  for (const name of ['collect', 'sql', 'exporters', 'decode', 'journal', 'export'])
    t.match(help.stdout, new RegExp(`^  ${name} `, 'm'));
  t.same(await runCli(['--version']), { exitCode: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  const wrong: readonly (readonly string[])[] = [
    ['colect'],
    ['decode'],
    ['decode', 'x', '--port', '0'],
    ['export', 'pcap', '--nothing'],
    ['sql', '--formt', 'CSV'],
  ];
  for (const args of wrong) {
    const { exitCode, stderr } = await runCli(args);
    t.equal(exitCode, 2, args.join(' '));
    t.match(stderr, /^error: /);
    t.notMatch(stderr, /^ {4}at /m, 'no stack trace');
  }
  t.equal((await runCli(['decode', '/nowhere.pcap'])).exitCode, 1, 'a file that cannot be read is 1');
});
