import { setTimeout as pass } from 'node:timers/promises';
import type { StoreErrorKind } from './store-error.ts';

const firstDelayMs = 200;
/** Who is away costs nothing when he is asked, and what waits for him grows: one wants to know soon that he is back. */
const slowestWhileAwayMs = 1000;
const slowestDelayMs = 10_000;

export interface BackOffOptions {
  /** Lets so much time pass; the real one when it is left out. */
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** Aborted: pauses end at once. */
  readonly signal?: AbortSignal;
  /** Before a pause: what went wrong; once pauses grow no longer, about every ten seconds. After the success that ends the trouble: undefined. */
  readonly onTrouble?: (problem: string | undefined) => void;
}

/** Pauses between attempts, each twice as long as the one before up to a limit, until there is a success. */
export class BackOff {
  readonly #options: BackOffOptions;
  #delayMs = firstDelayMs;
  #troubled = false;
  /** Since trouble was told. */
  #silentMs = 0;

  constructor(options: BackOffOptions = {}) {
    this.#options = options;
  }

  async pause(problem: string, kind: StoreErrorKind = 'away'): Promise<void> {
    const { signal, sleep = (ms) => pass(ms, undefined, signal ? { signal } : {}) } = this.#options;
    const slowestMs = kind === 'away' ? slowestWhileAwayMs : slowestDelayMs;
    const delayMs = Math.min(this.#delayMs, slowestMs);
    this.#delayMs = Math.min(2 * delayMs, slowestMs);
    if (delayMs < slowestMs || this.#silentMs >= slowestDelayMs) this.#tell(problem);
    this.#silentMs += delayMs;
    await sleep(delayMs).catch(() => undefined);
  }

  succeeded(): void {
    this.#delayMs = firstDelayMs;
    if (this.#troubled) this.#options.onTrouble?.(undefined);
    this.#troubled = false;
  }

  #tell(problem: string): void {
    this.#troubled = true;
    this.#silentMs = 0;
    this.#options.onTrouble?.(problem);
  }
}
