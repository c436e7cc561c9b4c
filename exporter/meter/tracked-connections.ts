/**
 * The connections that are kept, of both address families, and what dumps say of them. Like a cursor it stands on one connection,
 * which `find`, `add` and the walks choose, and to which the other methods apply.
 */

import type { Connection } from '../observe/connection.ts';
import type { StateTimeouts } from '../observe/conntrack-settings.ts';
import { keepCounters, readDeltas, settleCounters, unsettleCounters } from './connection-counters.ts';
import { findLastPacketMicros } from './connection-end.ts';
import { ConnectionKey } from './connection-key.ts';
import { keepFacts, keepTuples, recallConnection, seenStatesOf } from './connection-slot.ts';
import { ConnectionTable, noSlot, slotBits, slotFacts, slotNumbers } from './connection-table.ts';
import { TextPool } from './text-pool.ts';

/** Complete dumps without a connection: it has vanished. */
const dumpsToVanish = 2;
/** `slotFacts.dump` is the number of a dump, above two bits for how many complete ones since did not have the connection. */
const oneDump = 4;
const missedMask = oneDump - 1;

export class TrackedConnections {
  readonly key = new ConnectionKey();
  /** Connections for which there was no room, as often as they came. */
  untracked = 0;
  isDumping = false;
  readonly #maxConnections: number;
  readonly #timeouts: StateTimeouts;
  readonly #ipv4: ConnectionTable;
  readonly #ipv6: ConnectionTable;
  readonly #texts = new TextPool();
  #table: ConnectionTable;
  #slot: number = noSlot;
  /** Where `removeSome` has come to: the table, and the slot in it. */
  #removing = 0;
  #nextToRemove = 0;
  #beganMicros = 0;
  #hadCompleteDump = false;
  #dump = 0;
  #dumpMicros = 0;
  #previousDumpMicros = 0;

  constructor(maxConnections: number, timeouts: StateTimeouts) {
    this.#maxConnections = maxConnections;
    this.#timeouts = timeouts;
    this.#ipv4 = new ConnectionTable(1, maxConnections);
    this.#ipv6 = new ConnectionTable(4, maxConnections);
    this.#table = this.#ipv4;
  }

  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  get startMicros(): number {
    return this.#table.number(this.#slot, slotNumbers.startMicros);
  }

  /** As `isSameStart` wants it. */
  get start(): number {
    return this.#table.startOf(this.#slot);
  }

  get lastPacketMicros(): number {
    return this.#table.number(this.#slot, slotNumbers.lastPacketMicros);
  }

  set lastPacketMicros(micros: number) {
    this.#table.setNumber(this.#slot, slotNumbers.lastPacketMicros, micros);
  }

  /** When the last record was, or would have been. */
  get recordMicros(): number {
    return this.#table.number(this.#slot, slotNumbers.recordMicros);
  }

  /** TCP states, a bit each. */
  get seenStates(): number {
    return seenStatesOf(this.#table, this.#slot);
  }

  get helper(): string {
    return this.#texts.textOf(this.#table.fact(this.#slot, slotFacts.texts) >>> 16);
  }

  get labels(): string {
    return this.#texts.textOf(this.#table.fact(this.#slot, slotFacts.texts) & 0xffff);
  }

  /** The first call of all says when our time began. After the clock was put back, connections begin before that time, too. */
  begin(nowMicros: number): void {
    if (this.#beganMicros === 0 || nowMicros < this.#beganMicros) this.#beganMicros = nowMicros;
  }

  /** Whether a connection began before that, or is taken to have. */
  isOlder(startMicros: number): boolean {
    if (startMicros !== 0) return startMicros < this.#beganMicros;
    return this.#dump > 0 && !this.#hadCompleteDump;
  }

  dumpStarted(nowMicros: number): void {
    this.#dump += oneDump;
    this.isDumping = true;
    this.#previousDumpMicros = this.#dumpMicros;
    this.#dumpMicros = nowMicros;
  }

  /** Visits those that have vanished, if the dump was complete; they are no longer there when `visit` returns. */
  dumpEnded(complete: boolean, visit: () => void): void {
    this.isDumping = false;
    if (!complete) return;
    this.#hadCompleteDump = true;
    this.#walk((table, slot) => {
      const dump = table.fact(slot, slotFacts.dump);
      if (dump - (dump & missedMask) === this.#dump) return;
      table.setFact(slot, slotFacts.dump, dump + 1);
      if ((dump & missedMask) + 1 < dumpsToVanish) return;
      visit();
      table.remove(slot);
    });
  }

  /** Visits and forgets at most so many, and no connection is added any more. True: there are others. */
  removeSome(atMost: number, visit: () => void): boolean {
    for (let left = atMost; left > 0; ) {
      const table = this.#removing < 2 ? (this.#removing === 0 ? this.#ipv4 : this.#ipv6) : undefined;
      if (table === undefined) return false;
      this.#table = table;
      this.#slot = this.#nextToRemove++;
      if (this.#slot >= table.slotsEnd) {
        this.#removing++;
        this.#nextToRemove = 0;
      } else if (table.isUsed(this.#slot)) {
        visit();
        table.remove(this.#slot);
        left--;
      }
    }
    return true;
  }

  #walk(visit: (table: ConnectionTable, slot: number) => void): void {
    for (const table of [this.#ipv4, this.#ipv6]) {
      this.#table = table;
      for (this.#slot = 0; this.#slot < table.slotsEnd; this.#slot++)
        if (table.isUsed(this.#slot)) visit(table, this.#slot);
    }
  }

  /** Sets `key`, too. */
  find(connection: Connection): boolean {
    this.#table = connection.family === 6 ? this.#ipv6 : this.#ipv4;
    this.key.set(connection);
    this.#slot = this.#table.find(this.key, connection.startMicros);
    return this.#slot !== noSlot;
  }

  /** The one that was not found. False: there is no room. */
  add(connection: Connection, recordMicros: number): boolean {
    if (this.size >= this.#maxConnections) {
      this.untracked++;
      return false;
    }
    const table = this.#table;
    this.#slot = table.add(this.key);
    keepTuples(table, this.#slot, connection);
    table.setNumber(this.#slot, slotNumbers.startMicros, connection.startMicros);
    table.setNumber(this.#slot, slotNumbers.recordMicros, recordMicros);
    table.setFact(this.#slot, slotFacts.dump, this.#dump);
    return true;
  }

  remove(): void {
    this.#table.remove(this.#slot);
  }

  recall(connection: Connection): void {
    recallConnection(connection, this.#table, this.#slot, this.#texts);
  }

  /** What changes in the life of a connection, except for its counters. */
  keep(connection: Connection): void {
    keepFacts(this.#table, this.#slot, connection, this.#texts);
    if (connection.startMicros === 0) return;
    this.#table.setNumber(this.#slot, slotNumbers.startMicros, connection.startMicros);
    this.#table.setBits(this.#slot, 0, slotBits.startIsGuessed);
  }

  /** It is new: none of its counters are from before us. */
  keepNew(atMicros: number): void {
    const table = this.#table;
    const slot = this.#slot;
    if (table.number(slot, slotNumbers.startMicros) === 0) {
      table.setNumber(slot, slotNumbers.startMicros, atMicros);
      table.setBits(slot, slotBits.startIsGuessed, 0);
    }
    // A dump had it before this event came, and did not say when it began.
    if (table.hasBits(slot, slotBits.baselineIsGuessed)) unsettleCounters(table, slot);
    table.setBits(slot, slotBits.hasBaseline, slotBits.baselineIsGuessed);
  }

  /** `isSettled`: all is in records already. True: the counters are others than before. */
  keepCounters(connection: Connection, isSettled: boolean): boolean {
    const table = this.#table;
    const changed = keepCounters(table, this.#slot, connection);
    if (!table.hasBits(this.#slot, slotBits.hasBaseline)) {
      if (isSettled || this.isOlder(connection.startMicros)) settleCounters(table, this.#slot);
      const isGuess = connection.startMicros === 0 ? slotBits.baselineIsGuessed : 0;
      table.setBits(this.#slot, slotBits.hasBaseline | isGuess, 0);
    }
    return changed;
  }

  readDeltas(deltas: Float64Array): boolean {
    return readDeltas(deltas, this.#table, this.#slot);
  }

  /** The deltas are exported. */
  settle(recordMicros: number): void {
    settleCounters(this.#table, this.#slot);
    this.#table.setBits(this.#slot, 0, slotBits.baselineIsGuessed);
    this.#table.setNumber(this.#slot, slotNumbers.recordMicros, recordMicros);
  }

  /** A dump has it; `changed`: with other counters than before. */
  keepListed(connection: Connection, changed: boolean, nowMicros: number): void {
    const wasInPrevious = this.#table.fact(this.#slot, slotFacts.dump) === this.#dump - oneDump;
    this.#table.setFact(this.#slot, slotFacts.dump, this.#dump);
    if (!changed && connection.hasCounters) return;
    const sinceMicros = changed && wasInPrevious ? this.#previousDumpMicros : 0;
    const earliestMicros = Math.max(sinceMicros, this.startMicros, this.lastPacketMicros);
    this.lastPacketMicros = findLastPacketMicros(connection, this.#timeouts, earliestMicros, nowMicros);
  }
}
