import { setTimeout as sleep } from 'node:timers/promises';

const firstDelayMs = 200;
const slowestDelayMs = 10_000;

export interface BackOffOptions {
  /** Aborted: pauses end at once. */
  readonly signal?: AbortSignal;
  /** Before each pause: what went wrong. After the success that ends the trouble: undefined. */
  readonly onTrouble?: (problem: string | undefined) => void;
}

/** Pauses between attempts, each twice as long as the one before, until there is a success. */
export class BackOff {
  readonly #options: BackOffOptions;
  #delayMs = firstDelayMs;
  #troubled = false;

  constructor(options: BackOffOptions = {}) {
    this.#options = options;
  }

  async pause(problem: string): Promise<void> {
    const { signal, onTrouble } = this.#options;
    this.#troubled = true;
    onTrouble?.(problem);
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(2 * delayMs, slowestDelayMs);
    await sleep(delayMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }

  succeeded(): void {
    this.#delayMs = firstDelayMs;
    if (this.#troubled) this.#options.onTrouble?.(undefined);
    this.#troubled = false;
  }
}
