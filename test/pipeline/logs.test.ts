/** A log that is written while it is read becomes rows of the ledger, whatever is done to its file. */

import { spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hasPeers } from '../support/peers.ts';
import { assertBuilt, builtCli, cleanEnvironment } from '../support/run-cli.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { RunningExporter } from '../support/running-exporter.ts';
import { until } from '../support/until.ts';

const to = (collector: RunningCollector): readonly string[] => ['--to', `udp://127.0.0.1:${collector.port}`];

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
