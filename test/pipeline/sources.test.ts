/** Who may send, and what the operator says about those who do: --allow and --exporters. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFlows, netflow5Message } from '../support/flow-messages.ts';
import { hasPeers } from '../support/peers.ts';
import { startCollector } from '../support/running-collector.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

t.test('--allow refuses, and counts whom', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t, {
    args: ['--allow', '127.0.0.2/32', '--allow', '2001:db8::/32'],
  });
  const { port } = collector;
  await sendDatagrams({ port, from: '127.0.0.3' }, [
    netflow5Message(makeFlows(3)),
    netflow5Message(makeFlows(3)),
  ]);
  await sendDatagrams({ port, from: '127.0.0.2' }, [netflow5Message(makeFlows(2))]);
  await collector.waitForFlows(2);
  t.equal(await collector.metric('flowledger_refused_datagrams_total', '127.0.0.3'), 2);
  t.equal(await collector.metric('flowledger_refused_datagrams_total'), 2);
  const { dataDir } = collector;
  t.equal((await collector.stop()).exitCode, 0);
  const again = await startCollector(t, { dataDir });
  t.same(
    await again.sql(
      "SELECT sum(refused) AS refused FROM exporter_loss FINAL WHERE exporter = toIPv6('127.0.0.3')",
    ),
    [{ refused: 2 }],
  );
  await again.stop();
});

t.test('--exporters names and corrects, and is read again on SIGHUP', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const file = join(temporaryDirectory(t), 'exporters.csv');
  writeFileSync(file, 'address,name,site,sampling\n127.0.0.1,edge-1,Bern,1000\n127.0.0.2,edge-2,,\n');
  const collector = await startCollector(t, { args: ['--exporters', file] });
  const { port } = collector;
  const message = netflow5Message(makeFlows(1), { sampling: 0x4064 });
  const rates = () =>
    collector.sql(`SELECT toString(exporter) AS exporter, sampling_rate AS rate, toString(sampling_source) AS said_by,
      count() AS n FROM flows GROUP BY ALL ORDER BY ALL`);
  await sendDatagrams({ port }, [message]);
  await sendDatagrams({ port, from: '127.0.0.2' }, [message]);
  await collector.waitForFlows(2);
  const first = [
    { exporter: '::ffff:127.0.0.1', rate: 1000, said_by: 'config', n: 1 },
    { exporter: '::ffff:127.0.0.2', rate: 100, said_by: 'header', n: 1 },
  ];
  t.same(await rates(), first);
  writeFileSync(file, 'address,name,site,sampling\n127.0.0.1,edge-1,Bern,\n127.0.0.2,edge-two,Thun,250\n');
  collector.signal('SIGHUP');
  await until('the file is read again', () =>
    /SIGHUP: exporters read again .*exporters=2/.test(collector.stderr),
  );
  await sendDatagrams({ port }, [message]);
  await sendDatagrams({ port, from: '127.0.0.2' }, [message]);
  await collector.waitForFlows(4);
  const second = [
    { exporter: '::ffff:127.0.0.1', rate: 100, said_by: 'header', n: 1 },
    { exporter: '::ffff:127.0.0.2', rate: 250, said_by: 'config', n: 1 },
  ];
  t.same(await rates(), [second[0], first[0], first[1], second[1]]);
  writeFileSync(file, '127.0.0.1,edge-1,Bern,often\n');
  collector.signal('SIGHUP');
  await until('a wrong file is told', () =>
    collector.stderr.includes('SIGHUP: the exporters stay as they are'),
  );
  t.match(collector.stderr, /line 1: sampling ."often." is no whole number/);
  const names = await until('names in the table', async () => {
    const found = await collector.sql<{ name: string }>(
      'SELECT name, site, sampling_rate AS rate FROM exporters FINAL ORDER BY exporter',
    );
    return found[1]?.name === 'edge-two' && found;
  });
  t.same(names, [
    { name: 'edge-1', site: 'Bern', rate: 100 },
    { name: 'edge-two', site: 'Thun', rate: 250 },
  ]);
  await collector.stop();
});
