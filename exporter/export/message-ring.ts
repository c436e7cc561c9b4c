import type { MessageContents } from './session.ts';

/** Messages in the order in which they came, at most `capacity`: who comes then is told so, and nobody is pushed out. */
export class MessageRing {
  length = 0;
  readonly capacity: number;
  readonly #messages: (Uint8Array | undefined)[];
  /** `flowRecords`, `packets` and `octets` of each; numbers, so that a waiting Message is no further object. */
  readonly #contents: Float64Array;
  readonly #taken = { flowRecords: 0, packets: 0, octets: 0 };
  #first = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#messages = new Array<Uint8Array | undefined>(capacity).fill(undefined);
    this.#contents = new Float64Array(3 * capacity);
  }

  /** False when it is full. */
  push(message: Uint8Array, contents: MessageContents): boolean {
    if (this.length === this.capacity) return false;
    const at = (this.#first + this.length++) % this.capacity;
    this.#messages[at] = message;
    this.#contents[3 * at] = contents.flowRecords;
    this.#contents[3 * at + 1] = contents.packets;
    this.#contents[3 * at + 2] = contents.octets;
    return true;
  }

  /** Takes the oldest out. */
  shift(): Uint8Array | undefined {
    if (this.length === 0) return undefined;
    const at = this.#first;
    const message = this.#messages[at];
    this.#messages[at] = undefined;
    this.#taken.flowRecords = this.#contents[3 * at] ?? 0;
    this.#taken.packets = this.#contents[3 * at + 1] ?? 0;
    this.#taken.octets = this.#contents[3 * at + 2] ?? 0;
    this.#first = (at + 1) % this.capacity;
    this.length--;
    return message;
  }

  /** Of the Message that was last taken out; filled again by the next `shift`. */
  get taken(): MessageContents {
    return this.#taken;
  }
}
