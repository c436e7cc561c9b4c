/**
 * How much work may go into attribution: events that wait in the socket are more important than the processes behind them, which
 * are gone by then in most cases.
 */

import type { AttributionEffort } from './attribution.ts';

/** To ask the kernel costs more than to read an event. */
const askEveryMs = 2;
const fullBytes = 256 * 1024;
/** Parts of the receive buffer. */
const fullShare = 1 / 64;
const lightShare = 1 / 16;

export class AttributionPace {
  readonly #queuedBytes: () => number;
  readonly #full: number;
  readonly #light: number;
  #effort: AttributionEffort = 'full';
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(queuedBytes: () => number, receiveBufferBytes: number) {
    this.#queuedBytes = queuedBytes;
    this.#full = Math.min(fullBytes, receiveBufferBytes * fullShare);
    this.#light = receiveBufferBytes * lightShare;
  }

  /** Reading had to wait for something: nothing is queued, and nobody needs to be asked. */
  waited(nowMs: number): void {
    this.#askedAtMs = nowMs;
    this.#effort = 'full';
  }

  /** `nowMs` is of a clock that is never put back. */
  effort(nowMs: number): AttributionEffort {
    if (nowMs - this.#askedAtMs < askEveryMs) return this.#effort;
    this.#askedAtMs = nowMs;
    const queued = this.#queuedBytes();
    this.#effort = queued <= this.#full ? 'full' : queued <= this.#light ? 'light' : 'none';
    return this.#effort;
  }
}
