/**
 * The time of receipt: whole microseconds since 1970, strictly increasing, so that it names a datagram of a journal.
 * The monotonic clock gives the resolution, and the wall clock, which is in whole milliseconds only, the anchor.
 */

import { performance } from 'node:perf_hooks';

/** How long the anchor is believed: a step of the wall clock is seen after this time at the latest. */
const anchorMs = 100;

export interface ReceiptClockOptions {
  /** Milliseconds since 1970, rounded down; `Date.now`. */
  readonly wallMs?: () => number;
  /** Milliseconds with a fraction, since any time; `performance.now`. */
  readonly monotonicMs?: () => number;
  /** The times given are later than this one: the last of a journal that is continued. */
  readonly afterMicros?: number;
}

export class ReceiptClock {
  /** How far the last time given was ahead of the wall clock: more than a few only after that was put back. */
  aheadMicros = 0;
  /** How often the wall clock was seen to jump by more than a second. */
  steps = 0;

  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  #lastMicros: number;
  /** Wall time is monotonic time plus this. */
  #offsetMicros: number;
  #anchoredAtMs: number;

  constructor(options: ReceiptClockOptions = {}) {
    this.#wallMs = options.wallMs ?? Date.now;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#lastMicros = options.afterMicros ?? 0;
    this.#anchoredAtMs = this.#monotonicMs();
    this.#offsetMicros = this.#wallMs() * 1000 - this.#anchoredAtMs * 1000;
  }

  nowMicros(): number {
    const monotonicMs = this.#monotonicMs();
    if (monotonicMs - this.#anchoredAtMs >= anchorMs) this.#anchor(monotonicMs);
    const wall = Math.floor(monotonicMs * 1000 + this.#offsetMicros);
    const micros = wall > this.#lastMicros ? wall : this.#lastMicros + 1;
    this.aheadMicros = micros - wall;
    this.#lastMicros = micros;
    return micros;
  }

  /**
   * The wall clock reads between 0 and 1 ms less than the time is. Inside of that band our time is as good as any; outside
   * of it the wall clock was slewed or stepped, and we move to the nearer end of the band.
   */
  #anchor(monotonicMs: number): void {
    const behindMicros = this.#wallMs() * 1000 - (monotonicMs * 1000 + this.#offsetMicros);
    if (Math.abs(behindMicros) > 1e6) this.steps++;
    if (behindMicros > 0) this.#offsetMicros += behindMicros;
    else if (behindMicros < -1000) this.#offsetMicros += behindMicros + 1000;
    this.#anchoredAtMs = monotonicMs;
  }
}
