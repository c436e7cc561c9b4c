/**
 * What metering hands to exporting and printing. One object is filled again and again: a receiver takes what it needs before
 * it returns, and keeps nothing of it.
 */

import { addressBytes } from '../../shared/wire/address.ts';
import type { ProxyTrace } from '../logs/proxy-trace.ts';
import type { ProcessFacts } from '../observe/process-facts.ts';

/**
 * `flow`: with counters. `event`: conntrack NEW or UPDATE, which carry none. `nat-event`: RFC 8158. `aggregate`: RFC 7015. `trace`: a request
 * that a proxy passed on; its ends are those in front, and translated to those behind.
 */
export type FlowForm = 'flow' | 'event' | 'nat-event' | 'aggregate' | 'trace';

/** flowEndReason (136). */
export const flowEndReasons = { none: 0, idle: 1, active: 2, end: 3, forced: 4, resources: 5 } as const;
/** firewallEvent (233). */
export const firewallEvents = { none: 0, created: 1, deleted: 2, update: 5 } as const;

/** Where a number says "not known" or "not there", it is 0, unless said otherwise. Addresses are 16 octets, IPv4 mapped. */
export interface FlowRecord {
  form: FlowForm;
  source: 'conntrack' | 'packets' | 'proxy';
  family: 4 | 6;
  protocol: number;
  readonly srcAddress: Uint8Array;
  readonly dstAddress: Uint8Array;
  srcPort: number;
  dstPort: number;
  icmpType: number;
  icmpCode: number;
  icmpId: number;
  /** Source, destination, or a port of them is translated; without it the four `post` fields are not read. */
  isTranslated: boolean;
  readonly postSrcAddress: Uint8Array;
  readonly postDstAddress: Uint8Array;
  postSrcPort: number;
  postDstPort: number;

  /** Microseconds since 1970. An event has its time in `endMicros`; a `startMicros` of 0 is not known. */
  startMicros: number;
  endMicros: number;
  endReason: number;
  firewallEvent: number;
  natEvent: number;

  /** Since the last record of this flow; `reverse` is from destination to source. Exact up to 2^53. */
  packets: number;
  octets: number;
  reversePackets: number;
  reverseOctets: number;
  /** Since the flow began. */
  totalPackets: number;
  totalOctets: number;
  reverseTotalPackets: number;
  reverseTotalOctets: number;
  /** False where the kernel was not counting (nf_conntrack_acct=0): then no counter is exported. */
  hasCounters: boolean;
  tcpFlags: number;
  reverseTcpFlags: number;

  /** flowId (148), as two halves; the same in all records of a flow. */
  flowIdHigh: number;
  flowIdLow: number;

  /** Of conntrack. */
  event: 'new' | 'update' | 'destroy' | 'interim';
  connectionId: number;
  zone: number;
  mark: number;
  status: number;
  /** Number of the protocol's state: TCP, SCTP or DCCP. */
  state: number;
  /** Seconds until the kernel forgets the connection. */
  timeoutSeconds: number;
  helper: string;
  /** 32 hex digits, or empty. */
  labels: string;
  /** The process at the source, and at the destination, where it is on this machine and known. */
  srcProcess: ProcessFacts | undefined;
  dstProcess: ProcessFacts | undefined;

  /** Of a `trace`, and of nothing else. */
  trace: ProxyTrace | undefined;

  /** Of packets. */
  tos: number;
  inInterface: number;
  /** Outer VLAN and, behind QinQ, inner one; 0 without. */
  vlan: number;
  innerVlan: number;
  minLength: number;
  maxLength: number;
  minTtl: number;
  maxTtl: number;

  /** Of aggregates. A prefix length of 32 (IPv4) or 128 is a whole address; the client's port is 0 where it is wildcarded. */
  srcPrefixLength: number;
  dstPrefixLength: number;
  /** Flows that were put together (originalFlowsPresent, Initiated, Completed: RFC 7015 7.2.2). */
  flowsPresent: number;
  flowsInitiated: number;
  flowsCompleted: number;
  distinctSources: number;
  distinctDestinations: number;
}

/** Takes one record; it is synchronous, and the record is the caller's again when it returns. */
export type FlowReceiver = (record: FlowRecord) => void;

export const makeFlowRecord = (): FlowRecord => ({
  form: 'flow',
  source: 'packets',
  family: 4,
  protocol: 0,
  srcAddress: new Uint8Array(addressBytes),
  dstAddress: new Uint8Array(addressBytes),
  srcPort: 0,
  dstPort: 0,
  icmpType: 0,
  icmpCode: 0,
  icmpId: 0,
  isTranslated: false,
  postSrcAddress: new Uint8Array(addressBytes),
  postDstAddress: new Uint8Array(addressBytes),
  postSrcPort: 0,
  postDstPort: 0,
  startMicros: 0,
  endMicros: 0,
  endReason: 0,
  firewallEvent: 0,
  natEvent: 0,
  packets: 0,
  octets: 0,
  reversePackets: 0,
  reverseOctets: 0,
  totalPackets: 0,
  totalOctets: 0,
  reverseTotalPackets: 0,
  reverseTotalOctets: 0,
  hasCounters: true,
  tcpFlags: 0,
  reverseTcpFlags: 0,
  flowIdHigh: 0,
  flowIdLow: 0,
  event: 'destroy',
  connectionId: 0,
  zone: 0,
  mark: 0,
  status: 0,
  state: 0,
  timeoutSeconds: 0,
  helper: '',
  labels: '',
  srcProcess: undefined,
  dstProcess: undefined,
  trace: undefined,
  tos: 0,
  inInterface: 0,
  vlan: 0,
  innerVlan: 0,
  minLength: 0,
  maxLength: 0,
  minTtl: 0,
  maxTtl: 0,
  srcPrefixLength: 0,
  dstPrefixLength: 0,
  flowsPresent: 0,
  flowsInitiated: 0,
  flowsCompleted: 0,
  distinctSources: 0,
  distinctDestinations: 0,
});
