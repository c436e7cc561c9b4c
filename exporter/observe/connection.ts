/**
 * A connection as a conntrack message tells of it (an event, or an entry of a dump). One object is filled again and again: a
 * receiver takes what it needs before it returns.
 */

import { addressBytes } from '../../shared/wire/address.ts';
import type { ProcessFacts } from './process-facts.ts';

/** One direction (CTA_TUPLE_ORIG, CTA_TUPLE_REPLY). Addresses are 16 octets, IPv4 mapped; what is absent is 0. */
export interface Tuple {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  /** Ports; for GRE its keys. */
  srcPort: number;
  dstPort: number;
  icmpType: number;
  icmpCode: number;
  icmpId: number;
}

/** Numbers that a message does not have are 0, unless said otherwise. Times are microseconds since 1970. */
export interface Connection {
  kind: 'new' | 'update' | 'destroy' | 'dump';
  /** Not 0: a process caused the event (`conntrack -D`), not the kernel. */
  portId: number;
  family: 4 | 6;
  protocol: number;
  zone: number;
  /** CTA_ID: stable while the entry lives; used again later. */
  id: number;
  readonly original: Tuple;
  readonly reply: Tuple;
  status: number;
  mark: number;
  /** Seconds left; -1 where the message does not say (flow offload). */
  timeoutSeconds: number;
  /** State of TCP, SCTP or DCCP as the kernel numbers them; -1 where the message has none. */
  state: number;
  /** Counters are there; the kernel counts connections that began while nf_conntrack_acct was 1. */
  hasCounters: boolean;
  packets: number;
  octets: number;
  reversePackets: number;
  reverseOctets: number;
  startMicros: number;
  /** When the entry would have expired: not the last packet. */
  stopMicros: number;
  /** When the event was (kernel 6.14 and later). */
  eventMicros: number;
  helper: string;
  /** 32 hex digits, or empty. */
  labels: string;
  /** Of the ends that are on this machine, where it was looked for (`--process`): with NEW, and in the first dump. */
  srcProcess: ProcessFacts | undefined;
  dstProcess: ProcessFacts | undefined;
}

const makeTuple = (): Tuple => ({
  src: new Uint8Array(addressBytes),
  dst: new Uint8Array(addressBytes),
  srcPort: 0,
  dstPort: 0,
  icmpType: 0,
  icmpCode: 0,
  icmpId: 0,
});

export const makeConnection = (): Connection => ({
  kind: 'new',
  portId: 0,
  family: 4,
  protocol: 0,
  zone: 0,
  id: 0,
  original: makeTuple(),
  reply: makeTuple(),
  status: 0,
  mark: 0,
  timeoutSeconds: -1,
  state: -1,
  hasCounters: false,
  packets: 0,
  octets: 0,
  reversePackets: 0,
  reverseOctets: 0,
  startMicros: 0,
  stopMicros: 0,
  eventMicros: 0,
  helper: '',
  labels: '',
  srcProcess: undefined,
  dstProcess: undefined,
});

/** Makes everything unknown but what every message and every line says: the kind, who caused it, the tuples with family and protocol. */
export const clearConnection = (connection: Connection): void => {
  connection.zone = 0;
  connection.id = 0;
  connection.status = 0;
  connection.mark = 0;
  connection.timeoutSeconds = -1;
  connection.state = -1;
  connection.hasCounters = false;
  connection.packets = 0;
  connection.octets = 0;
  connection.reversePackets = 0;
  connection.reverseOctets = 0;
  connection.startMicros = 0;
  connection.stopMicros = 0;
  connection.eventMicros = 0;
  connection.helper = '';
  connection.labels = '';
};

/** Bits of `status` (kernel: enum ip_conntrack_status). */
export const statusBits = {
  expected: 0x1,
  seenReply: 0x2,
  assured: 0x4,
  confirmed: 0x8,
  sourceNat: 0x10,
  destinationNat: 0x20,
  dying: 0x200,
  fixedTimeout: 0x400,
  helper: 0x2000,
  offload: 0x4000,
  hardwareOffload: 0x8000,
} as const;

/** Names of `state`, as conntrack(8) prints them. */
export const stateNames: Readonly<Record<number, readonly string[]>> = {
  6: [
    'NONE',
    'SYN_SENT',
    'SYN_RECV',
    'ESTABLISHED',
    'FIN_WAIT',
    'CLOSE_WAIT',
    'LAST_ACK',
    'TIME_WAIT',
    'CLOSE',
    'SYN_SENT2',
  ],
  33: ['NONE', 'REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT'],
  132: [
    'NONE',
    'CLOSED',
    'COOKIE_WAIT',
    'COOKIE_ECHOED',
    'ESTABLISHED',
    'SHUTDOWN_SENT',
    'SHUTDOWN_RECD',
    'SHUTDOWN_ACK_SENT',
    'HEARTBEAT_SENT',
    'HEARTBEAT_ACKED',
  ],
};
