/** What the journal costs: the collector with and without it, in turns, under the same load. */

import { type CollectorResult, runCollector } from './collector-run.ts';
import { withReceiveMemory } from './receive-memory.ts';
import type { SenderOptions, UdpSender } from './udp-sender.ts';

const receiveBufferBytes = 32 << 20;

export interface JournalCost {
  readonly flowsPerSecond: number;
  /** Medians over the turns. */
  readonly with: Cost;
  readonly without: Cost;
  /** More CPU a flow in the collector, as a part of what it takes without. */
  readonly part: number;
}

interface Cost {
  readonly collector: number;
  readonly receive: number;
  readonly ledger: number;
  readonly otherThreads: number;
  readonly clickHouse: number;
  readonly lostRecords: number;
  readonly lagSeconds: number;
  readonly residentMiB: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const costOf = (results: readonly CollectorResult[]): Cost => {
  const of = (read: (result: CollectorResult) => number): number => median(results.map(read));
  return {
    collector: of((r) => r.collector),
    receive: of((r) => r.receive),
    ledger: of((r) => r.decodeAndInsert),
    otherThreads: of((r) => r.otherThreads),
    clickHouse: of((r) => r.clickHouse),
    lostRecords: Math.max(...results.map((r) => r.lostRecords)),
    lagSeconds: of((r) => r.lagSeconds),
    residentMiB: Math.max(...results.map((r) => r.residentMiB.most)),
  };
};

export const benchJournal = (
  sender: UdpSender,
  load: Omit<SenderOptions, 'port'>,
  turns: number,
  report: (line: string) => void,
): Promise<JournalCost> =>
  withReceiveMemory(receiveBufferBytes, async () => {
    const results = { on: [] as CollectorResult[], off: [] as CollectorResult[] };
    for (let turn = 0; turn < turns; turn++) {
      for (const name of ['off', 'on'] as const) {
        const result = await runCollector(sender, load, 19_995, name === 'off' ? ['--journal', 'off'] : []);
        results[name].push(result);
        const { collector, receive, otherThreads, lostRecords, lagSeconds } = result;
        report(
          `journal ${name}: ${result.flowsPerSecond} flows/s, ${collector.toFixed(3)} us a flow (receive ${receive.toFixed(3)}, other threads ${otherThreads.toFixed(3)}), lost ${lostRecords}, lag ${lagSeconds.toFixed(1)} s`,
        );
      }
    }
    const on = costOf(results.on);
    const off = costOf(results.off);
    return {
      flowsPerSecond: load.flowsPerSecond,
      with: on,
      without: off,
      part: on.collector / off.collector - 1,
    };
  });
