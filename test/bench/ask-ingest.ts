/** What the rollups cost while flows come in: the real collector with and without them, under the same load in turns, and the rates that are held. */

import { setTimeout } from 'node:timers/promises';
import { type AskDatabase, type CollectorResult, runCollector } from './collector-run.ts';
import { findRate } from './ingest-bench.ts';
import { withReceiveMemory } from './receive-memory.ts';
import type { SenderOptions, UdpSender } from './udp-sender.ts';

const receiveBufferBytes = 32 << 20;
const port = 19_996;
/** When nothing more comes, the keeper takes what is left after 20 s; what lasts longer than this is behind. */
const patienceSeconds = 120;

export interface RollupCost {
  /** CPU microseconds a flow, medians. */
  readonly collector: number;
  readonly clickHouse: number;
  readonly lostRecords: number;
  readonly lagSeconds: number;
  /** From the last flow stored until it was in all rollups that do not wait for the end of an hour. */
  readonly rollupSeconds: number;
}

export interface AskIngest {
  readonly flowsPerSecond: number;
  readonly with: RollupCost;
  readonly without: RollupCost;
  readonly rateWith: number;
  readonly rateWithout: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Resolves to the seconds that it took until the rollups have all that is in `flows`. */
const waitForRollups = async (ask: AskDatabase): Promise<number> => {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const query = `SELECT min(until) > (SELECT max(received) FROM flows) AS done FROM rollups FINAL
WHERE rollup IN ('flows_1m', 'host_activity', 'nat_log', 'connections') HAVING count() = 4`;
  while (seconds() < patienceSeconds) {
    const [row] = await ask<{ done: number }>(query);
    if (row?.done === 1) break;
    await setTimeout(500);
  }
  return seconds();
};

interface Run {
  readonly result: CollectorResult;
  readonly rollupSeconds: number;
}

const runOnce = async (
  sender: UdpSender,
  load: Omit<SenderOptions, 'port'>,
  hasRollups: boolean,
): Promise<Run> => {
  let rollupSeconds = 0;
  const result = await runCollector(sender, load, port, hasRollups ? [] : ['--no-rollups'], async (ask) => {
    if (hasRollups) rollupSeconds = await waitForRollups(ask);
  });
  return { result, rollupSeconds };
};

const toCost = (runs: readonly Run[]): RollupCost => {
  const of = (read: (run: Run) => number): number => median(runs.map(read));
  return {
    collector: of(({ result }) => result.collector),
    clickHouse: of(({ result }) => result.clickHouse),
    lostRecords: Math.max(...runs.map(({ result }) => result.lostRecords)),
    lagSeconds: of(({ result }) => result.lagSeconds),
    rollupSeconds: of((run) => run.rollupSeconds),
  };
};

export const benchAskIngest = (
  sender: UdpSender,
  load: Omit<SenderOptions, 'port'>,
  turns: number,
  report: (line: string) => void,
): Promise<AskIngest> =>
  withReceiveMemory(receiveBufferBytes, async () => {
    const runs = { on: [] as Run[], off: [] as Run[] };
    for (let turn = 0; turn < turns; turn++) {
      for (const name of ['off', 'on'] as const) {
        const run = await runOnce(sender, load, name === 'on');
        runs[name].push(run);
        const { collector, clickHouse, lostRecords, lagSeconds } = run.result;
        report(
          `rollups ${name}: collector ${collector.toFixed(3)}, ClickHouse ${clickHouse.toFixed(3)} us a flow, lost ${lostRecords}, lag ${lagSeconds.toFixed(1)} s, rollups ${run.rollupSeconds.toFixed(0)} s behind`,
        );
      }
    }
    const rateOf = async (hasRollups: boolean): Promise<number> => {
      const name = hasRollups ? 'with rollups' : 'without';
      const held = await findRate(
        async (flowsPerSecond, seconds) =>
          (await runOnce(sender, { ...load, flowsPerSecond, seconds }, hasRollups)).result,
        load.flowsPerSecond,
        load.seconds,
        (line) => report(`${name}  ${line}`),
      );
      return held.rate;
    };
    return {
      flowsPerSecond: load.flowsPerSecond,
      with: toCost(runs.on),
      without: toCost(runs.off),
      rateWithout: await rateOf(false),
      rateWith: await rateOf(true),
    };
  });
