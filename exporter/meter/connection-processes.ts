/** The processes at the ends of connections: told when a connection begins, and kept for all its records. */

import type { Connection } from '../observe/connection.ts';
import type { ProcessFacts } from '../observe/process-facts.ts';
import { type ConnectionKey, keyWords } from './connection-key.ts';

export interface ConnectionEnds {
  readonly srcProcess: ProcessFacts | undefined;
  readonly dstProcess: ProcessFacts | undefined;
}

/** 53 bits of the id, which the kernel makes with a secret, and the hash of key and id. */
const numberOf = ({ hash, words }: ConnectionKey): number =>
  ((words[keyWords.id] as number) >>> 0) * 2 ** 21 + (hash >>> 11);

export class ConnectionProcesses {
  readonly #maxConnections: number;
  readonly #ends = new Map<number, ConnectionEnds>();

  /** Beyond `maxConnections` the oldest lose their processes: their last event may have been lost as well. */
  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
  }

  /** What the message says of processes, which only the first one of a connection does. */
  keep(key: ConnectionKey, { kind, srcProcess, dstProcess }: Connection): void {
    const isKnown = srcProcess !== undefined || dstProcess !== undefined;
    // An id is used again.
    if (kind === 'new' && !isKnown) this.forget(key);
    if (!isKnown) return;
    const number = numberOf(key);
    // What was found when the connection began is better than what a dump finds later.
    if (kind === 'dump' && this.#ends.has(number)) return;
    this.#ends.delete(number);
    this.#ends.set(number, { srcProcess, dstProcess });
    if (this.#ends.size <= this.#maxConnections) return;
    for (const oldest of this.#ends.keys()) {
      this.#ends.delete(oldest);
      return;
    }
  }

  find(key: ConnectionKey): ConnectionEnds | undefined {
    return this.#ends.size === 0 ? undefined : this.#ends.get(numberOf(key));
  }

  forget(key: ConnectionKey): void {
    if (this.#ends.size > 0) this.#ends.delete(numberOf(key));
  }
}
