import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { readIpfixHeader } from '../../shared/protocol/ipfix.ts';
import { readNetflow9Header } from '../../shared/protocol/netflow9.ts';
import { viewOf } from '../support/capture-builder.ts';
import { openLoopbackCollector } from '../support/loopback-collector.ts';
import { builtCli, cleanEnvironment, runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type TrafficFlow, trafficCapture } from '../support/traffic-capture.ts';
import { until } from '../support/until.ts';

const startMs = Date.UTC(2024, 0, 2, 3, 4, 5);
const flow = (more: Partial<TrafficFlow>): TrafficFlow => ({
  src: '10.0.0.2',
  dst: '192.0.2.80',
  srcPort: 40_000,
  dstPort: 443,
  proto: 'udp',
  packets: 3,
  payloadBytes: 100,
  startMs,
  everyMs: 500,
  ...more,
});
const traffic = [
  flow({}),
  flow({ srcPort: 40_001, packets: 5 }),
  flow({ src: 'fd00::2', dst: '2001:db8::80', dstPort: 53 }),
];

const captureFile = (t: Test, bytes: Uint8Array = trafficCapture(traffic)): string => {
  const path = join(temporaryDirectory(t), 'traffic.pcap');
  writeFileSync(path, bytes);
  return path;
};

interface Printed {
  readonly src_ip: string;
  readonly src_port: number;
  readonly packets: number;
  readonly bytes: number;
  readonly end_reason: string;
}
const printed = (stdout: string): Printed[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Printed);

/** What is exported to a socket of ours. */
const exportTo = async (t: Test, args: (url: string) => readonly string[]) => {
  const collector = await openLoopbackCollector();
  t.teardown(() => collector.close());
  const ended = await runCli(['export', 'pcap', ...args(collector.url.name)]);
  return { ended, messages: collector.got };
};

t.test('a capture becomes records', async (t) => {
  const { exitCode, stdout, stderr } = await runCli(['export', 'pcap', captureFile(t), '--print', 'json']);
  t.equal(exitCode, 0);
  t.same(
    printed(stdout)
      .map(({ src_ip, src_port, packets, bytes }) => [src_ip, src_port, packets, bytes])
      .sort(),
    [
      ['10.0.0.2', 40_000, 3, 3 * 128],
      ['10.0.0.2', 40_001, 5, 5 * 128],
      ['fd00::2', 40_000, 3, 3 * 148],
    ],
  );
  t.match(stderr, /metered 3 flows, 3 records of 11 packets/);
});

t.test('standard input, and gzip', async (t) => {
  const file = captureFile(t, gzipSync(trafficCapture(traffic)));
  const { stdout } = await runCli(['export', 'pcap', file, '--print', 'json']);
  t.equal(printed(stdout).length, 3);
  const empty = await runCli(['export', 'pcap', '-', '--print', 'json'], { input: 'this is no capture' });
  t.equal(empty.exitCode, 1);
  t.match(empty.stderr, /standard input: this is no capture/);
});

t.test('a gzip that is cut off before its first octet', async (t) => {
  const file = captureFile(t, gzipSync(trafficCapture(traffic)).subarray(0, 12));
  const { exitCode, stderr } = await runCli(['export', 'pcap', file, '--print', 'json']);
  t.equal(exitCode, 1);
  t.match(stderr, /damaged or cut off/);
  t.notMatch(stderr, /^ {4}at /m, 'no stack trace');
});

t.test('a source that is open already does not keep a command that cannot start', async (t) => {
  const input = Buffer.from(trafficCapture(traffic)).toString('latin1');
  const { exitCode, signal } = await runCli(['export', 'pcap', '-', '--to', 'tcp://x:1'], { input });
  t.same([exitCode, signal], [2, null]);
});

t.test('a capture that is cut off: what was read is exported, then the place is said', async (t) => {
  const whole = trafficCapture(traffic);
  const file = captureFile(t, whole.subarray(0, whole.length - 10));
  const { exitCode, stdout, stderr } = await runCli(['export', 'pcap', file, '--print', 'json']);
  t.equal(exitCode, 1);
  t.equal(
    printed(stdout).reduce((sum, record) => sum + record.packets, 0),
    10,
  );
  t.match(stderr, /traffic\.pcap: the capture was cut off: it ends inside a packet \(at octet \d+\)/);
});

t.test('IPFIX to a collector: Messages of our time, not larger than the MTU allows', async (t) => {
  const many = Array.from({ length: 200 }, (_, i) => flow({ srcPort: 1000 + i }));
  const file = captureFile(t, trafficCapture(many));
  const { ended, messages } = await exportTo(t, (url) => [file, '--to', url, '--mtu', '600']);
  t.equal(ended.exitCode, 0);
  t.match(ended.stderr, /200 records in \d+ datagrams.*none lost/);
  t.ok(messages.length > 20);
  t.ok(messages.every((message) => message.length <= 600 - 28));
  const header = readIpfixHeader(viewOf(messages.at(-1) ?? Buffer.alloc(16)), 0);
  t.ok(Math.abs(header.exportSeconds - Date.now() / 1000) < 60);
});

t.test(
  'NetFlow v9: the clock of the headers is that of the capture, so uptimes mean its times',
  async (t) => {
    const { ended, messages } = await exportTo(t, (url) => [
      captureFile(t),
      '--to',
      url,
      '--protocol',
      'netflow9',
    ]);
    t.equal(ended.exitCode, 0);
    const headers = messages.map((message) => readNetflow9Header(viewOf(message), 0));
    t.ok(headers.every(({ exportSeconds }) => Math.abs(exportSeconds - startMs / 1000) < 10));
    t.same(
      headers.map(({ sequence }) => sequence),
      headers.map((_, i) => i),
    );
  },
);

t.test('sampling, sums and rules', async (t) => {
  const file = captureFile(t);
  const sampled = await runCli(['export', 'pcap', file, '--print', 'json', '--sampling', '11']);
  t.equal(printed(sampled.stdout).length, 1);
  const denied = await runCli(['export', 'pcap', file, '--print', 'json', '--deny', 'fd00::/8']);
  t.same(
    printed(denied.stdout).map(({ src_ip }) => src_ip),
    ['10.0.0.2', '10.0.0.2'],
  );
  const summed = await runCli(['export', 'pcap', file, '--print', 'json', '--aggregate']);
  t.same(
    printed(summed.stdout).map(({ packets }) => packets),
    [8, 3],
  );
});

t.test('active and idle timeout by the time of the capture', async (t) => {
  const slow = captureFile(t, trafficCapture([flow({ packets: 10, everyMs: 10_000 })]));
  const active = await runCli(['export', 'pcap', slow, '--print', 'json', '--active', '25s', '--idle', '1h']);
  const reasons = printed(active.stdout).map(({ end_reason }) => end_reason);
  t.same(reasons, ['active', 'active', 'active', 'forced']);
  const idle = await runCli(['export', 'pcap', slow, '--print', 'json', '--active', '0', '--idle', '5s']);
  t.equal(printed(idle.stdout).length, 10);
});

t.test('a full disk is said, and is no success', { skip: !existsSync('/dev/full') }, async (t) => {
  const args = [builtCli, 'export', 'pcap', captureFile(t), '--print', 'json'];
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const child = spawn(process.execPath, args, { env: cleanEnvironment(), stdio: ['ignore', full, 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [exitCode] = await once(child, 'close');
  t.equal(exitCode, 1);
  t.match(said, /standard output: ENOSPC/);
});

t.test('a named pipe whose writer stays does not hold a signal', async (t) => {
  const path = join(temporaryDirectory(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const writer = openSync(path, 'r+');
  t.teardown(() => closeSync(writer));
  writeSync(writer, trafficCapture([flow({ packets: 10, everyMs: 10_000 })]));
  const args = [builtCli, 'export', 'pcap', path, '--print', 'json', '--active', '25s', '--idle', '1h'];
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  await until('the first records are printed', () => stdout !== '');
  child.kill('SIGTERM');
  t.same(await once(child, 'close'), [0, null]);
  t.same(
    printed(stdout).map(({ end_reason }) => end_reason),
    ['active', 'active', 'active', 'forced'],
  );
});

t.test('a reader that goes away ends it', async (t) => {
  const many = Array.from({ length: 20_000 }, (_, i) =>
    flow({ srcPort: i, packets: 1, startMs: startMs + 60_000 * i }),
  );
  const args = [builtCli, 'export', 'pcap', captureFile(t, trafficCapture(many)), '--print', 'json'];
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [exitCode] = await once(child, 'exit');
  t.equal(exitCode, 0);
});
