import t from 'tap';
import { exporterCommands } from '../../exporter/cli.ts';
import { runCli } from '../support/run-cli.ts';

t.test('all sources have the options of a sink, each with a default or a reason to have none', async (t) => {
  const [command] = exporterCommands('1.2.3');
  t.equal(command?.name(), 'export');
  t.same(command?.commands.map((source) => source.name()).sort(), ['airlock', 'conntrack', 'pcap', 'ulogd']);
  for (const source of command?.commands ?? []) {
    const options = source.options.map(({ long }) => long);
    const isLog = ['ulogd', 'airlock'].includes(source.name());
    t.equal(options.includes('--follow') && options.includes('--state'), isLog, source.name());
    for (const name of ['--to', '--protocol', '--mtu', '--max-rate', '--accept', '--deny', '--print'])
      t.ok(options.includes(name), `${source.name()} ${name}`);
  }
});

/** Runs it, and says how it ended. */
const refusal = async (...args: readonly string[]) => {
  const { exitCode, stderr, stdout } = await runCli(['export', ...args]);
  t.equal(stdout, '');
  return `${exitCode} ${stderr}`;
};

t.test('what is wrong with a command line is said, with exit status 2', async (t) => {
  t.match(await refusal('pcap', 'x.pcap'), /^2 flowledger: .*x\.pcap: there is no such file/);
  t.match(await refusal('pcap'), /^2 flowledger: which packets\?/);
  t.match(await refusal('pcap', 'a', 'b'), /^2 flowledger: one capture file at a time/);
  t.match(await refusal('pcap', 'package.json'), /^2 flowledger: nowhere to send/);
  t.match(await refusal('pcap', 'package.json', '--to', 'tcp://h:1'), /^2 flowledger: .*not supported yet/);
  t.match(await refusal('pcap', 'package.json', '--print', 'xml'), /^2 error: .*Allowed choices/);
  t.match(
    await refusal('pcap', 'package.json', '--print', 'log', '--deny', 'prot 5'),
    /^2 flowledger: --deny/,
  );
  t.match(
    await refusal('pcap', 'package.json', '--key', 'mac'),
    /^2 error: .*no mac; there are vlan, interface/,
  );
  t.match(await refusal('pcap', 'package.json', '--mtu', '100'), /^2 error: .*from 512 to 65535/);
  t.match(await refusal('conntrack', '--events', 'born'), /^2 error: .*there are new, update, destroy/);
  t.match(await refusal('conntrack', '--events', ''), /^2 error: .*one or more of new, update, destroy/);
  t.match(
    await refusal('pcap', 'package.json', '--failover', '--to', 'udp://h:1'),
    /^2 flowledger: --failover/,
  );
  t.match(await refusal('conntrack', '--no-flows'), /^2 flowledger: --no-flows leaves nothing/);
  t.match(await refusal('conntrack', '--active', 'soon'), /^2 flowledger: --active soon: not a duration/);
});
