/** The command in a network namespace of its own: what it says, what it prints, how it ends. The NAT lab is a test of its own. */

import t, { type Test } from 'tap';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { hasPeers, isRoot } from '../support/peers.ts';
import { runCli } from '../support/run-cli.ts';
import { type RunningExporter, startExporter } from '../support/running-exporter.ts';
import { until } from '../support/until.ts';

const trackingRules = `
table inet track {
  chain output { type filter hook output priority 0; ct state new counter; }
}
`;

/** A namespace; undefined where this machine cannot have one. */
const makeNamespace = (t: Test, name: string, rules = trackingRules): NetworkNamespace | undefined => {
  if (!isRoot(t) || !hasPeers(t, 'ip', 'nft', 'conntrack', 'ping')) return undefined;
  const namespace = new NetworkNamespace(`fl-${name}-${process.pid}`);
  t.teardown(() => namespace.remove());
  if (rules !== '') namespace.loadRules(rules);
  return namespace;
};

interface Printed {
  readonly event: string;
  readonly proto: string;
  readonly end_reason?: string;
  readonly packets?: number;
  readonly reply_packets?: number;
  readonly 'flow.start.sec'?: number;
}
const printed = (exporter: RunningExporter): Printed[] =>
  exporter.stdout
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Printed);

t.test('events as they come, and the end with its counters', async (t) => {
  const namespace = makeNamespace(t, 'events');
  if (namespace === undefined) return;
  const args = ['--events', 'new,update,destroy', '--enable', '--print', 'json'];
  const exporter = await startExporter(t, namespace, args);
  t.equal(namespace.run('cat', '/proc/sys/net/netfilter/nf_conntrack_acct').trim(), '1', '--enable');
  namespace.run('ping', '-q', '-c', '2', '-i', '0.2', '127.0.0.1');
  await until('NEW is printed', () => printed(exporter).some(({ event }) => event === 'new'));
  namespace.run('conntrack', '-D', '-p', 'icmp');
  const ends = await until('DESTROY is printed', () => {
    const found = printed(exporter).filter(({ event }) => event === 'destroy');
    return found.length > 0 && found;
  });
  t.equal(ends.length, 1);
  t.match(ends[0], { proto: 'icmp', end_reason: 'forced', packets: 2, reply_packets: 2 });
  t.ok(Math.abs((ends[0]?.['flow.start.sec'] ?? 0) - Date.now() / 1000) < 60);
  t.notOk('packets' in (printed(exporter)[0] ?? {}), 'a new connection has no counters');
  const { exitCode, stderr } = await exporter.stop();
  t.equal(exitCode, 0);
  t.match(stderr, /metered 1 flow and 0 interim records/);
});

t.test('a clean stop: what is open has a last record', async (t) => {
  const namespace = makeNamespace(t, 'stop');
  if (namespace === undefined) return;
  const exporter = await startExporter(t, namespace, ['--enable', '--print', 'json', '--deny', 'proto udp']);
  namespace.run('ping', '-q', '-c', '1', '127.0.0.1');
  const { exitCode, stdout } = await exporter.stop();
  t.equal(exitCode, 0);
  const lines = stdout.split('\n').filter((line) => line !== '');
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0] ?? '{}'), {
    proto: 'icmp',
    end_reason: 'forced',
    packets: 1,
    reply_packets: 1,
  });
});

t.test('what is missing is said', async (t) => {
  const namespace = makeNamespace(t, 'check', '');
  if (namespace === undefined) return;
  namespace.set({ 'net.netfilter.nf_conntrack_acct': 0, 'net.netfilter.nf_conntrack_timestamp': 0 });
  const exporter = await startExporter(t, namespace, ['--print', 'log']);
  const { stderr } = await exporter.stop();
  t.match(stderr, /not counted.*nf_conntrack_acct=1/);
  t.match(stderr, /no times.*nf_conntrack_timestamp=1/);
  t.match(stderr, /no rule in this network namespace/);
});

t.test('without the kernel: nothing to do is said at once', async (t) => {
  const { exitCode, stderr } = await runCli(['export', 'conntrack', '--no-flows', '--print', 'log']);
  t.equal(exitCode, 2);
  t.match(stderr, /--nat-events/);
});
