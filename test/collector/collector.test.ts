/** What is more than one part's doing is in test/pipeline; here is what the operator is told. */

import t from 'tap';
import { version } from '../../collector/package-version.ts';
import { makeFlows, netflow5Message } from '../support/flow-messages.ts';
import { hasPeers } from '../support/peers.ts';
import { runCli } from '../support/run-cli.ts';
import { startCollector } from '../support/running-collector.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { until } from '../support/until.ts';

t.test('the block at the start says where it listens and stores, and how to ask', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t, { listen: ['udp://127.0.0.1:0', 'udp://127.0.0.2:0'] });
  const { dataDir, endpoint, ports, httpUrl } = collector;
  const lines = collector.stdout.split('\n');
  t.equal(lines[0], `flowledger ${version} collects NetFlow v5, v9 and IPFIX`);
  t.equal(lines[1], `  listening  udp://127.0.0.1:${ports[0]}  udp://127.0.0.2:${ports[1]}`);
  t.match(lines[2], /^ {2}journal {4}\S+\/journal, at most [\d.]+ [KMGT]iB$/);
  t.equal(lines[3], `  storing    embedded ClickHouse, ${dataDir}, ${endpoint.url}`);
  t.equal(lines[4], `  watching   ${httpUrl}/metrics  ${httpUrl}/healthz`);
  const said = /^ {2}asking {5}flowledger sql (--data \S+) "(SELECT .*)"$/.exec(lines[5] ?? '');
  t.ok(said, `the question is in: ${lines[5]}`);
  await until('one line about both receive buffers', () =>
    /receive buffer.* sockets="udp:\S+ udp:\S+" /.test(collector.stderr),
  );
  await sendDatagrams(collector, [netflow5Message(makeFlows(2))]);
  await collector.waitForFlows(2);
  const answer = await runCli(['sql', ...(said?.[1] ?? '').split(' '), said?.[2] ?? '']);
  t.match(
    answer,
    { exitCode: 0, stderr: '', stdout: /^src_addr\tb\n10\.0\.0\.\d\t\d+\n10\.0\.0\.\d\t\d+\n$/ },
    'the question that is proposed works',
  );
  collector.signal('SIGHUP');
  await until('SIGHUP without a file', () =>
    collector.stderr.includes('SIGHUP: there is no --exporters file'),
  );
  t.equal((await collector.stop()).exitCode, 0);
});
