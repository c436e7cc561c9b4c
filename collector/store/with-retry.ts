import { setTimeout as sleep } from 'node:timers/promises';
import { classifyStoreError, describeStoreError } from './store-error.ts';

const firstDelayMs = 200;
const slowestDelayMs = 10_000;

export interface RetryOptions {
  /** A server that answers, but says `not now`, is asked again for so long. One that is away is waited for. */
  readonly patienceMs?: number;
  /** Aborted: no further attempt is made. */
  readonly signal?: AbortSignal;
  /** Before each wait: what went wrong. After the success that ends it: undefined. */
  readonly onTrouble?: (problem: string | undefined) => void;
}

/** Repeats `attempt` with growing pauses while the error is a passing one; throws the error that is not, or the last one. */
export const withRetry = async <Result>(
  attempt: () => Promise<Result>,
  options: RetryOptions = {},
): Promise<Result> => {
  const { patienceMs = 300_000, signal, onTrouble } = options;
  let delayMs = firstDelayMs;
  let overloadedSince: number | undefined;
  for (let failures = 0; ; failures++) {
    try {
      const result = await attempt();
      if (failures > 0) onTrouble?.(undefined);
      return result;
    } catch (error) {
      const kind = classifyStoreError(error);
      const now = performance.now();
      overloadedSince = kind === 'overloaded' ? (overloadedSince ?? now) : undefined;
      const patienceIsOver = overloadedSince !== undefined && now - overloadedSince > patienceMs;
      if (kind === 'permanent' || patienceIsOver || signal?.aborted) throw error;
      onTrouble?.(describeStoreError(error));
      await sleep(delayMs, undefined, signal ? { signal } : {}).catch(() => undefined);
      delayMs = Math.min(2 * delayMs, slowestDelayMs);
    }
  }
};
