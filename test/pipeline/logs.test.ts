/** Logs that exist already become rows of the ledger, and answer its questions. */

import { spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { hasPeers } from '../support/peers.ts';
import { assertBuilt, builtCli, cleanEnvironment, runCli } from '../support/run-cli.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { RunningExporter } from '../support/running-exporter.ts';
import { until } from '../support/until.ts';

const seedFile = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/seeds/${name}.txt`, import.meta.url));
const to = (collector: RunningCollector): readonly string[] => ['--to', `udp://127.0.0.1:${collector.port}`];

const exportLog = async (t: Test, ...args: readonly string[]): Promise<void> => {
  const { exitCode, stderr } = await runCli(['export', ...args]);
  t.equal(exitCode, 0, stderr);
};

t.test('the seeds, and who 1.2.3.4:53500 was', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const listing = join(t.testdir(), 'listing');
  copyFileSync(seedFile('conntrack-listing'), listing);
  const listedMs = Date.now() - 60_000;
  utimesSync(listing, listedMs / 1000, listedMs / 1000);
  await exportLog(t, 'ulogd', listing, ...to(collector));
  await exportLog(t, 'ulogd', seedFile('ulogd-logemu'), '--zone', 'UTC', ...to(collector));
  await exportLog(t, 'ulogd', seedFile('ulogd-json'), '--zone', 'Europe/Paris', ...to(collector));
  await exportLog(t, 'airlock', seedFile('airlock-conntrace'), ...to(collector));
  await collector.waitForFlows(6);
  const rows = await collector.sql<
    Record<string, unknown>
  >(`SELECT toString(record_kind) AS kind, replaceOne(toString(src_addr), '::ffff:', '') AS src,
    src_port, replaceOne(toString(dst_addr), '::ffff:', '') AS dst, dst_port, replaceOne(toString(post_nat_src_addr), '::ffff:', '') AS nat,
    post_nat_src_port AS nat_port, post_nat_dst_port AS nat_dst_port, proto, bytes, packets, reverse_bytes, reverse_packets,
    toUnixTimestamp64Milli(flow_start) AS start, toUnixTimestamp64Milli(flow_end) AS ended FROM flows ORDER BY src_port`);
  t.match(rows, [
    {
      src: '61.174.51.209',
      src_port: 6000,
      dst: '192.168.1.129',
      dst_port: 22,
      kind: 'event',
      packets: 0,
      start: 0,
    },
    {
      src: '172.18.60.2',
      src_port: 18982,
      dst: '172.18.60.225',
      dst_port: 80,
      kind: 'event',
      nat: '172.18.98.225',
      nat_port: 54444,
      nat_dst_port: 80,
      proto: 6,
      packets: 0,
      ended: Date.UTC(2023, 11, 6, 14, 19, 35, 763),
    },
    {
      src: '2a01:e35:1394:5bd0:da50:b6ff:fe3c:4250',
      src_port: 51162,
      dst: '2001:41d0:1:9598::1',
      dst_port: 22,
      kind: 'event',
    },
    {
      src: '2a01:e35:1394:5ad0:da50:e6ff:fe3c:1250',
      src_port: 51384,
      kind: 'flow',
      bytes: 5600,
      packets: 23,
      reverse_bytes: 4328,
      reverse_packets: 20,
      start: 1393068302637,
      ended: 1393068424403,
    },
    {
      src: '192.168.1.129',
      src_port: 53400,
      dst: '19.1.16.7',
      dst_port: 443,
      kind: 'event',
      nat: '1.2.3.4',
      nat_port: 53500,
    },
    {
      src: '192.168.1.129',
      src_port: 60846,
      dst: '68.232.35.139',
      kind: 'event',
      nat: '1.2.3.4',
      nat_port: 60946,
    },
  ]);
  const at = new Date(listedMs + 1000).toISOString();
  const args = ['nat-lookup', '1.2.3.4:53500', '--at', at, '--data', collector.dataDir, '--json'];
  const { stdout, stderr } = await runCli(args);
  t.match(
    JSON.parse(stdout.split('\n')[0] || '{}'),
    { inside_addr: '192.168.1.129', inside_port: 53400 },
    stderr,
  );
  await collector.stop();
});

const line = (port: number): string =>
  `${JSON.stringify({
    timestamp: new Date().toISOString(),
    dvc: 'Netfilter',
    'orig.ip.protocol': 17,
    'ct.event': 4,
    'ct.id': 1000 + port,
    src_ip: '192.0.2.1',
    dest_ip: '198.51.100.2',
    src_port: port,
    dest_port: 53,
    'orig.raw.pktcount': 1,
    'orig.raw.pktlen': port,
    'flow.end.sec': Math.floor(Date.now() / 1000),
    'flow.end.usec': 0,
  })}\n`;

/** Numbers of connections, which are their ports. */
const lines = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, n) => line(first + n)).join('');

const follow = (t: Test, args: readonly string[]): RunningExporter => {
  assertBuilt();
  const child = spawn(process.execPath, [builtCli, 'export', 'ulogd', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: cleanEnvironment(),
  });
  const exporter = new RunningExporter(child);
  t.teardown(() => exporter.abandon());
  return exporter;
};

t.test(
  'a log that is followed loses no line: appended, rotated, cut, killed and started again',
  async (t) => {
    if (!hasPeers(t, 'chdb')) return;
    const collector = await startCollector(t);
    const path = join(t.testdir(), 'ulogd.json');
    const state = join(t.testdirName, 'state');
    const args = [path, '--follow', '--state', state, '--max-delay', '100ms', ...to(collector)];
    const known = async (last: number, why: string): Promise<void> => {
      const ask = async (): Promise<boolean> => {
        const [row] = await collector.sql<{ n: number }>('SELECT uniqExact(src_port) AS n FROM flows');
        return row?.n === last;
      };
      await until(`${last} connections are known: ${why}`, ask);
    };
    const first = follow(t, args);
    await until('it waits', () => first.stderr.includes('it is waited for'));
    writeFileSync(path, lines(1, 300));
    await known(300, 'appeared');
    const half = line(301);
    appendFileSync(path, half.slice(0, 60));
    appendFileSync(path, `${half.slice(60)}${lines(302, 400)}`);
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, lines(401, 500));
    writeFileSync(path, lines(501, 600));
    await known(600, 'renamed');
    appendFileSync(path, lines(601, 650));
    copyFileSync(path, `${path}.2`);
    truncateSync(path);
    appendFileSync(path, lines(651, 700));
    await known(700, 'copied and cut');
    await until(
      'that is written down',
      () => existsSync(state) && readFileSync(state, 'utf8').includes('"line":50,'),
    );
    appendFileSync(path, lines(701, 800));
    await first.abandon();
    appendFileSync(path, lines(801, 900));
    renameSync(path, `${path}.3`);
    writeFileSync(path, lines(901, 1000));
    const second = follow(t, args);
    await known(1000, 'killed, rotated, started again');
    t.notMatch(second.stderr, /is gone/);
    t.equal((await second.stop()).exitCode, 0);
    const { position, line: read } = JSON.parse(readFileSync(state, 'utf8'));
    t.same([position, read], [readFileSync(path).length, 100], 'a clean end remembers everything');
    const twice = (await collector.countFlows()) - 1000;
    t.ok(twice <= 100, `${twice} were told twice: only what was not written down when it was killed`);
    await collector.stop();
  },
);
