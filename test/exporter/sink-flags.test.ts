import { Command } from 'commander';
import t from 'tap';
import type { FilterRule } from '../../exporter/meter/filter-rule.ts';
import { type SinkFlags, toSinkOptions, withSink } from '../../exporter/sink-flags.ts';
import { ConfigError } from '../../shared/service/config-error.ts';

const parse = (...args: readonly string[]) => {
  const rules: FilterRule[] = [];
  const command = withSink(new Command('test'), rules).parse(args, { from: 'user' });
  return toSinkOptions(command.opts<SinkFlags>(), rules, '1.2.3');
};

t.test('what is not said has a default', async (t) => {
  t.same(parse(), {
    ...{ to: [], failover: false, protocol: 'ipfix', domain: 0, mtuBytes: undefined, maxDelayMs: 1000 },
    ...{ templateRefreshMs: 60_000, templateRefreshMessages: 500, maxRate: undefined, uniflow: false },
    ...{ absoluteTimes: false, pen: undefined, rules: [], aggregate: undefined, print: undefined },
    ...{ format: undefined, timeFormat: '%s', logFormat: 'text', logLevel: 'info', version: '1.2.3' },
  });
});

t.test('rules stay in the order of the command line', async (t) => {
  const { rules } = parse('--deny', 'port 53', '--accept', 'src 10.0.0.0/8', '--deny', 'port 22');
  t.same(rules, [
    { verdict: 'deny', text: 'port 53' },
    { verdict: 'accept', text: 'src 10.0.0.0/8' },
    { verdict: 'deny', text: 'port 22' },
  ]);
});

t.test('lines of your own', async (t) => {
  const { format, timeFormat } = parse('--print', 'text', '--format', '{src}', '--format-ts', '%F');
  t.same([format, timeFormat], ['{src}', '%F']);
  t.equal(parse('--print', 'text', '--format', '').format, '');
  t.throws(() => parse('--format', '{src}'), ConfigError);
  t.throws(() => parse('--print', 'json', '--format', '{src}'), /--print text/);
  t.throws(() => parse('--print', 'text', '--format-ts', '%F'), ConfigError);
});

t.test('an aggregation without words is the usual one', async (t) => {
  t.equal(parse('--aggregate').aggregate, '');
  t.equal(parse('--aggregate', 'window=10s').aggregate, 'window=10s');
});
