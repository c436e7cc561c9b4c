/** Records of connections: one object, filled from a connection and handed on. */

import type { Connection } from '../observe/connection.ts';
import type { ConnectionEnds } from './connection-processes.ts';
import { fillConnectionRecord } from './fill-connection-record.ts';
import {
  type FlowReceiver,
  type FlowRecord,
  firewallEvents,
  flowEndReasons,
  makeFlowRecord,
} from './flow-record.ts';
import { findNatEvent } from './translation.ts';

export class ConnectionRecords {
  /** Packets, octets, and those of the reply, for the next `flow`. */
  readonly deltas: Float64Array = new Float64Array(4);
  readonly record: FlowRecord = makeFlowRecord();
  readonly #receive: FlowReceiver;

  constructor(receive: FlowReceiver) {
    this.record.source = 'conntrack';
    this.#receive = receive;
  }

  /**
   * The connection that the next records are of. `seenStates`: states of TCP before this one, a bit each. `keyHash`: of its tuple
   * and id, which makes a flowId that all its records share, without anybody keeping it.
   */
  set(connection: Connection, seenStates: number, startMicros: number, keyHash: number): void {
    fillConnectionRecord(this.record, connection, seenStates);
    this.record.startMicros = startMicros;
    this.record.flowIdHigh = keyHash >>> 0;
  }

  /** At both ends of that connection, for all its records. */
  setProcesses(ends: ConnectionEnds | undefined): void {
    this.record.srcProcess = ends?.srcProcess;
    this.record.dstProcess = ends?.dstProcess;
  }

  /** Of a connection that had no record: its counters, or nothing where they are from before us. */
  setDeltas(connection: Connection, isOlder: boolean): void {
    const { deltas } = this;
    deltas[0] = isOlder ? 0 : connection.packets;
    deltas[1] = isOlder ? 0 : connection.octets;
    deltas[2] = isOlder ? 0 : connection.reversePackets;
    deltas[3] = isOlder ? 0 : connection.reverseOctets;
  }

  /** NEW and UPDATE, which carry no counters. */
  event(event: 'new' | 'update', atMicros: number): void {
    const { record } = this;
    record.form = 'event';
    record.event = event;
    record.firewallEvent = event === 'new' ? firewallEvents.created : firewallEvents.update;
    record.natEvent = 0;
    record.endReason = flowEndReasons.none;
    record.endMicros = atMicros;
    this.#clearCounters();
    this.#receive(record);
  }

  /** With `deltas`. A connection that ends is deleted, others go on. */
  flow(event: 'interim' | 'destroy', endReason: number, endMicros: number): void {
    const { record, deltas } = this;
    record.form = 'flow';
    record.event = event;
    record.firewallEvent = event === 'destroy' ? firewallEvents.deleted : firewallEvents.update;
    record.natEvent = 0;
    record.endReason = endReason;
    record.endMicros = endMicros;
    record.packets = deltas[0] as number;
    record.octets = deltas[1] as number;
    record.reversePackets = deltas[2] as number;
    record.reverseOctets = deltas[3] as number;
    this.#receive(record);
  }

  /** That a translation began, or ended; nothing when the connection is not translated. True: it was a record. */
  natEvent(numbering: 'session' | 'historic', change: 'created' | 'deleted', atMicros: number): boolean {
    const { record } = this;
    if (!record.isTranslated) return false;
    record.form = 'nat-event';
    record.event = change === 'created' ? 'new' : 'destroy';
    record.firewallEvent = firewallEvents.none;
    record.natEvent = findNatEvent(numbering, record.family, change);
    record.endReason = flowEndReasons.none;
    record.endMicros = atMicros;
    this.#clearCounters();
    this.#receive(record);
    return true;
  }

  /** Counters that nobody told are no counters. */
  #clearCounters(): void {
    const { record } = this;
    record.hasCounters = false;
    record.packets = 0;
    record.octets = 0;
    record.reversePackets = 0;
    record.reverseOctets = 0;
    record.totalPackets = 0;
    record.totalOctets = 0;
    record.reverseTotalPackets = 0;
    record.reverseTotalOctets = 0;
  }
}
