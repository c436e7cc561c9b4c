/**
 * Turns what a log says of connections into records, as metering does with what the kernel says: NEW and UPDATE become events, DESTROY
 * a flow, an entry of a listing an interim flow with what was counted since the listing before. What is in a log was chosen by who
 * wrote it, so nothing is waited for: a record leaves with its line.
 */

import type { LoggedConnection } from '../logs/logged-connection.ts';
import { type Connection, stateNames, statusBits } from '../observe/connection.ts';
import type { StateTimeouts } from '../observe/conntrack-settings.ts';
import { findEndMicros, findEndReason, findLastPacketMicros } from './connection-end.ts';
import { ConnectionRecords } from './connection-records.ts';
import { type FlowReceiver, flowEndReasons } from './flow-record.ts';
import { LoggedConnections } from './logged-connections.ts';

export interface LogMeterOptions {
  /** Which become records; listings always do. */
  readonly exportEvents: { readonly new: boolean; readonly update: boolean; readonly destroy: boolean };
  /** RFC 8158, beside the flows; for the numbers see `findNatEvent`. */
  readonly natEvents: 'off' | 'session' | 'historic';
  /** Of the machine whose connections they are. */
  readonly timeouts: StateTimeouts;
}

/** Lines by what became of them; an event that was not asked for is in none but `untimed`. */
export interface LogMeterCounters {
  /** DESTROY. */
  flows: number;
  /** Entries of listings, with or without counters, and updates that have some. */
  listed: number;
  /** Listed before with the same counters: no record. */
  unchanged: number;
  /** NEW and UPDATE. */
  events: number;
  natEvents: number;
  /** Lines without a time, which got the one that was given. */
  untimed: number;
}

/** Connections whose start or counters are kept in mind; 60 MB at most. */
const maxConnections = 1 << 19;

/** The state that the connection ended in is said, or its protocol has none. */
const isStateKnown = ({ protocol, state }: Connection): boolean =>
  state >= 0 || stateNames[protocol] === undefined;

export class LogMeter {
  readonly counters: LogMeterCounters = {
    flows: 0,
    listed: 0,
    unchanged: 0,
    events: 0,
    natEvents: 0,
    untimed: 0,
  };
  readonly #options: LogMeterOptions;
  readonly #records: ConnectionRecords;
  readonly #known = new LoggedConnections(maxConnections);

  constructor(options: LogMeterOptions, receive: FlowReceiver) {
    this.#options = options;
    this.#records = new ConnectionRecords(receive);
  }

  /** `nowMicros`: for what says no time of its own. */
  connection(logged: LoggedConnection, nowMicros: number): void {
    const { connection } = logged;
    if (connection.kind === 'new') this.#begin(connection, nowMicros);
    else if (connection.kind === 'destroy') this.#end(logged, nowMicros);
    else if (connection.kind === 'dump' || connection.hasCounters) this.#list(logged, nowMicros);
    else this.#change(connection, nowMicros);
  }

  #begin(connection: Connection, nowMicros: number): void {
    const { exportEvents, natEvents } = this.#options;
    const atMicros = connection.startMicros || this.#timeOf(connection.eventMicros, nowMicros);
    // Its start is when the event came: the kernel tells the true one with the end only.
    const known = this.#known;
    if (known.find(connection, -atMicros)) known.remove();
    known.add(-atMicros);
    this.#set(connection, atMicros, atMicros);
    if (exportEvents.new) {
      this.counters.events++;
      this.#records.event('new', atMicros);
    }
    if (natEvents !== 'off' && this.#records.natEvent(natEvents, 'created', atMicros))
      this.counters.natEvents++;
  }

  #change(connection: Connection, nowMicros: number): void {
    const atMicros = this.#timeOf(connection.eventMicros, nowMicros);
    if (!this.#options.exportEvents.update) return;
    this.#find(connection);
    this.counters.events++;
    this.#records.event('update', atMicros);
  }

  #end(logged: LoggedConnection, nowMicros: number): void {
    const { exportEvents, natEvents } = this.#options;
    const { connection } = logged;
    const records = this.#records;
    const isKnown = this.#find(connection);
    const endMicros = this.#endOf(logged, nowMicros);
    if (isKnown) {
      this.#known.takeDeltas(records.deltas, connection);
      this.#known.remove();
    } else records.setDeltas(connection, false);
    if (exportEvents.destroy) {
      this.counters.flows++;
      records.flow('destroy', this.#reasonOf(connection), endMicros);
    }
    if (natEvents !== 'off' && records.natEvent(natEvents, 'deleted', endMicros)) this.counters.natEvents++;
  }

  #list(logged: LoggedConnection, nowMicros: number): void {
    const { connection, endMicros } = logged;
    const atMicros = this.#timeOf(connection.eventMicros, nowMicros);
    const known = this.#known;
    const records = this.#records;
    const wasKnown = this.#find(connection);
    this.counters.listed++;
    if (!connection.hasCounters) {
      records.event('update', atMicros);
      return;
    }
    if (!wasKnown) known.add(connection.startMicros);
    if (!known.takeDeltas(records.deltas, connection) && wasKnown) {
      this.counters.unchanged++;
      return;
    }
    const { startMicros } = records.record;
    const lastMicros =
      endMicros || findLastPacketMicros(connection, this.#options.timeouts, startMicros, atMicros);
    records.flow('interim', flowEndReasons.active, lastMicros);
  }

  /** Prepares its record, with the start that an earlier line has told. True: it is in mind. */
  #find(connection: Connection): boolean {
    const known = this.#known;
    const isKnown = known.find(connection, connection.startMicros);
    const knownMicros = isKnown ? known.startMicros : 0;
    // Not said, or to the second only: what NEW told is nearer.
    const isCoarse = connection.startMicros % 1e6 === 0;
    const startMicros = isCoarse ? knownMicros || connection.startMicros : connection.startMicros;
    this.#set(connection, startMicros, knownMicros || connection.startMicros);
    return isKnown;
  }

  /** `firstMicros`: the start that was told first. */
  #set(connection: Connection, startMicros: number, firstMicros: number): void {
    this.#records.set(connection, 0, startMicros, this.#known.key.hash);
    const { record } = this.#records;
    if (connection.reversePackets > 0) record.status |= statusBits.seenReply;
    // Without a state there is nothing to make flags of, and a SYN alone would say that nobody answered.
    if (connection.state < 0) {
      record.tcpFlags = 0;
      record.reverseTcpFlags = 0;
    }
    // The same ends are used again and again, and without an id only the start tells one connection from the next.
    if (connection.id === 0) record.flowIdLow = Math.floor(firstMicros / 1e6) >>> 0;
  }

  #timeOf(saidMicros: number, nowMicros: number): number {
    if (saidMicros !== 0) return saidMicros;
    this.counters.untimed++;
    return nowMicros;
  }

  /**
   * The last packet, where it can be told. What logs call the end is the kernel's STOP, which is when the connection would have
   * expired, or when the event was read.
   */
  #endOf({ connection, endMicros }: LoggedConnection, nowMicros: number): number {
    const { startMicros } = this.#records.record;
    const { stopMicros } = connection;
    const eventMicros = connection.eventMicros || stopMicros;
    if (stopMicros !== 0 && isStateKnown(connection))
      return findEndMicros(connection, this.#options.timeouts, startMicros, eventMicros);
    return Math.max(startMicros, this.#timeOf(endMicros || stopMicros || eventMicros, nowMicros));
  }

  #reasonOf(connection: Connection): number {
    return connection.portId !== 0 || isStateKnown(connection)
      ? findEndReason(connection)
      : flowEndReasons.none;
  }
}
