/**
 * What takes too long for every run of the tests: `npm run soak -- [--minutes 10] [--outage 60] [--datagrams 1000000] [--seed 1]`.
 * Collector and ClickHouse are killed for so many minutes, ClickHouse is away for so many seconds, and damaged input is read.
 */

import { parseArgs } from 'node:util';
import t, { type Test } from 'tap';
import { runKillLab } from '../support/kill-lab.ts';
import { runOutageLab } from '../support/outage-lab.ts';
import { hasPeers } from '../support/peers.ts';
import { fuzzDecoder } from './fuzz-decoder.ts';
import { fuzzCommitLog, fuzzSegments } from './fuzz-journal.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { minutes: text, outage: text, datagrams: text, seed: text } });
const minutes = Number(values.minutes ?? 10);
const outageSeconds = Number(values.outage ?? 60);
const datagrams = Number(values.datagrams ?? 1_000_000);
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
const damagedFiles = 20_000;
const flowsPerSecond = 50_000;

const lines: string[] = [];
const part = (name: string, run: (t: Test) => string | Promise<string>): Promise<unknown> =>
  t.test(name, { timeout: 0 }, async (t) => {
    const startedMs = performance.now();
    const what = hasPeers(t, 'chdb') ? await run(t) : 'skipped';
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    lines.push(
      `${name.padEnd(14)} ${`${seconds} s`.padStart(7)}  ${t.passing() ? 'passed' : 'FAILED'}  ${what}`,
    );
  });

t.setTimeout(0);
await part('kill', (t) =>
  runKillLab(t, { seed, collectorKills: 20, serverKills: 10, minutes, flowsPerSecond: 5000 }),
);
await part('outage', (t) => runOutageLab(t, { seconds: outageSeconds, flowsPerSecond, how: 'kill' }));
await part('frozen', (t) => runOutageLab(t, { seconds: outageSeconds, flowsPerSecond, how: 'freeze' }));
await part('decoder', (t) => fuzzDecoder(t, seed, datagrams));
await part('journal', (t) => fuzzSegments(t, seed, damagedFiles));
await part('commit log', (t) => fuzzCommitLog(t, seed, damagedFiles));
for (const line of [`seed ${seed}`, ...lines]) t.comment(line);
