/** From datagrams on loopback to rows, tables, metrics and health, through the command that a user starts. */

import { networkInterfaces } from 'node:os';
import t from 'tap';
import { hexBytes } from '../support/capture-builder.ts';
import {
  ipfixData,
  ipfixOf,
  ipfixTemplates,
  makeFlows,
  netflow5Message,
  netflow9Data,
  netflow9Templates,
} from '../support/flow-messages.ts';
import { flowLines, storedFlows } from '../support/flow-rows.ts';
import { brokenSample } from '../support/message-samples.ts';
import { hasPeers } from '../support/peers.ts';
import { runCli } from '../support/run-cli.ts';
import { startCollector } from '../support/running-collector.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { until } from '../support/until.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((a) => a.address === '::1'));

t.test('v5, v9 and IPFIX over IPv4 and IPv6 become rows as sent', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const families = hasIpv6 ? ([4, 6] as const) : ([4] as const);
  const listen = families.map((family) => `udp://${family === 4 ? '127.0.0.1' : '[::1]'}:0`);
  const collector = await startCollector(t, { listen, args: ['--name', 'here'] });
  t.equal(collector.ports.length, families.length);
  await until('it is well', async () => (await collector.health()).status === 200);
  const exportMs = Math.floor(Date.now() / 1000) * 1000;
  let sent = 0;
  for (const [i, family] of families.entries()) {
    const to = { port: collector.ports[i] ?? 0, host: family === 4 ? '127.0.0.1' : '::1' };
    const v5 = makeFlows(30, 0);
    const v9 = [...makeFlows(10, 100), ...makeFlows(10, 120, 6)];
    const ipfix = [...makeFlows(10, 200), ...makeFlows(10, 220, 6)];
    await sendDatagrams(to, [netflow5Message(v5, { exportMs, domain: 0x0102, sampling: 0x4064 })]);
    await sendDatagrams(to, [
      netflow9Templates({ exportMs, domain: 9 }),
      netflow9Data(v9, { exportMs, domain: 9, sequence: 1 }),
    ]);
    // Data first: it waits for its Template.
    await sendDatagrams(to, [
      ipfixData(ipfix, { exportMs, domain: 10 }),
      ipfixTemplates({ exportMs, domain: 10 }),
    ]);
    sent += v5.length + v9.length + ipfix.length;
    await collector.waitForFlows(sent);
    const exporter = `exporter = toIPv6('${to.host}')`;
    t.same(flowLines(await storedFlows(collector, `version = 5 AND ${exporter}`)), flowLines(v5), 'v5');
    t.same(flowLines(await storedFlows(collector, `version = 9 AND ${exporter}`)), flowLines(v9), 'v9');
    t.same(
      flowLines(await storedFlows(collector, `version = 10 AND ${exporter}`)),
      flowLines(ipfix),
      'IPFIX',
    );
  }
  const kinds = await collector.sql(`SELECT DISTINCT version, toUInt32(domain) AS domain, sampling_rate,
    toString(sampling_source) AS said_by, collector, toString(record_kind) AS kind, toString(time_source) AS clock,
    time = toDateTime(flow_end) AS dated FROM flows ORDER BY version`);
  const usual = { collector: 'here', kind: 'flow', dated: 1 };
  t.same(kinds, [
    { version: 5, domain: 0x0102, sampling_rate: 100, said_by: 'header', clock: 'uptime', ...usual },
    { version: 9, domain: 9, sampling_rate: 1, said_by: 'default', clock: 'uptime', ...usual },
    { version: 10, domain: 10, sampling_rate: 1, said_by: 'default', clock: 'milliseconds', ...usual },
  ]);
  t.same(
    await collector.sql(
      'SELECT DISTINCT src_as, dst_as, src_mask, dst_mask, in_if, out_if, tcp_flags FROM flows WHERE version = 5',
    ),
    [{ src_as: 64500, dst_as: 64501, src_mask: 24, dst_mask: 16, in_if: 1, out_if: 2, tcp_flags: 0x1b }],
  );
  t.equal(
    await collector.countFlows('received > now() - 60 AND received <= now64(6) + 1'),
    sent,
    'received now',
  );
  // A metric may be a second behind the rows.
  await until(
    'metrics',
    async () => (await collector.metric('flowledger_rows_stored_total', 'flows')) === sent,
  );
  t.equal(await collector.metric('flowledger_datagrams_total'), 5 * families.length);
  t.equal(await collector.metric('flowledger_records_total', 'flow'), sent);
  t.equal(await collector.metric('flowledger_exporters'), 3 * families.length);
  t.equal(await collector.metric('flowledger_templates'), 4 * families.length);
  t.equal(await collector.metric('flowledger_waiting_sets'), 0);
  t.equal(await collector.metric('flowledger_sequence_missing_total'), 0);
  const { exitCode, stderr } = await collector.stop();
  t.equal(exitCode, 0);
  t.match(
    stderr,
    new RegExp(`stored ${sent} rows in .*; 0 rows could not be stored datagrams=${5 * families.length}`),
  );
});

t.test('extra, options tables, losses, malformed datagrams', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const to = { port: collector.port };
  const flows = makeFlows(4);
  await sendDatagrams(to, [
    // Template 300: sourceIPv4Address, octetDeltaCount, dot1qVlanId (a group that is off), 9999 (unknown), 12356/7 (unknown PEN)
    ipfixOf(
      [hexBytes('0002 0020 012c 0005  0008 0004  0001 0004  00f3 0002  270f 0002  8007 0002 00003044')],
      { domain: 1 },
    ),
    ipfixOf([hexBytes('012c 0012  c0000207 00000400 0064 abcd 0102')], { domain: 1, sequence: 0 }),
    // Options Template 301, scope ingressInterface: interfaceName; one record of 12 octets
    ipfixOf(
      [
        hexBytes('0003 0012 012d 0002 0001 000a 0004 0052 0008'),
        hexBytes('012d 0010 00000007 6574682d37000000'),
      ],
      {
        domain: 1,
        sequence: 1,
      },
    ),
    // Options Template 302, scope selectorId: samplingInterval
    ipfixOf(
      [hexBytes('0003 0012 012e 0002 0001 012e 0004 0022 0004'), hexBytes('012e 000c 00000005 000001f4')],
      {
        domain: 1,
        sequence: 2,
      },
    ),
    // Options Template 303, scope meteringProcessId: exportedMessageTotalCount, which has no table of its own
    ipfixOf(
      [hexBytes('0003 0012 012f 0002 0001 008f 0004 0029 0004'), hexBytes('012f 000c 00000009 0000000c')],
      {
        domain: 1,
        sequence: 3,
      },
    ),
  ]);
  // v9: three datagrams of five are never sent.
  await sendDatagrams(to, [
    netflow9Templates({ domain: 2, sequence: 1 }),
    netflow9Data(flows.slice(0, 2), { domain: 2, sequence: 2 }),
    netflow9Data(flows.slice(2), { domain: 2, sequence: 6 }),
  ]);
  await sendDatagrams(to, [brokenSample, hexBytes('0001 0000'), hexBytes('00')]);
  await collector.waitForFlows(5);
  t.same(
    await collector.sql(
      "SELECT bytes, mapSort(CAST(extra, 'Map(String, String)')) AS extra FROM flows WHERE domain = 1",
    ),
    [{ bytes: 1024, extra: { '12356.7': '0x0102', '0.9999': '0xabcd', dot1qVlanId: '100' } }],
  );
  const rows = (table: string, columns: string) =>
    until(`rows of ${table}`, async () => {
      const found = await collector.sql(`SELECT ${columns} FROM ${table} FINAL`);
      return found.length > 0 && found;
    });
  t.same(await rows('interfaces', 'toUInt32(domain) AS domain, interface, name'), [
    { domain: 1, interface: 7, name: 'eth-7' },
  ]);
  t.same(await rows('samplers', 'sampler, rate'), [{ sampler: 5, rate: 500 }]);
  t.same(await rows('options', 'template, scope, values'), [
    { template: 303, scope: { meteringProcessId: '9' }, values: { exportedMessageTotalCount: '12' } },
  ]);
  const { exitCode } = await runCli(['exporters', '--data', collector.dataDir]);
  t.equal(exitCode, 0);
  const domains = await until('the table exporters', async () => {
    const { stdout } = await runCli(['exporters', '--json', '--data', collector.dataDir]);
    const found = stdout.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line)));
    return found.find((row) => row.domain === 2)?.missing === 3 && found;
  });
  t.match(
    domains.find((row: { domain: number }) => row.domain === 1),
    { version: 10, templates: 4, flows: 1, missing: 0 },
  );
  t.match(
    domains.find((row: { domain: number }) => row.domain === 2),
    {
      exporter: '127.0.0.1',
      version: 9,
      templates: 2,
      datagrams: 3,
      flows: 4,
      missing: 3,
      problems: ['3 datagrams missing (50 %)'],
    },
  );
  await until('malformed metrics', async () => (await collector.metric('flowledger_malformed_total')) === 3);
  t.equal(await collector.metric('flowledger_malformed_total', 'set-length'), 1);
  t.equal(await collector.metric('flowledger_malformed_total', 'unknown-version'), 1);
  t.equal(await collector.metric('flowledger_malformed_total', 'truncated-header'), 1);
  const dataDir = collector.dataDir;
  t.equal((await collector.stop()).exitCode, 0);
  const again = await startCollector(t, { dataDir });
  const loss =
    await again.sql(`SELECT sum(missing) AS missing, sum(malformed) AS malformed, sum(datagrams) AS datagrams,
    sum(records) AS records FROM exporter_loss FINAL`);
  t.same(
    loss,
    [{ missing: 3, malformed: 3, datagrams: 11, records: 8 }],
    'the losses of the last minute are written at the end',
  );
  t.equal((await again.stop()).exitCode, 0);
});
