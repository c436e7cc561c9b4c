/** ClickHouse goes away under a steady stream of numbered flows, and comes back: nothing is lost, nothing is there twice. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { CrashLab } from './crash-lab.ts';
import { noFaults } from './ledger-check.ts';
import { OwnServer } from './own-server.ts';
import { startSender } from './running-sender.ts';
import { until } from './until.ts';

export interface OutagePlan {
  readonly seconds: number;
  readonly flowsPerSecond: number;
  /** `kill`: connections are refused; `freeze`: they are taken, and nobody answers. */
  readonly how: 'kill' | 'freeze';
}

/** 300 MB are to be kept; the machine of a test may count a little differently. */
const mostBytes = 400e6;
const caughtUpSeconds = 2;
const catchUpWithinMs = 120_000;

interface Lag {
  readonly status: number;
  readonly seconds: number;
  readonly bytes: number;
}

const readLag = async (lab: CrashLab): Promise<Lag> => {
  const { status, body } = await lab.collector.health();
  return { status, seconds: Number(body.lag_seconds), bytes: Number(body.lag_bytes) };
};

/** Watches `/healthz` while ClickHouse is away; tells the last that it said. */
const watchOutage = async (lab: CrashLab, seconds: number): Promise<Lag> => {
  let lag: Lag = { status: 0, seconds: 0, bytes: 0 };
  for (const endMs = performance.now() + 1000 * seconds; performance.now() < endMs; await sleep(250)) {
    lag = await readLag(lab);
    lab.look();
  }
  return lag;
};

/** Returns what happened, for people. Assertions are those of `t`. */
export const runOutageLab = async (t: Test, plan: OutagePlan): Promise<string> => {
  const server = await OwnServer.start(t);
  const lab = await CrashLab.open(t, { server });
  await lab.start();
  const { flowsPerSecond } = plan;
  const sender = startSender(t, { port: lab.port, flowsPerSecond, flowsPerDatagram: 25 });
  await until('the first flows are stored', async () => (await lab.countFlows()) > 2 * flowsPerSecond);
  if (plan.how === 'kill') await server.kill();
  else server.freeze();
  const lag = await watchOutage(lab, plan.seconds);
  const backMs = performance.now();
  if (plan.how === 'kill') await server.start();
  else server.thaw();
  const before = await lab.countFlows();
  await until('it stores again', async () => (await lab.countFlows()) > before, catchUpWithinMs);
  const storingMs = performance.now();
  await until(
    'it has caught up',
    async () => (await readLag(lab)).seconds < caughtUpSeconds,
    catchUpWithinMs,
  );
  const caughtUpInSeconds = (performance.now() - storingMs) / 1000;
  const rate = ((await lab.countFlows()) - before) / caughtUpInSeconds;
  const sent = await sender.stop();
  await until('it is well again', async () => (await readLag(lab)).status === 200);
  await lab.stop();
  await lab.start();
  const truth = await lab.settle();
  t.same(await lab.faults(truth), noFaults, 'every journaled flow is there exactly once, as it was sent');
  const gaps = lab.explainGaps(truth, sent, 0);
  t.equal(gaps.lost, 0, 'all that was sent was journaled');
  if (plan.how === 'kill') t.equal(lag.status, 503, '/healthz says that something is wrong');
  t.ok(lag.seconds > plan.seconds / 2 && lag.seconds < plan.seconds + 10, `a lag of ${lag.seconds} s`);
  t.ok(lag.bytes > 20 * flowsPerSecond, `a lag of ${lag.bytes} octets`);
  t.ok(lab.peakBytes < mostBytes, `memory: ${Math.round(lab.peakBytes / 1e6)} MB`);
  const text =
    `${plan.how}: ${plan.seconds} s away at ${flowsPerSecond} flows/s; lag ${lag.seconds} s and ${(lag.bytes / 1e6).toFixed(1)} MB; ` +
    `stored again after ${((storingMs - backMs) / 1000).toFixed(1)} s, caught up in ${caughtUpInSeconds.toFixed(1)} s at ${Math.round(rate)} rows/s, ${(rate / flowsPerSecond).toFixed(1)} times what came in; ` +
    `peak memory ${Math.round(lab.peakBytes / 1e6)} MB; ${truth.book.count} flows compared`;
  t.comment(text);
  return text;
};
