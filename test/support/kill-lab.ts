/** Kills collector and ClickHouse at seeded random moments under a steady stream of numbered flows, and proves what is left. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { CrashLab } from './crash-lab.ts';
import { findRollupFaults, findViewFaults, makeSumsView, noFaults } from './ledger-check.ts';
import { startSender } from './running-sender.ts';
import { SeededRandom } from './seeded-random.ts';
import { runSql } from './sql-client.ts';
import { until } from './until.ts';

export interface KillPlan {
  readonly seed: number;
  /** It goes on until there were so many of each, and so many minutes have passed. */
  readonly collectorKills: number;
  readonly serverKills: number;
  readonly minutes: number;
  readonly flowsPerSecond: number;
}

/** What died with what is drawn anew each time, so that all orders come up. */
const killOnce = async (lab: CrashLab, random: SeededRandom, plan: KillPlan): Promise<void> => {
  const wantsServer = lab.serverKills < plan.serverKills || random.chance(0.3);
  const alone = wantsServer && random.chance(0.4);
  if (wantsServer) lab.killEmbedded();
  if (alone) {
    // The collector lives on, and is killed while it catches up.
    await sleep(random.between(0, 1500));
    if (random.chance(0.3)) return;
  }
  await lab.kill();
};

const oneLife = async (lab: CrashLab, random: SeededRandom, plan: KillPlan): Promise<void> => {
  lab.launch();
  if (random.chance(0.25)) {
    // Killed while it starts, while it recovers, or just after.
    await sleep(random.between(100, 1500));
    await lab.kill();
    return;
  }
  await lab.listening();
  await sleep(random.between(0, 1800));
  await killOnce(lab, random, plan);
};

/** Runs the plan; returns what it did, for people. Assertions are those of `t`. */
export const runKillLab = async (t: Test, plan: KillPlan): Promise<string> => {
  const random = new SeededRandom(plan.seed);
  const lab = await CrashLab.open(t);
  await lab.start();
  await runSql(lab.target, ...makeSumsView('sums'));
  const sender = startSender(t, { port: lab.port, flowsPerSecond: plan.flowsPerSecond });
  await until('the first flows are stored', async () => (await lab.countFlows()) > 0);
  await lab.kill();
  const endMs = performance.now() + plan.minutes * 60_000;
  while (
    lab.collectorKills < plan.collectorKills ||
    lab.serverKills < plan.serverKills ||
    performance.now() < endMs
  ) {
    await oneLife(lab, random, plan);
    if (lab.collector.isRunning) await lab.kill();
  }
  await lab.start();
  const sent = await sender.stop();
  // An end in order in the midst of catching up, and a last life that finishes the work.
  await lab.stop();
  await lab.start();
  const truth = await lab.settle();
  await lab.stop();
  await lab.start();
  const gaps = lab.explainGaps(truth, sent, 2000);
  t.ok(truth.book.count > 0, `seed ${plan.seed}`);
  t.equal(truth.notIncreasing, 0, 'times and positions of the journal only grow');
  t.equal(truth.book.doubled, 0, 'nothing is journaled twice');
  t.same(await lab.faults(truth), noFaults, 'every journaled flow is there exactly once, as it was sent');
  t.same(await findViewFaults(lab.target, 'sums'), [], 'the sums of a view are those of the flows');
  // The last window is made when nothing has come for a while.
  const rolledUp = async (): Promise<boolean> => (await findRollupFaults(lab.target)).length === 0;
  await until('the rollups have what the flows have', rolledUp, 90_000);
  t.same(gaps.outside, [], 'what was not journaled was sent while the collector was down, or just before');
  await lab.stop();
  const text = `${lab.collectorKills} kills of the collector, ${lab.serverKills} of ClickHouse; ${gaps.text}; peak memory ${lab.peakBytes >> 20} MiB`;
  t.comment(text);
  return text;
};
