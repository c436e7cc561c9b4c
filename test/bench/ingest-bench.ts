/** UDP on loopback to rows in the embedded ClickHouse, beside nfcapd on the same machine, in the same run. */

import { type CollectorResult, runCollector } from './collector-run.ts';
import { type BaselineResult, runNfcapd } from './nfcapd-baseline.ts';
import { withReceiveMemory } from './receive-memory.ts';
import type { SenderOptions, UdpSender } from './udp-sender.ts';

const receiveBufferBytes = 32 << 20;
const stepSeconds = 10;
const lagSeconds = 2;
/** A sender that fell behind shows that the machine, not the collector, was the limit. */
const leastShareSent = 0.97;

type Load = Omit<SenderOptions, 'port'>;
type Result = CollectorResult | BaselineResult;

const lagOf = (result: Result): number => ('lagSeconds' in result ? result.lagSeconds : 0);

const held = (result: Result, rate: number): boolean =>
  result.lostRecords === 0 && lagOf(result) <= lagSeconds && result.flowsPerSecond > leastShareSent * rate;

/** The highest rate, in steps of 15 %, that is held for `seconds`; short steps find the neighbourhood. */
export const findRate = async <R extends Result>(
  run: (flowsPerSecond: number, seconds: number) => Promise<R>,
  startRate: number,
  seconds: number,
  report: (line: string) => void,
): Promise<{ readonly rate: number; readonly result: R }> => {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let rate = startRate;
  while (high - low > 0.1 * low) {
    const result = await run(rate, stepSeconds);
    report(
      `${rate} flows/s for ${stepSeconds} s: lost ${result.lostRecords}, lag ${lagOf(result).toFixed(1)} s`,
    );
    if (held(result, rate)) low = rate;
    else high = rate;
    rate = Math.round(high === Number.POSITIVE_INFINITY ? 1.5 * low : (low + high) / 2);
    if (high < 50_000) throw new Error('not even 50,000 flows/s were held');
  }
  for (rate = low; ; rate = Math.round(0.85 * rate)) {
    const result = await run(rate, seconds);
    report(`${rate} flows/s for ${seconds} s: lost ${result.lostRecords}, lag ${lagOf(result).toFixed(1)} s`);
    if (held(result, rate)) return { rate, result };
  }
};

export interface IngestResult {
  readonly ours: { readonly rate: number; readonly result: CollectorResult };
  readonly nfcapd: { readonly rate: number; readonly result: BaselineResult };
  /** nfcapd at our rate: the same load for both. */
  readonly nfcapdAtOurRate: BaselineResult;
}

export const benchIngest = (
  sender: UdpSender,
  how: SenderOptions['how'],
  seconds: number,
  report: (line: string) => void,
): Promise<IngestResult> =>
  withReceiveMemory(receiveBufferBytes, async () => {
    const load = (flowsPerSecond: number, forSeconds: number): Load => ({
      flowsPerSecond,
      seconds: forSeconds,
      ...(how === undefined ? {} : { how }),
    });
    const nfcapd = await findRate(
      (rate, s) => runNfcapd(sender, load(rate, s)),
      1_500_000,
      seconds,
      (line) => report(`nfcapd      ${line}`),
    );
    const ours = await findRate(
      (rate, s) => runCollector(sender, load(rate, s), 19_995),
      500_000,
      seconds,
      (line) => report(`flowledger  ${line}`),
    );
    const nfcapdAtOurRate = await runNfcapd(sender, load(ours.rate, stepSeconds));
    return { ours, nfcapd, nfcapdAtOurRate };
  });
