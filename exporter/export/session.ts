/** What the delivering side knows of a Transport Session (RFC 7011 2): records go in, Messages come out. */

import type { FlowRecord } from '../meter/flow-record.ts';

/** What a Message carries, for the counters of what could not be sent. */
export interface MessageContents {
  readonly flowRecords: number;
  /** Delta counters of its Data Records, added up in both directions. */
  readonly packets: number;
  readonly octets: number;
}

/** Takes over a whole Message. */
export type SendMessage = (message: Uint8Array, contents: MessageContents) => void;

/** Sequence numbers, declared Templates and the Message that is being filled belong to one destination each. */
export interface Session {
  /** Octets of UDP payload that a Message may have; may change between calls. */
  payloadBytes: number;
  /** Sends all options and the Templates. Again after `stop`: for the collector it is a new session, so they go before records. */
  start(nowMs: number): void;
  /** Sends the Templates and all options again; sequence numbers go on. */
  announce(nowMs: number): void;
  /** Encodes the record into the open Message; Messages that are full are sent. */
  export(record: FlowRecord, nowMs: number): void;
  /** To be called about every 100 ms: records that waited for `maxDelayMs`, Template refresh, statistics. */
  tick(nowMs: number): void;
  /** Sends what waits, and the last statistics. */
  stop(nowMs: number): void;
}
