/** The reading thread's side of attribution: looks processes up as connections are read, and numbers what it finds. */

import type { Attribution, AttributionCounters, AttributionEffort } from './attribution.ts';
import { makeConnection } from './connection.ts';
import { maxAttributed } from './netlink-chunk.ts';
import { isLittleEndian, messageFlags, messageTypes, visitMessages } from './netlink-message.ts';
import type { ProcessFacts } from './process-facts.ts';
import { readConnection } from './read-connection.ts';

/** Facts under their numbers, which are told before they are used. More are forgotten, oldest first, and get another number. */
const maxFacts = 16_384;

/** What goes with a chunk: facts that it is the first to use, and counts since the thread began. */
export interface AttributionReport {
  readonly facts: readonly (readonly [number: number, facts: ProcessFacts])[];
  readonly counters: AttributionCounters;
  /** We may not look into all processes. */
  readonly isDenied: boolean;
}

const isNew = (view: DataView, at: number): boolean =>
  (view.getUint16(at + 6, isLittleEndian) & messageFlags.created) === messageFlags.created;

export class AttributionRecorder {
  /** Pairs for the messages of the last datagram. */
  readonly numbers: Uint32Array = new Uint32Array(2 * maxAttributed);
  readonly #attribution: Pick<Attribution, 'attribute' | 'counters'>;
  readonly #denied: () => number;
  readonly #connection = makeConnection();
  readonly #numberOf = new Map<ProcessFacts, number>();
  #toTell: [number, ProcessFacts][] = [];
  #lastNumber = 0;

  /** `denied`: how many processes did not let us look into them. */
  constructor(attribution: Pick<Attribution, 'attribute' | 'counters'>, denied: () => number) {
    this.#attribution = attribution;
    this.#denied = denied;
  }

  /**
   * Looks up the connections that begin with this datagram, or all of them (`isDump`), with as much effort as `effort` says each time.
   * @returns for how many messages there are pairs in `numbers`; 0: no process was found.
   */
  lookUp(
    view: DataView,
    bytes: Uint8Array,
    at: number,
    end: number,
    isDump: boolean,
    effort: () => AttributionEffort,
    nowMs: number,
  ): number {
    let messages = 0;
    let attributed = 0;
    visitMessages(view, at, end, (type, from, to) => {
      if (messages === maxAttributed) return;
      const place = 2 * messages++;
      this.numbers[place] = 0;
      this.numbers[place + 1] = 0;
      if (type !== messageTypes.connectionNew || !(isDump || isNew(view, from))) return;
      const connection = this.#connection;
      if (!readConnection(connection, view, bytes, from, to)) return;
      this.#attribution.attribute(connection, effort(), nowMs);
      this.numbers[place] = this.#numberFor(connection.srcProcess);
      this.numbers[place + 1] = this.#numberFor(connection.dstProcess);
      if (this.numbers[place] !== 0 || this.numbers[place + 1] !== 0) attributed = messages;
    });
    return attributed;
  }

  takeReport(): AttributionReport {
    const facts = this.#toTell;
    this.#toTell = [];
    return { facts, counters: this.#attribution.counters, isDenied: this.#denied() > 0 };
  }

  #numberFor(facts: ProcessFacts | undefined): number {
    if (facts === undefined) return 0;
    const known = this.#numberOf.get(facts);
    if (known !== undefined) return known;
    const number = ++this.#lastNumber;
    this.#numberOf.set(facts, number);
    this.#toTell.push([number, facts]);
    if (this.#numberOf.size > maxFacts)
      for (const oldest of this.#numberOf.keys()) {
        this.#numberOf.delete(oldest);
        break;
      }
    return number;
  }
}
