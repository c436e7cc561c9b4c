/** UDP has no brake of its own: a file is read faster than any collector's socket is emptied. */

import { MessageRing } from './message-ring.ts';
import type { MessageContents, SendMessage } from './session.ts';

/** About 12 MB of full Messages. Further ones are dropped and counted: only sources that cannot wait get here. */
export const maxWaitingMessages = 8192;
/** From here on, sources that can wait should. */
export const congestedMessages = 256;
/** What may go out at once after a pause: small beside any socket's receive buffer. */
const burstMs = 10;

export interface PacerOptions {
  /** Messages a second; 0 is no limit. */
  readonly maxRate: number;
  readonly send: SendMessage;
  /** Takes what found no place. */
  readonly drop: (contents: MessageContents) => void;
}

/** A token bucket that is given the time: `release` is to be called every few milliseconds while Messages wait. */
export class Pacer {
  readonly #rate: number;
  readonly #burst: number;
  readonly #send: SendMessage;
  readonly #drop: (contents: MessageContents) => void;
  readonly #waiting: MessageRing;
  #tokens: number;
  #filledMs = Number.NEGATIVE_INFINITY;

  constructor({ maxRate, send, drop }: PacerOptions) {
    this.#rate = maxRate;
    this.#burst = Math.max(1, (maxRate * burstMs) / 1000);
    this.#tokens = this.#burst;
    this.#send = send;
    this.#drop = drop;
    this.#waiting = new MessageRing(maxRate === 0 ? 0 : maxWaitingMessages);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get congested(): boolean {
    return this.#waiting.length >= congestedMessages;
  }

  /** Sends, or keeps until `release`; the Message is the pacer's from now on. */
  offer(message: Uint8Array, contents: MessageContents, nowMs: number): void {
    if (this.#rate === 0) {
      this.#send(message, contents);
      return;
    }
    this.release(nowMs);
    if (this.#waiting.length === 0 && this.#tokens >= 1) {
      this.#tokens--;
      this.#send(message, contents);
    } else if (!this.#waiting.push(message, contents)) this.#drop(contents);
  }

  /** Sends what may go by now. */
  release(nowMs: number): void {
    if (this.#rate === 0) return;
    // A clock that was set back gives nothing, and takes nothing.
    const elapsedMs = Math.max(0, nowMs - this.#filledMs);
    this.#filledMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs * this.#rate) / 1000);
    for (; this.#tokens >= 1 && this.#waiting.length > 0; this.#tokens--) {
      const message = this.#waiting.shift();
      if (message !== undefined) this.#send(message, this.#waiting.taken);
    }
  }

  /** Gives up what still waits. */
  clear(): void {
    while (this.#waiting.shift() !== undefined) this.#drop(this.#waiting.taken);
  }
}
