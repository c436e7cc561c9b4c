/**
 * Turns what the kernel says of connections into records. The kernel has counted already, so a short connection is one DESTROY
 * event, and needs no memory. Those that a dump or an earlier event has told of are kept in a table: for interim records with
 * deltas, to notice ends that no event told of, and to know the start where only NEW tells it.
 *
 * Dumps and events come by two sockets, so an entry of a dump may be older than an event that came before it. A connection has
 * vanished when two complete dumps, one after the other, do not have it: a DESTROY event of it would have come by then. So two dumps
 * also make up for lost events.
 */

import { type Connection, makeConnection } from '../observe/connection.ts';
import type { StateTimeouts } from '../observe/conntrack-settings.ts';
import { findEndMicros, findEndReason } from './connection-end.ts';
import { ConnectionProcesses } from './connection-processes.ts';
import { ConnectionRecords } from './connection-records.ts';
import { EndedConnections } from './ended-connections.ts';
import { type FlowReceiver, flowEndReasons } from './flow-record.ts';
import { TrackedConnections } from './tracked-connections.ts';

export interface ConnectionMeterOptions {
  /** Connections that last longer get interim records that often; 0: none. */
  readonly activeMicros: number;
  /** More are not kept: they have their last record only. */
  readonly maxConnections: number;
  /** Which become records; `destroy` is the last one of a connection, also where a dump tells of its end. */
  readonly exportEvents: { readonly new: boolean; readonly update: boolean; readonly destroy: boolean };
  /** RFC 8158, beside the flows; for the numbers see `findNatEvent`. */
  readonly natEvents: 'off' | 'session' | 'historic';
  /** False: NAT events only. */
  readonly flows: boolean;
  /** The kernel does not say when connections began (nf_conntrack_timestamp=0), so that NEW events are kept in mind. */
  readonly rememberNew: boolean;
  readonly timeouts: StateTimeouts;
}

/** Records by form, and what has none. */
export interface ConnectionMeterCounters {
  /** Last records of connections. */
  flows: number;
  interims: number;
  events: number;
  natEvents: number;
  /** Connections whose end was told by dumps only; they are among the flows. */
  vanished: number;
  /** Messages about connections that the full table could not take. */
  untracked: number;
  /** Messages about connections that had their last record already. */
  duplicates: number;
}

/** Connections that were destroyed while a dump runs; of more, older ones may come back by it, and vanish once more. */
const maxDestroyed = 1 << 19;
/** Connections that have vanished, and how long a DESTROY event of them is passed over at least, unless there are more. */
const maxVanished = 1 << 17;
const rememberVanishedMicros = 1800e6;

export class ConnectionMeter {
  readonly #options: ConnectionMeterOptions;
  readonly #records: ConnectionRecords;
  readonly #tracked: TrackedConnections;
  readonly #processes: ConnectionProcesses;
  readonly #recalled = makeConnection();
  readonly #destroyed = new EndedConnections(maxDestroyed);
  readonly #vanished = new EndedConnections(maxVanished);
  #forgotMicros = 0;
  readonly #counters: ConnectionMeterCounters = {
    flows: 0,
    interims: 0,
    events: 0,
    natEvents: 0,
    vanished: 0,
    untracked: 0,
    duplicates: 0,
  };

  constructor(options: ConnectionMeterOptions, receive: FlowReceiver) {
    this.#options = options;
    this.#records = new ConnectionRecords(receive);
    this.#tracked = new TrackedConnections(options.maxConnections, options.timeouts);
    this.#processes = new ConnectionProcesses(options.maxConnections);
  }

  get counters(): Readonly<ConnectionMeterCounters> {
    this.#counters.untracked = this.#tracked.untracked;
    return this.#counters;
  }

  /** Connections in the table. */
  get size(): number {
    return this.#tracked.size;
  }

  /** What connections that are older counted is from before us. A first dump says it as well, but there may be none. */
  begin(nowMicros: number): void {
    this.#tracked.begin(nowMicros);
  }

  /** An event, or an entry of a dump; `nowMicros` is when it was received. */
  connection(connection: Connection, nowMicros: number): void {
    this.#tracked.begin(nowMicros);
    const isTracked = this.#tracked.find(connection);
    this.#processes.keep(this.#tracked.key, connection);
    if (connection.kind === 'destroy') this.#end(connection, isTracked, nowMicros);
    else if (connection.kind === 'dump') this.#list(connection, isTracked, nowMicros);
    else this.#hear(connection, connection.kind, isTracked, nowMicros);
  }

  /** Before the kernel is asked for a dump. */
  dumpStarted(nowMicros: number): void {
    this.#tracked.begin(nowMicros);
    this.#tracked.dumpStarted(nowMicros);
  }

  /** After the last entry of the dump; `complete`: none is missing. */
  dumpEnded(complete: boolean, nowMicros: number): void {
    this.#destroyed.clear();
    if (nowMicros - this.#forgotMicros > rememberVanishedMicros) {
      this.#vanished.forgetOlder();
      this.#forgotMicros = nowMicros;
    }
    this.#tracked.dumpEnded(complete, () => this.#vanish(nowMicros));
  }

  /** A clean stop: a last record with what is known, of at most so many connections. True: there are others. */
  finish(nowMicros: number, atMost: number): boolean {
    return this.#tracked.removeSome(atMost, () => {
      this.#recall();
      this.#exportLast('interim', flowEndReasons.forced, this.#tracked.lastPacketMicros || nowMicros);
    });
  }

  /** NEW and UPDATE. */
  #hear(connection: Connection, kind: 'new' | 'update', wasTracked: boolean, nowMicros: number): void {
    const { exportEvents, flows, natEvents, rememberNew } = this.#options;
    const tracked = this.#tracked;
    const isNew = kind === 'new';
    const atMicros = connection.eventMicros || nowMicros;
    const isTracked = wasTracked || (isNew && rememberNew && tracked.add(connection, atMicros));
    if (isTracked) {
      tracked.keep(connection);
      if (isNew) tracked.keepNew(atMicros);
      if (connection.portId === 0) tracked.lastPacketMicros = atMicros;
    }
    const isEvent = flows && exportEvents[kind];
    const isNatEvent = isNew && natEvents !== 'off';
    if (!isEvent && !isNatEvent) return;
    if (isTracked) this.#setTracked(connection);
    else this.#setUntracked(connection, isNew ? atMicros : 0);
    if (isEvent) {
      this.#counters.events++;
      this.#records.event(kind, atMicros);
    }
    if (isNatEvent && this.#records.natEvent(natEvents, 'created', atMicros)) this.#counters.natEvents++;
  }

  /** An entry of a dump. */
  #list(connection: Connection, wasTracked: boolean, nowMicros: number): void {
    const tracked = this.#tracked;
    const { hasCounters, startMicros } = connection;
    if (this.#destroyed.has(tracked.key, startMicros)) {
      this.#counters.duplicates++;
      return;
    }
    if (!wasTracked) {
      // Connections that were there before us are not all due at once; others began at times of their own.
      const phaseMicros = ((tracked.key.hash >>> 0) / 2 ** 32) * this.#options.activeMicros;
      const isOlder = tracked.isOlder(startMicros);
      if (!tracked.add(connection, isOlder ? nowMicros - phaseMicros : startMicros || nowMicros)) return;
    }
    tracked.keep(connection);
    // One that had vanished, and is back all the same, has had its counters exported.
    const isSettled = !wasTracked && this.#vanished.has(tracked.key, startMicros);
    const changed = hasCounters && tracked.keepCounters(connection, isSettled);
    tracked.keepListed(connection, changed, nowMicros);
    if (hasCounters) this.#exportInterim(connection, nowMicros);
  }

  #exportInterim(connection: Connection, nowMicros: number): void {
    const { activeMicros, flows } = this.#options;
    const tracked = this.#tracked;
    const { recordMicros } = tracked;
    // A clock that was put back must not silence us until it has caught up.
    if (!flows || activeMicros === 0 || Math.abs(nowMicros - recordMicros) < activeMicros) return;
    if (!tracked.readDeltas(this.#records.deltas)) return;
    const periods = Math.floor((nowMicros - recordMicros) / activeMicros);
    tracked.settle(recordMicros + periods * activeMicros);
    this.#setTracked(connection);
    this.#counters.interims++;
    this.#records.flow('interim', flowEndReasons.active, tracked.lastPacketMicros);
  }

  /** DESTROY. */
  #end(connection: Connection, isTracked: boolean, nowMicros: number): void {
    const tracked = this.#tracked;
    const { startMicros } = connection;
    const atMicros = connection.eventMicros || nowMicros;
    if (!isTracked && this.#hasEnded(startMicros)) {
      this.#counters.duplicates++;
      return;
    }
    let earliestMicros = startMicros;
    if (isTracked) {
      tracked.keep(connection);
      if (connection.hasCounters) tracked.keepCounters(connection, false);
      tracked.readDeltas(this.#records.deltas);
      this.#setTracked(connection);
      earliestMicros = Math.max(tracked.startMicros, tracked.lastPacketMicros);
      tracked.remove();
    } else {
      this.#records.setDeltas(connection, tracked.isOlder(startMicros));
      this.#setUntracked(connection, startMicros);
    }
    this.#processes.forget(tracked.key);
    if (tracked.isDumping) this.#destroyed.add(tracked.key, startMicros);
    const endMicros = findEndMicros(connection, this.#options.timeouts, earliestMicros, atMicros);
    this.#exportLast('destroy', findEndReason(connection), endMicros);
    this.#exportDeleted(atMicros);
  }

  #hasEnded(startMicros: number): boolean {
    const { key } = this.#tracked;
    return this.#destroyed.has(key, startMicros) || this.#vanished.has(key, startMicros);
  }

  /** Nobody knows when it was destroyed: no packet came after the last one that a dump told of. */
  #vanish(nowMicros: number): void {
    const tracked = this.#tracked;
    this.#recall();
    const endMicros = tracked.lastPacketMicros || nowMicros;
    this.#vanished.add(tracked.key, tracked.start);
    this.#counters.vanished++;
    this.#exportLast('destroy', findEndReason(this.#recalled), endMicros);
    this.#exportDeleted(endMicros);
  }

  /** The tracked connection that no message speaks of. */
  #recall(): void {
    this.#tracked.recall(this.#recalled);
    this.#tracked.key.set(this.#recalled);
    this.#tracked.readDeltas(this.#records.deltas);
    this.#setTracked(this.#recalled);
    this.#processes.forget(this.#tracked.key);
  }

  /** DESTROY says neither helper nor labels; those are kept. */
  #setTracked(connection: Connection): void {
    const tracked = this.#tracked;
    this.#records.set(connection, tracked.seenStates, tracked.startMicros, tracked.key.hash);
    this.#records.setProcesses(this.#processes.find(tracked.key));
    const { record } = this.#records;
    record.helper ||= tracked.helper;
    record.labels ||= tracked.labels;
  }

  #setUntracked(connection: Connection, startMicros: number): void {
    const { key } = this.#tracked;
    this.#records.set(connection, 0, startMicros, key.hash);
    this.#records.setProcesses(this.#processes.find(key));
  }

  #exportLast(event: 'interim' | 'destroy', endReason: number, endMicros: number): void {
    const { flows, exportEvents } = this.#options;
    if (!flows || !exportEvents.destroy) return;
    this.#counters.flows++;
    this.#records.flow(event, endReason, endMicros);
  }

  #exportDeleted(atMicros: number): void {
    const { natEvents } = this.#options;
    if (natEvents !== 'off' && this.#records.natEvent(natEvents, 'deleted', atMicros))
      this.#counters.natEvents++;
  }
}
