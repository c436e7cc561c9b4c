import { CommanderError } from 'commander';
import t from 'tap';
import { conntrackCommand } from '../../exporter/conntrack-cli.ts';
import { runCli } from '../support/run-cli.ts';

const parse = (...args: readonly string[]) => {
  const command = conntrackCommand('1.2.3')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const given: Record<string, unknown>[] = [];
  command.action((flags: Record<string, unknown>) => void given.push(flags));
  command.parse([...args], { from: 'user' });
  return given[0];
};

t.test('defaults', (t) => {
  t.match(parse(), { events: ['destroy'], active: '60s', flows: true, cmdline: true });
  t.equal(parse()?.process, undefined, 'processes are looked for only where that is wanted');
  t.end();
});

t.test('processes', (t) => {
  t.match(parse('--process', '--no-cmdline'), { process: true, cmdline: false });
  t.match(parse('--process', '--cmdline-max', '1024'), { process: true, cmdline: true, cmdlineMax: 1024 });
  for (const wrong of ['0', '1025', 'all'])
    t.throws(() => parse('--cmdline-max', wrong), CommanderError, wrong);
  t.end();
});

t.test('what is about processes needs them', async (t) => {
  for (const args of [['--no-cmdline'], ['--cmdline-max', '256']]) {
    const { exitCode, stderr } = await runCli(['export', 'conntrack', '--print', 'log', ...args]);
    t.equal(`${exitCode} ${stderr}`, '2 flowledger: --no-cmdline and --cmdline-max are for --process\n');
  }
});
