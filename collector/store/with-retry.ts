import { BackOff, type BackOffOptions } from './back-off.ts';
import { classifyStoreError, describeStoreError } from './store-error.ts';

export interface RetryOptions extends BackOffOptions {
  /** A server that answers, but says `not now`, is asked again for so long. One that is away is waited for. */
  readonly patienceMs?: number;
}

/**
 * Repeats `attempt` with growing pauses while the error is a passing one; throws the error that is not, or that needs an
 * operator, or the last one before `signal` was aborted.
 */
export const withRetry = async <Result>(
  attempt: () => Promise<Result>,
  options: RetryOptions = {},
): Promise<Result> => {
  const { patienceMs = 300_000, signal } = options;
  const backOff = new BackOff(options);
  let overloadedSince: number | undefined;
  for (;;) {
    try {
      const result = await attempt();
      backOff.succeeded();
      return result;
    } catch (error) {
      const kind = classifyStoreError(error);
      const now = performance.now();
      overloadedSince = kind === 'overloaded' ? (overloadedSince ?? now) : undefined;
      const patienceIsOver = overloadedSince !== undefined && now - overloadedSince > patienceMs;
      const isPassing = kind === 'away' || kind === 'overloaded';
      if (!isPassing || patienceIsOver || signal?.aborted) throw error;
      await backOff.pause(describeStoreError(error), kind);
    }
  }
};
