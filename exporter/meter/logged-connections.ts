/**
 * What is kept in mind of the connections of a log: when they began, and their counters as of the last listing. A log may name any
 * number of them, and never tell of their end, so there are two generations: when the younger one is full, the older one is
 * forgotten. Like a cursor it stands on the connection that `find` or `add` was called with last.
 */

import type { Connection } from '../observe/connection.ts';
import { keepCounters, readDeltas, settleCounters } from './connection-counters.ts';
import { ConnectionKey } from './connection-key.ts';
import { ConnectionTable, noSlot, slotBits, slotNumbers } from './connection-table.ts';

/** Start, and the four counters twice. */
const carriedNumbers = [
  slotNumbers.startMicros,
  ...[0, 1, 2, 3].flatMap((nth) => [slotNumbers.exported + nth, slotNumbers.latest + nth]),
];

class Generation {
  readonly ipv4: ConnectionTable;
  readonly ipv6: ConnectionTable;

  constructor(maxConnections: number) {
    this.ipv4 = new ConnectionTable(1, maxConnections);
    this.ipv6 = new ConnectionTable(4, maxConnections);
  }

  get size(): number {
    return this.ipv4.size + this.ipv6.size;
  }
}

export class LoggedConnections {
  readonly key = new ConnectionKey();
  /** Connections of which nothing is known any more, for want of room. */
  forgotten = 0;
  readonly #perGeneration: number;
  #young: Generation;
  #old: Generation;
  #table: ConnectionTable;
  #slot: number = noSlot;

  constructor(maxConnections: number) {
    this.#perGeneration = Math.ceil(maxConnections / 2);
    this.#young = new Generation(this.#perGeneration);
    this.#old = new Generation(this.#perGeneration);
    this.#table = this.#young.ipv4;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Sets `key`, too. `startMicros`: as `isSameStart` wants it. */
  find(connection: Connection, startMicros: number): boolean {
    this.key.set(connection);
    const family = connection.family === 6 ? 'ipv6' : 'ipv4';
    this.#table = this.#young[family];
    this.#slot = this.#table.find(this.key, startMicros);
    if (this.#slot !== noSlot) return true;
    const old = this.#old[family];
    const slot = old.size === 0 ? noSlot : old.find(this.key, startMicros);
    if (slot === noSlot) return false;
    const numbers = carriedNumbers.map((number) => old.number(slot, number));
    const isGuessed = old.hasBits(slot, slotBits.startIsGuessed);
    old.remove(slot);
    this.#take();
    for (const [nth, number] of carriedNumbers.entries())
      this.#table.setNumber(this.#slot, number, numbers[nth] as number);
    if (isGuessed) this.#table.setBits(this.#slot, slotBits.startIsGuessed, 0);
    return true;
  }

  /** The one that was not found. `startMicros`: as `isSameStart` wants it. */
  add(startMicros: number): void {
    this.#take();
    this.#table.setNumber(this.#slot, slotNumbers.startMicros, Math.abs(startMicros));
    if (startMicros < 0) this.#table.setBits(this.#slot, slotBits.startIsGuessed, 0);
  }

  remove(): void {
    this.#table.remove(this.#slot);
  }

  /** 0: not known. */
  get startMicros(): number {
    return this.#table.number(this.#slot, slotNumbers.startMicros);
  }

  /** What was counted since this was called last. False: nothing. */
  takeDeltas(deltas: Float64Array, connection: Connection): boolean {
    keepCounters(this.#table, this.#slot, connection);
    const found = readDeltas(deltas, this.#table, this.#slot);
    settleCounters(this.#table, this.#slot);
    return found;
  }

  #take(): void {
    if (this.#young.size >= this.#perGeneration) {
      this.forgotten += this.#old.size;
      const { ipv6 } = this.#young;
      const isIpv6 = this.#table === ipv6;
      this.#old = this.#young;
      this.#young = new Generation(this.#perGeneration);
      this.#table = isIpv6 ? this.#young.ipv6 : this.#young.ipv4;
    }
    this.#slot = this.#table.add(this.key);
  }
}
