import t from 'tap';
import { pcapCommand } from '../../exporter/packet-cli.ts';
import { runCli } from '../support/run-cli.ts';

t.test('options of pcap, and what they are without being said', async (t) => {
  const command = pcapCommand('1.2.3');
  t.equal(command.name(), 'pcap');
  const defaults = command.opts();
  t.equal(defaults.active, '60s');
  t.equal(defaults.idle, '30s');
  t.equal(defaults.maxFlows, 1_000_000);
  t.equal(defaults.sampling, 1);
});

t.test('what is metered: one file, or an interface', async (t) => {
  const refusal = async (...args: readonly string[]) => {
    const { exitCode, stderr } = await runCli(['export', 'pcap', ...args]);
    return `${exitCode} ${stderr}`;
  };
  t.match(await refusal(), /^2 flowledger: which packets\? Name a capture file/);
  t.match(await refusal('a', 'b'), /^2 flowledger: one capture file at a time, not a b/);
  t.match(await refusal('package.json', '--sampling', '0'), /^2 error: .*from 1 to 16777216/);
});
