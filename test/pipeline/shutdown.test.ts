/** What was received is stored, also when the end comes at once, and also when ClickHouse dies in between. */

import t from 'tap';
import { ipfixData, ipfixTemplates, makeFlows, netflow5Message } from '../support/flow-messages.ts';
import { flowLines, storedFlows } from '../support/flow-rows.ts';
import { hasPeers } from '../support/peers.ts';
import { startCollector } from '../support/running-collector.ts';
import { DatagramSender, sendDatagrams } from '../support/send-datagrams.ts';
import { until } from '../support/until.ts';

t.test('SIGTERM right after the last datagram: all rows are there on the next start', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const datagrams = 2000;
  const perDatagram = 30;
  const payloads = Array.from({ length: datagrams }, (_, i) =>
    netflow5Message(makeFlows(perDatagram, i * perDatagram), { sequence: i * perDatagram }),
  );
  await sendDatagrams(collector, payloads);
  const { exitCode, stderr } = await collector.stop();
  t.equal(exitCode, 0);
  const rows = datagrams * perDatagram;
  const goodbye =
    /info {2}stored (\d+) rows in [\d.]+ m?s; 0 rows could not be stored datagrams=(\d+) dropped=0\n$/;
  t.same(goodbye.exec(stderr)?.slice(1).map(Number), [rows, datagrams]);
  t.match(stderr, 'SIGTERM: stopping; a second one ends at once');
  const again = await startCollector(t, { dataDir: collector.dataDir });
  t.equal(await again.countFlows(), rows);
  const [sums] = await again.sql(
    'SELECT uniqExact(bytes) AS different, min(bytes) AS least, max(bytes) AS most FROM flows',
  );
  t.same(sums, { different: rows, least: 64, most: 63 + rows }, 'each one once');
  const loss = await again.sql(
    'SELECT sum(datagrams) AS datagrams, sum(records) AS records, sum(missing) AS missing FROM exporter_loss FINAL',
  );
  t.same(loss, [{ datagrams, records: rows, missing: 0 }], 'and accounted for');
  again.signal('SIGINT');
  const end = await again.ended();
  t.equal(end.exitCode, 0, 'Ctrl-C is an end in order, too');
  t.match(end.stderr, 'stored 0 rows in');
});

t.test('ClickHouse killed while datagrams come: nothing is lost, and /healthz tells', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const sender = await DatagramSender.open(collector);
  const flows = makeFlows(900);
  let sent = 0;
  const sendSome = async (count: number): Promise<void> => {
    await sender.send(ipfixData(flows.slice(sent, sent + count), { sequence: sent }));
    sent += count;
  };
  await sender.send(ipfixTemplates());
  await sendSome(20);
  await collector.waitForFlows(20);
  const { serverPid, url } = collector.endpoint;
  process.kill(serverPid, 'SIGKILL');
  const sick = await until('/healthz tells', async () => {
    await sendSome(1);
    const health = await collector.health();
    return health.status === 503 && health;
  });
  t.match(sick.body, { status: 'failing', reason: /the embedded ClickHouse died \(SIGKILL\)/ });
  t.equal(await collector.metric('flowledger_storing'), 0);
  while (sent < 400) await sendSome(20);
  await until('/healthz is well again', async () => (await collector.health()).status === 200);
  t.equal(collector.endpoint.url, url, 'on the same port as before, which dashboards know');
  t.not(collector.endpoint.serverPid, serverPid);
  while (sent < 800) await sendSome(20);
  await collector.waitForFlows(sent);
  t.same(flowLines(await storedFlows(collector)), flowLines(flows.slice(0, sent)), 'all of them, once');
  t.equal(await collector.metric('flowledger_rows_failed_total'), 0);
  await sender.close();
  t.match(collector.stderr, /the embedded ClickHouse died \(SIGKILL\); starting it again/);
  t.match(collector.stderr, /the embedded ClickHouse is back/);
  t.equal((await collector.stop()).exitCode, 0);
});

t.test('a second signal ends at once, and ClickHouse goes with it', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const { serverPid } = collector.endpoint;
  collector.signal('SIGTERM');
  await until('the first one is told', () => collector.stderr.includes('SIGTERM: stopping'));
  collector.signal('SIGTERM');
  const { exitCode } = await collector.ended();
  t.ok(exitCode === 143 || exitCode === 0, '143, unless it had come to its end already');
  const isGone = (): boolean => {
    try {
      process.kill(serverPid, 0);
      return false;
    } catch {
      return true;
    }
  };
  await until('ClickHouse is gone', isGone);
  const again = await startCollector(t, { dataDir: collector.dataDir });
  t.equal((await again.stop()).exitCode, 0, 'and the directory can be used again');
});
