/**
 * ulogd, conntrack(8) and our own source beside each other on the connections of one gateway: what each says goes to one collector, in
 * an Observation Domain of its own, and the three ledgers agree flow by flow.
 */

import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { countListeners, listConnections } from '../support/kernel-connections.ts';
import { labAddresses, type NatLab, servicePort, startNatLab } from '../support/nat-lab.ts';
import { hasPeers, peerPath } from '../support/peers.ts';
import { builtCli } from '../support/run-cli.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { startExporter } from '../support/running-exporter.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const { outside, server } = labAddresses;
const rounds = 15;
const domains = { netlink: 1, ulogd: 2, conntrack: 3 } as const;
type Source = keyof typeof domains;
const icmp = 1;
const icmp6 = 58;

/**
 * What a source cannot know. conntrack(8) writes the kernel's times to the second: so the time of its NEW line is the start, and the last
 * packet, for which the kernel's timeout comes off, is up to a second early, though never before the start. ulogd writes when the kernel would have forgotten
 * the connection, all of which it does after two seconds here, and neither the state nor what else tells how long it waited. Of
 * ICMP it does not write the identifier, of ICMPv6 no type either.
 */
const known = {
  ulogd: { startMicros: 0, end: { from: 1.9e6, to: 2.1e6 }, hasIcmpId: false, hasIcmp6Type: false },
  conntrack: { startMicros: 1e6, end: { from: -1e6, to: 1e6 }, hasIcmpId: true, hasIcmp6Type: true },
} as const;

/** The kernel's mark of each TCP connection. */
const mark = 0xcafe;
const rules = `table inet marks {
  chain forward {
    type filter hook forward priority filter
    tcp dport ${servicePort} ct mark set ${mark}
  }
}
`;

const bufferBytes = 8 << 20;
const ulogdConfig = (directory: string): string => `[global]
logfile="${directory}/ulogd.log"
loglevel=3
plugin="ulogd_inpflow_NFCT.so"
plugin="ulogd_filter_IP2STR.so"
plugin="ulogd_output_JSON.so"
stack=ct1:NFCT,ip2str1:IP2STR,json1:JSON
[ct1]
hash_enable=0
event_mask=5
netlink_socket_buffer_size=${bufferBytes}
netlink_socket_buffer_maxsize=${bufferBytes}
[json1]
file="${directory}/ulogd.json"
sync=1
`;

/** Both write into `directory`; resolves when they miss nothing any more. */
const startLoggers = async (lab: NatLab, directory: string): Promise<void> => {
  const { gateway } = lab;
  const before = countListeners(gateway);
  const config = join(directory, 'ulogd.conf');
  writeFileSync(config, ulogdConfig(directory));
  // Times without a zone are written in that of the process.
  const env = { ...process.env, TZ: 'UTC' };
  gateway.spawn(peerPath('ulogd'), ['-c', config], { stdio: 'ignore', env });
  const args = ['-E', '-o', 'timestamp,id,ktimestamp,extended', '-b', String(bufferBytes)];
  const events = gateway.spawn(peerPath('conntrack'), args, { stdio: ['ignore', 'pipe', 'ignore'], env });
  events.stdout?.pipe(createWriteStream(join(directory, 'conntrack.txt')));
  await until('both listen', () => countListeners(gateway) >= before + 2);
};

const makeTraffic = async (lab: NatLab): Promise<number> => {
  const { client } = await lab.startPeers();
  const long = await client.connect(server.ipv4, servicePort);
  let connections = 1;
  for (let i = 0; i < rounds; i++)
    for (const host of [server.ipv4, server.ipv6]) {
      const connection = await client.connect(host, servicePort);
      await client.exchange(connection, 100 * i, 2000 * i);
      await client.close(connection);
      await client.sendDatagrams(host, servicePort, 1 + (i % 4), 10 * i);
      lab.client.run('ping', '-q', '-n', '-c', '1', '-i', '0.2', host);
      connections += 3;
    }
  await client.exchange(long, 10, 300_000);
  await client.close(long);
  return connections;
};

interface Flow {
  readonly proto: number;
  readonly ends: string;
  readonly connectionId: number;
  readonly icmp: number;
  readonly facts: string;
  readonly flowId: string;
  readonly start: number;
  readonly end: number;
}

const protocols = 'proto IN (1, 6, 17, 58)';
/** The kernel's id of a connection is the lower half of its flow_id. */
const flowsOf = (collector: RunningCollector, source: Source): Promise<Flow[]> =>
  collector.sql<Flow>(`SELECT
  proto, toString((src_addr, src_port, dst_addr, dst_port)) AS ends, bitAnd(flow_id, 4294967295) AS connectionId,
  icmp_type_code AS icmp,
  toString((post_nat_src_addr, post_nat_src_port, post_nat_dst_addr, post_nat_dst_port, bytes, packets, reverse_bytes,
    reverse_packets, total_bytes, total_packets, reverse_total_bytes, reverse_total_packets, ct_mark, vrf_in)) AS facts,
  toString(flow_id) AS flowId, toUnixTimestamp64Micro(flow_start) AS start, toUnixTimestamp64Micro(flow_end) AS end
FROM flows WHERE domain = ${domains[source]} AND record_kind = 'flow' AND ${protocols}
  AND (src_port = ${servicePort} OR dst_port = ${servicePort} OR proto IN (1, 58)) ORDER BY connectionId, ends`);

const compare = (
  t: Test,
  source: keyof typeof known,
  said: readonly Flow[],
  truth: readonly Flow[],
): void => {
  const { startMicros, end, hasIcmpId, hasIcmp6Type } = known[source];
  const facts = (flows: readonly Flow[]) =>
    flows.map(({ start, end, ...flow }) => ({
      ...flow,
      flowId: hasIcmpId || ![icmp, icmp6].includes(flow.proto) ? flow.flowId : 'not said',
      icmp: hasIcmp6Type || flow.proto !== icmp6 ? flow.icmp : 0,
    }));
  t.same(facts(said), facts(truth), `${source}: ends, translations, counters, marks, ids`);
  const starts = said.map(({ start }, i) => start - (truth[i]?.start ?? 0));
  const ends = said.map(({ end }, i) => end - (truth[i]?.end ?? 0));
  const extent = (micros: readonly number[]) => `${Math.min(...micros)} to ${Math.max(...micros)} us`;
  t.ok(
    starts.every((micros) => Math.abs(micros) <= startMicros),
    `${source}: starts, ${extent(starts)} late`,
  );
  t.ok(
    ends.every((micros) => micros >= end.from && micros <= end.to),
    `${source}: ends, ${extent(ends)} late`,
  );
};

t.test('three ledgers of the same connections', async (t) => {
  if (!hasPeers(t, 'chdb', 'ulogd', 'conntrack')) return;
  const lab = startNatLab(t);
  if (lab === undefined) return;
  lab.enableAccounting();
  lab.gateway.loadRules(rules);
  const directory = temporaryDirectory(t);
  const collector = await startCollector(t, { listen: [`udp://${lab.collectorAddress}:0`] });
  const to = `udp://${lab.collectorAddress}:${collector.port}`;
  const target = ['--to', to, '--domain'];
  const args = ['--events', 'new,destroy', '--active', '0', ...target, String(domains.netlink)];
  const exporter = await startExporter(t, lab.gateway, args);
  await startLoggers(lab, directory);
  const count = await makeTraffic(lab);
  const own = (port: number): boolean => port === collector.port;
  await until('all are over', () =>
    listConnections(lab.gateway).every(({ original }) => own(original.srcPort) || own(original.dstPort)),
  );
  const ends = (file: string, mark: RegExp): number =>
    (readFileSync(join(directory, file), 'utf8').match(mark) ?? []).length;
  await until(
    'both logs are written',
    () => ends('conntrack.txt', /\[DESTROY\]/g) >= count && ends('ulogd.json', /"ct\.event": 4/g) >= count,
  );
  t.equal((await exporter.stop()).exitCode, 0);
  for (const [source, file] of [
    ['ulogd', 'ulogd.json'],
    ['conntrack', 'conntrack.txt'],
  ] as const) {
    const log = ['export', 'ulogd', join(directory, file), '--zone', 'UTC', '--events', 'new,destroy'];
    // In the gateway, whose timeouts are needed.
    const command = [process.execPath, builtCli, ...log, ...target, String(domains[source])];
    const said = lab.gateway.run('sh', '-c', 'exec "$@" 2>&1', 'sh', ...command);
    t.match(said, /not_understood=0/, `${source}: each line is understood`);
  }
  const stored = async (source: Source): Promise<readonly Flow[]> =>
    until(`${count} flows of ${source}`, async () => {
      const flows = await flowsOf(collector, source);
      return flows.length >= count && flows;
    });
  const truth = await stored('netlink');
  t.equal(truth.length, count);
  t.equal(truth.filter(({ facts }) => facts.includes(`,${mark},`)).length, 2 * rounds + 1, 'marked');
  t.equal(truth.filter(({ facts }) => facts.includes(outside.ipv4)).length, 3 * rounds + 1, 'translated');
  for (const source of ['ulogd', 'conntrack'] as const) compare(t, source, await stored(source), truth);
});
