/** A NAT gateway, `flowledger export conntrack` in it, and the rows that `flowledger collect` makes of what it sends. */

import t, { type Test } from 'tap';
import { type KernelConnection, listConnections } from '../support/kernel-connections.ts';
import {
  forwardedPort,
  labAddresses,
  type NatLab,
  servicePort,
  startNatLab,
  translatedPorts,
} from '../support/nat-lab.ts';
import { hasPeers } from '../support/peers.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { startExporter } from '../support/running-exporter.ts';
import { until } from '../support/until.ts';

const { client: inside, inside: gateway, outside, server } = labAddresses;
/** IANA values of flowEndReason (136) and firewallEvent (233). */
const endReasons = { idle: 1, active: 2, end: 3 };
const firewallEvents = { created: 1 };
const toleranceMs = 100;

const ofPort =
  (port: number, event: KernelConnection['event']) =>
  (connection: KernelConnection): boolean =>
    connection.event === event && connection.original.srcPort === port;

interface Row {
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly proto: number;
  readonly natSrc: string;
  readonly natDst: string;
  readonly natSrcPort: number;
  readonly natDstPort: number;
  readonly bytes: number;
  readonly packets: number;
  readonly reverseBytes: number;
  readonly reversePackets: number;
  readonly totalBytes: number;
  readonly totalPackets: number;
  readonly reverseTotalBytes: number;
  readonly reverseTotalPackets: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly endReason: number;
  readonly firewallEvent: number;
  readonly natEvent: number;
  readonly icmp: number;
  readonly kind: string;
  readonly flowId: string;
}

const columns = `
  replaceOne(toString(src_addr), '::ffff:', '') AS src, replaceOne(toString(dst_addr), '::ffff:', '') AS dst,
  src_port AS srcPort, dst_port AS dstPort, proto,
  replaceOne(toString(post_nat_src_addr), '::ffff:', '') AS natSrc,
  replaceOne(toString(post_nat_dst_addr), '::ffff:', '') AS natDst,
  post_nat_src_port AS natSrcPort, post_nat_dst_port AS natDstPort,
  bytes, packets, reverse_bytes AS reverseBytes, reverse_packets AS reversePackets,
  total_bytes AS totalBytes, total_packets AS totalPackets,
  reverse_total_bytes AS reverseTotalBytes, reverse_total_packets AS reverseTotalPackets,
  toUnixTimestamp64Micro(flow_start) / 1000 AS startMs, toUnixTimestamp64Micro(flow_end) / 1000 AS endMs,
  end_reason AS endReason, firewall_event AS firewallEvent, nat_event AS natEvent,
  icmp_type_code AS icmp, toString(record_kind) AS kind, toString(flow_id) AS flowId`;

const select = (collector: RunningCollector, where: string): Promise<Row[]> =>
  collector.sql<Row>(`SELECT ${columns} FROM flows WHERE ${where} ORDER BY flow_end, received`);

/** Records of a flow, without the events that say that it began or what was translated. */
const flowsOf = (rows: readonly Row[]): Row[] =>
  rows.filter((row) => row.natEvent === 0 && row.firewallEvent !== firewallEvents.created);
const isLast = (row: Row): boolean => row.endReason === endReasons.idle || row.endReason === endReasons.end;

/** All rows of a connection, once the one that ends it is there. */
const waitForEnd = (collector: RunningCollector, where: string): Promise<Row[]> =>
  until(`the end of ${where}`, async () => {
    const rows = await select(collector, where);
    return flowsOf(rows).some(isLast) && rows;
  });

const sum = (rows: readonly Row[], key: 'bytes' | 'packets' | 'reverseBytes' | 'reversePackets'): number =>
  rows.reduce((total, row) => total + row[key], 0);

/** Deltas sum up to the kernel's last counters, and the totals of the last record are these. */
const sameCounters = (t: Test, rows: readonly Row[], kernel: KernelConnection): void => {
  const { original, reply } = kernel;
  t.same(
    [sum(rows, 'bytes'), sum(rows, 'packets'), sum(rows, 'reverseBytes'), sum(rows, 'reversePackets')],
    [original.bytes, original.packets, reply.bytes, reply.packets],
    'deltas sum up to the counters of the kernel',
  );
  const last = rows.at(-1);
  t.match(
    last,
    {
      totalBytes: original.bytes,
      totalPackets: original.packets,
      reverseTotalBytes: reply.bytes,
      reverseTotalPackets: reply.packets,
    },
    'totals are the counters of the kernel',
  );
};

/** What both ends did from `fromMs` to `toMs`, however long it took them, happened then. */
const within = (t: Test, actualMs: number | undefined, fromMs: number, toMs: number, what: string): void => {
  const afterMs = (actualMs ?? 0) - fromMs;
  const isThen = afterMs >= -toleranceMs && afterMs <= toMs - fromMs + toleranceMs;
  t.ok(isThen, `${what} (after ${afterMs.toFixed(1)} ms of ${toMs - fromMs})`);
};

/** An exporter in the gateway with accounting on, and a collector for it. */
const startBoth = async (t: Test, lab: NatLab, ...args: readonly string[]) => {
  const collector = await startCollector(t, { listen: [`udp://${lab.collectorAddress}:0`] });
  const to = `udp://${lab.collectorAddress}:${collector.port}`;
  const exporter = await startExporter(t, lab.gateway, ['--to', to, '--active', '2', ...args]);
  return { collector, exporter };
};

t.test('the lab: what the kernel says is what both ends see', async (t) => {
  const lab = startNatLab(t);
  if (lab === undefined) return;
  lab.enableAccounting();
  const listener = await lab.listen();
  const { client, service } = await lab.startPeers();
  const direct = await client.connect(server.ipv4, servicePort);
  await client.exchange(direct, 1000, 200_000);
  const forwarded = await client.connect(gateway.ipv4, forwardedPort);
  const routed = await client.connect(server.ipv6, servicePort);
  const seen = await service.accepted(3);
  t.match(seen[0], { remoteAddress: `::ffff:${outside.ipv4}` }, 'masqueraded');
  t.match(seen[1], { remoteAddress: `::ffff:${outside.ipv4}`, localPort: servicePort }, 'sent on');
  t.match(seen[2], { remoteAddress: inside.ipv6, remotePort: routed.localPort }, 'only routed');
  for (const [nth, { localPort }] of [direct, forwarded].entries()) {
    const kernel = await listener.waitFor('a connection is new', ofPort(localPort, 'NEW'));
    t.match(kernel.original, { src: inside.ipv4, srcPort: localPort });
    t.match(kernel.reply, { src: server.ipv4, srcPort: servicePort, dst: outside.ipv4 });
    const port = kernel.reply.dstPort;
    t.equal(port, seen[nth]?.remotePort, 'the port that the server sees');
    t.ok(port >= translatedPorts.first && port <= translatedPorts.last);
  }
  const datagrams = await client.sendDatagrams(server.ipv4, servicePort, 5, 100);
  await client.close(direct);
  const closed = [direct.localPort, datagrams.localPort];
  await until('both connections have expired', () =>
    listConnections(lab.gateway).every(({ original }) => !closed.includes(original.srcPort)),
  );
  const udp = await listener.waitFor('UDP has ended', ofPort(datagrams.localPort, 'DESTROY'));
  // Five times IPv4, UDP, payload.
  t.match(udp.original, { packets: 5, bytes: 5 * (20 + 8 + 100) });
  t.match(udp.reply, { packets: 5, bytes: 5 * (20 + 8 + 100) });
  const tcp = await listener.waitFor('TCP has ended', ofPort(direct.localPort, 'DESTROY'));
  t.ok((tcp.original.bytes ?? 0) > 1008 && (tcp.original.bytes ?? 0) < 20_000);
  t.ok((tcp.reply.bytes ?? 0) > 200_000 && (tcp.reply.bytes ?? 0) < 230_000);
  lab.gateway.run('ping', '-q', '-c', '1', lab.collectorAddress);
});

t.test(
  'connections through the gateway become rows: both addresses, the octets of the kernel, times',
  async (t) => {
    if (!hasPeers(t, 'chdb')) return;
    const lab = startNatLab(t);
    if (lab === undefined) return;
    const args = ['--events', 'new,destroy', '--nat-events', '--enable', '--print', 'json'];
    const { collector, exporter } = await startBoth(t, lab, ...args);
    const listener = await lab.listen();
    const { client, service } = await lab.startPeers();

    await t.test('TCP: masqueraded, sent on by DNAT, routed', async (t) => {
      const destinations = [
        { name: 'masqueraded', host: server.ipv4, port: servicePort },
        { name: 'DNAT', host: gateway.ipv4, port: forwardedPort },
        { name: 'IPv6', host: server.ipv6, port: servicePort },
      ];
      for (const [nth, { name, host, port }] of destinations.entries()) {
        const connection = await client.connect(host, port);
        const atServer = (await service.accepted(nth + 1))[nth];
        await client.exchange(connection, 20_000, 500_000);
        const closingMs = Date.now();
        const endMs = await client.close(connection);
        const { localPort } = connection;
        const rows = await waitForEnd(
          collector,
          `proto = 6 AND src_port = ${localPort} AND dst_port = ${port}`,
        );
        const kernel = await listener.waitFor('it has ended', ofPort(localPort, 'DESTROY'));
        const flows = flowsOf(rows);
        const [last] = flows.slice(-1);
        const isTranslated = name !== 'IPv6';
        t.match(
          last,
          {
            src: connection.localAddress,
            dst: host,
            natSrc: isTranslated ? outside.ipv4 : '::',
            natDst: isTranslated ? server.ipv4 : '::',
            natSrcPort: isTranslated ? atServer?.remotePort : 0,
            natDstPort: isTranslated ? servicePort : 0,
            endReason: endReasons.end,
          },
          `${name}: inside and outside, as client and server see them`,
        );
        sameCounters(t, flows, kernel);
        within(t, last?.startMs, connection.startMs, connection.connectedMs, `${name}: start`);
        within(t, last?.endMs, closingMs, endMs, `${name}: end`);
        const created = rows.filter((row) => row.firewallEvent === firewallEvents.created);
        t.equal(created.length, 1, `${name}: an event says that it began`);
        within(
          t,
          created[0]?.startMs,
          connection.startMs,
          connection.connectedMs,
          `${name}: the start in that`,
        );
        // RFC 8158, table 2: NAT44 session create and delete.
        t.same(
          rows
            .map((row) => row.natEvent)
            .filter((event) => event !== 0)
            .sort(),
          isTranslated ? [4, 5] : [],
          `${name}: NAT events`,
        );
      }
    });

    await t.test('UDP', async (t) => {
      for (const { host, headerBytes } of [
        { host: server.ipv4, headerBytes: 28 },
        { host: server.ipv6, headerBytes: 48 },
      ]) {
        const datagrams = await client.sendDatagrams(host, servicePort, 7, 300);
        const atServer = (await service.accepted(1)).at(-1);
        const rows = await waitForEnd(collector, `proto = 17 AND src_port = ${datagrams.localPort}`);
        const flows = flowsOf(rows);
        const isTranslated = host === server.ipv4;
        t.match(flows.at(-1), {
          src: datagrams.localAddress,
          dst: host,
          natSrc: isTranslated ? outside.ipv4 : '::',
          natSrcPort: isTranslated ? atServer?.remotePort : 0,
          totalBytes: 7 * (headerBytes + 300),
          reverseTotalBytes: 7 * (headerBytes + 300),
          totalPackets: 7,
          reverseTotalPackets: 7,
          endReason: endReasons.idle,
        });
        t.equal(sum(flows, 'bytes'), 7 * (headerBytes + 300));
        within(t, flows.at(-1)?.startMs, datagrams.startMs, datagrams.endMs, `${host}: start`);
        within(t, flows.at(-1)?.endMs, datagrams.startMs, datagrams.endMs, `${host}: end`);
      }
    });

    await t.test('ICMP: echo request, type and code, no ports', async (t) => {
      for (const { host, proto, type, headerBytes } of [
        { host: server.ipv4, proto: 1, type: 8, headerBytes: 20 },
        { host: server.ipv6, proto: 58, type: 128, headerBytes: 40 },
      ]) {
        const startMs = Date.now();
        lab.client.run('ping', '-q', '-c', '3', '-i', '0.1', '-s', '56', host);
        const endMs = Date.now();
        const where = `proto = ${proto} AND dst_addr = toIPv6('${host}')`;
        const flows = flowsOf(await waitForEnd(collector, where));
        const isTranslated = proto === 1;
        t.match(flows.at(-1), {
          src: isTranslated ? inside.ipv4 : inside.ipv6,
          icmp: type << 8,
          srcPort: 0,
          dstPort: 0,
          natSrc: isTranslated ? outside.ipv4 : '::',
          // Three times IP, ICMP, payload.
          totalBytes: 3 * (headerBytes + 8 + 56),
          reverseTotalBytes: 3 * (headerBytes + 8 + 56),
          totalPackets: 3,
          reverseTotalPackets: 3,
        });
        within(t, flows.at(-1)?.startMs, startMs, endMs, `${host}: start`);
        within(t, flows.at(-1)?.endMs, startMs, endMs, `${host}: end`);
      }
    });

    const { exitCode, stdout } = await exporter.stop();
    t.equal(exitCode, 0, 'SIGTERM is a clean end');
    t.match(stdout, /^\{.*\}$/m, 'records are on standard output, too');
    t.equal(
      await collector.countFlows(`dst_port = ${collector.port}`),
      0,
      'what the exporter itself sends is not in it',
    );
    t.equal(await collector.metric('flowledger_malformed_total'), 0);
    t.equal(await collector.metric('flowledger_sequence_missing_total'), 0);
    await collector.stop();
  },
);

t.test('a connection that lasts has interim records, also one that is older than the exporter', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const lab = startNatLab(t);
  if (lab === undefined) return;
  lab.enableAccounting();
  const { client } = await lab.startPeers();
  // The kernel tells listeners nothing about connections from before there was one (nf_conntrack_events = 2).
  const older = await client.connect(server.ipv4, servicePort);
  await client.exchange(older, 3000, 70_000);
  const unseen = listConnections(lab.gateway).find(ofPort(older.localPort, 'LIST'));
  if (unseen === undefined) throw new Error('the connection is there');
  const { collector, exporter } = await startBoth(t, lab);
  await client.exchange(older, 1000, 20_000);
  const younger = await client.connect(server.ipv4, servicePort);
  await client.exchange(younger, 1000, 50_000);
  for (const connection of [older, younger]) {
    const where = `proto = 6 AND src_port = ${connection.localPort}`;
    const interim = await until('an interim record', async () => {
      const rows = flowsOf(await select(collector, where));
      return rows.length > 0 && rows;
    });
    const kernel = listConnections(lab.gateway).find(ofPort(connection.localPort, 'LIST'));
    if (kernel === undefined) throw new Error('the connection is still there');
    // What was before the exporter is in the totals and in no delta: a restart must not count it twice.
    const before = connection === older ? unseen : undefined;
    t.equal(sum(interim, 'bytes'), (kernel.original.bytes ?? 0) - (before?.original.bytes ?? 0));
    t.equal(sum(interim, 'reverseBytes'), (kernel.reply.bytes ?? 0) - (before?.reply.bytes ?? 0));
    t.equal(interim.at(-1)?.totalBytes, kernel.original.bytes);
    t.ok(interim.every((row) => row.endReason === endReasons.active));
    within(t, interim[0]?.startMs, connection.startMs, connection.connectedMs, 'start');
    await client.exchange(connection, 2000, 60_000);
    const atClose = listConnections(lab.gateway).find(ofPort(connection.localPort, 'LIST'));
    const closingMs = Date.now();
    const endMs = await client.close(connection);
    const rows = flowsOf(await waitForEnd(collector, where));
    t.ok(rows.length > interim.length);
    t.same([...new Set(rows.map((row) => row.flowId))].length, 1, 'all records have the same flowId');
    const last = rows.at(-1);
    t.ok((last?.totalBytes ?? 0) >= (atClose?.original.bytes ?? Number.NaN), 'nothing is missing');
    t.equal(sum(rows, 'bytes'), (last?.totalBytes ?? 0) - (before?.original.bytes ?? 0));
    t.equal(sum(rows, 'reverseBytes'), (last?.reverseTotalBytes ?? 0) - (before?.reply.bytes ?? 0));
    t.equal(rows.filter(isLast).length, 1, 'it ends once');
    if (connection === younger) within(t, rows.at(-1)?.endMs, closingMs, endMs, 'end');
  }
  t.equal((await exporter.stop()).exitCode, 0);
  await collector.stop();
});
