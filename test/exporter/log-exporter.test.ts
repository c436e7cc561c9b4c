import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { readIpfixHeader } from '../../shared/protocol/ipfix.ts';
import { viewOf } from '../support/capture-builder.ts';
import { closedLoopbackUrl, openLoopbackCollector } from '../support/loopback-collector.ts';
import { builtCli, cleanEnvironment, runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

const line = (port: number): string =>
  `[1700000000.500000]\t[DESTROY] tcp      6 src=192.0.2.1 dst=198.51.100.2 sport=${port} dport=443 packets=5 bytes=500 ` +
  `src=198.51.100.2 dst=192.0.2.1 sport=443 dport=${port} packets=4 bytes=4000 [ASSURED] id=${port}\n`;
const listed = line(9)
  .replace(/^.*\] tcp/, 'tcp')
  .replace('tcp      6', 'tcp      6 431999 ESTABLISHED');

const pathOf = (t: Test): string => join(t.testdir(), 'log');
const run = (...args: readonly string[]) => runCli(['export', 'ulogd', ...args]);
const ports = (stdout: string): number[] =>
  stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => (JSON.parse(text) as { src_port: number }).src_port);

t.test('a log is read to its end, and what came of it is said', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, `${line(1)}words\n${line(2)}more words\n${listed}`);
  utimesSync(path, 1_600_000_000, 1_600_000_000);
  const { exitCode, stdout, stderr } = await run(path, '--print', 'json', '--zone', 'UTC');
  t.equal(exitCode, 0);
  t.same(ports(stdout), [1, 2, 9]);
  t.match(JSON.parse(stdout.split('\n')[2] ?? ''), { event: 'interim', timestamp: /^2020-09-1[23]T/ });
  t.match(
    stderr,
    /exports connections\n {2}observing {2}\/.*log\n {2}metering {3}new, update, destroy, and listings; times without a zone are of UTC\n/,
  );
  t.match(stderr, /warn {2}line 2: .*; more of them are counted\n/);
  t.notMatch(stderr, /line 4:/);
  t.match(stderr, /1 line had no time: that when the log was written was taken/);
  t.match(stderr, /metered 2 flows, 1 listed connection of 5 lines, .* other=0 not_understood=2 denied=0/);
});

t.test('records go to a collector, and all of them arrive', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, gzipSync(Array.from({ length: 5000 }, (_, n) => line(n + 1)).join('')));
  const collector = await openLoopbackCollector();
  t.teardown(() => collector.close());
  const { exitCode, stderr } = await run(path, '--to', collector.url.name, '--max-rate', '2000');
  t.equal(exitCode, 0);
  t.match(stderr, /: 5000 records in \d+ datagrams, .*; none lost/);
  const last = collector.got.at(-1);
  t.ok(last && readIpfixHeader(viewOf(last), 0).sequence > 4500, 'RFC 7011 3.1: records before it');
});

t.test('a log that is damaged is exported as far as it goes, with exit status 1', async (t) => {
  const path = pathOf(t);
  const packed = gzipSync(
    `${line(1)}${Array.from({ length: 3000 }, () => line(Math.ceil(Math.random() * 9999))).join('')}`,
  );
  writeFileSync(path, packed.subarray(0, packed.length - 100));
  const { exitCode, stdout, stderr } = await run(path, '--print', 'json');
  t.equal(exitCode, 1);
  t.equal(ports(stdout)[0], 1);
  t.match(stderr, /error .*the gzip file is damaged or cut off/);
});

t.test('with --state each run goes on where the one before ended', async (t) => {
  const path = pathOf(t);
  const args = [path, '--print', 'json', '--state', join(t.testdirName, 'state')];
  writeFileSync(path, `${line(1)}${line(2)}${line(3).slice(0, 50)}`);
  t.same(ports((await run(...args)).stdout), [1, 2]);
  appendFileSync(path, line(3).slice(50));
  appendFileSync(path, 'words\n');
  const second = await run(...args);
  t.same(ports(second.stdout), [3]);
  t.match(second.stderr, /line 4: /, 'lines are counted from the start of the file');
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, line(4));
  writeFileSync(path, line(5));
  t.same(ports((await run(...args)).stdout), [4, 5]);
  const { stdout, stderr } = await run(...args);
  t.equal(stdout, '');
  t.match(stderr, /metered nothing of 0 lines/);
  t.match(JSON.parse(readFileSync(args[4] ?? '', 'utf8')), { path, position: line(5).length, line: 1 });
  writeFileSync(`${path}-other`, line(6));
  const other = await run(`${path}-other`, ...args.slice(1));
  t.equal(other.exitCode, 2);
  t.match(other.stderr, /^flowledger: --state .*: it is the position in .*\/log, and not in .*\/log-other\n/);
});

t.test('what makes no sense together is refused', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, line(1));
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await run(...args, '--print', 'log');
    return `${exitCode} ${stderr}`;
  };
  t.match(
    await refusal(path, '--from-end'),
    /^2 flowledger: --from-end leaves nothing to read without --follow/,
  );
  t.match(await refusal('-', '--follow'), /^2 flowledger: standard input is read as it comes/);
  t.match(
    await refusal(path, '--state', '/nowhere/state'),
    /^2 flowledger: --state \/nowhere\/state: ENOENT/,
  );
  t.match(await refusal(`${path}.none`), /^2 flowledger: .*: there is no such file/);
});

t.test('aggregates of an old log are whole', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, `${line(1)}${line(2)}${line(3)}`);
  const { stdout } = await run(path, '--print', 'json', '--aggregate');
  t.match(
    stdout.split('\n').map((text) => text && JSON.parse(text)),
    [{ event: 'aggregate', flows: 3 }, ''],
  );
});

t.test('another kind of log is exit status 1', async (t) => {
  const path = pathOf(t);
  const statusOf = async (text: string, ...args: readonly string[]) => {
    writeFileSync(path, text);
    const { exitCode, stderr } = await run(path, '--print', 'log', ...args);
    return `${exitCode} ${/nothing in it can be understood as a log of ulogd/.test(stderr)}`;
  };
  t.equal(await statusOf('words\n\nmore words\n'), '1 true');
  t.equal(await statusOf(`words\nmore words\n${line(1)}`), '0 false');
  t.equal(await statusOf(`words\n${line(1)}`, '--events', 'new'), '0 false', 'nothing was asked for');
  t.equal(await statusOf('\n\nwords\n'), '0 false');
  t.equal(await statusOf('words\n', '--state', `${path}.state`), '0 false', 'a line of many');
  t.equal(await statusOf(''), '0 false');
});

t.test('what was not sent is sent by the next run', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, line(1) + line(2));
  const state = `${path}.state`;
  const closed = await closedLoopbackUrl();
  const { exitCode, stderr } = await run(path, '--to', closed.name, '--state', state);
  t.equal(exitCode, 1);
  t.match(stderr, /2 records not sent\n.*error not all records were sent, so --state stays where it was/);
  t.match(JSON.parse(readFileSync(state, 'utf8')), { position: 0, line: 0 });
  t.same(ports((await run(path, '--print', 'json', '--state', state)).stdout), [1, 2]);
  const plain = await run(path, '--to', closed.name);
  t.equal(plain.exitCode, 1);
  t.notMatch(plain.stderr, /--state/);
});

t.test('a log that is followed waits for its collector', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, '');
  const state = `${path}.state`;
  const args = [path, '--follow', '--state', state, '--to', (await closedLoopbackUrl()).name];
  const child = spawn(process.execPath, [builtCli, 'export', 'ulogd', ...args], { env: cleanEnvironment() });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until('the refusal', () => said.includes('refuses'));
  appendFileSync(path, line(1));
  await until('nothing is read', () => said.includes('no collector takes records: reading waits'));
  child.kill('SIGTERM');
  const [exitCode] = await once(child, 'exit');
  t.equal(exitCode, 0);
  t.match(said, /metered nothing of 0 lines/);
  t.match(JSON.parse(readFileSync(state, 'utf8')), { position: 0 });
  t.same(ports((await run(path, '--print', 'json', '--state', state)).stdout), [1]);
});
