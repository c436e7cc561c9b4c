import { Command } from 'commander';
import t from 'tap';
import { type LogFlags, toLogOptions, withLog } from '../../exporter/log-flags.ts';
import type { FilterRule } from '../../exporter/meter/filter-rule.ts';

const parse = (...args: readonly string[]) => {
  const rules: FilterRule[] = [];
  const command = withLog(new Command('log'), rules).exitOverride();
  command.configureOutput({ writeErr: () => undefined }).parse([...args], { from: 'user' });
  return toLogOptions(command.args[0] ?? '', command.opts<LogFlags>(), rules, '1.2.3');
};

t.test('a log is read once, and nothing is remembered, unless it is said', async (t) => {
  t.match(parse('x.log'), {
    file: 'x.log',
    follow: false,
    fromEnd: false,
    state: undefined,
    to: [],
    version: '1.2.3',
  });
  t.match(parse('-f', '--from-end', '--state', 's', '--deny', 'port 53', 'x.log'), {
    file: 'x.log',
    follow: true,
    fromEnd: true,
    state: 's',
    rules: [{ verdict: 'deny', text: 'port 53' }],
  });
  t.throws(() => parse(), { code: 'commander.missingArgument' });
});
