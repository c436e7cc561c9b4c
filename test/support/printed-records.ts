/** Records for the tests of printers: what one connection through a NAT gives, and a flow of packets. */

import { type FlowRecord, makeFlowRecord } from '../../exporter/meter/flow-record.ts';
import { statusBits } from '../../exporter/observe/connection.ts';
import { parseAddress } from '../../shared/wire/address.ts';

const addressKeys = ['srcAddress', 'dstAddress', 'postSrcAddress', 'postDstAddress'] as const;
type AddressKey = (typeof addressKeys)[number];
type Fields = Partial<Omit<FlowRecord, AddressKey> & Record<AddressKey, string>>;

/** Addresses are given as text. */
export const makeRecord = (fields: Fields): FlowRecord => {
  const record = Object.assign(makeFlowRecord(), fields) as FlowRecord;
  const made = { ...record };
  for (const key of addressKeys) {
    const address = parseAddress(fields[key] ?? '0.0.0.0');
    if (!address) throw new Error(`${fields[key]} is no address`);
    Object.assign(made, { [key]: address });
  }
  return made;
};

/** 2026-01-02T03:04:05.000006Z. */
export const timeMicros = 1_767_323_045_000_006;

const nat: Fields = {
  source: 'conntrack',
  protocol: 6,
  srcAddress: '192.168.1.129',
  dstAddress: '68.232.35.139',
  srcPort: 60846,
  dstPort: 443,
  isTranslated: true,
  postSrcAddress: '1.2.3.4',
  postDstAddress: '68.232.35.139',
  postSrcPort: 60946,
  postDstPort: 443,
  connectionId: 1384991512,
  flowIdHigh: 0x6957336a,
  flowIdLow: 0x528d4718,
};

/** The NEW event of a connection through a NAT. */
export const newConnection = (fields: Fields = {}): FlowRecord =>
  makeRecord({
    ...nat,
    form: 'event',
    event: 'new',
    hasCounters: false,
    endMicros: timeMicros,
    state: 1,
    status: statusBits.sourceNat | statusBits.confirmed,
    ...fields,
  });

/** Its end after 122.765724 s, of which an interim record has told 3 packets each way. */
export const endedConnection = (fields: Fields = {}): FlowRecord =>
  makeRecord({
    ...nat,
    form: 'flow',
    event: 'destroy',
    startMicros: timeMicros - 122_765_724,
    endMicros: timeMicros,
    endReason: 3,
    packets: 20,
    octets: 4400,
    reversePackets: 17,
    reverseOctets: 1_048_576,
    totalPackets: 23,
    totalOctets: 5600,
    reverseTotalPackets: 20,
    reverseTotalOctets: 1_050_000,
    tcpFlags: 0x1b,
    reverseTcpFlags: 0x1b,
    state: 7,
    status: statusBits.sourceNat | statusBits.confirmed | statusBits.seenReply | statusBits.assured,
    ...fields,
  });

/** A question and its answer over IPv6, as packets show them. */
export const packetFlow = (fields: Fields = {}): FlowRecord =>
  makeRecord({
    family: 6,
    protocol: 17,
    srcAddress: '2001:db8::1',
    dstAddress: '2001:db8:0:1::53',
    srcPort: 40000,
    dstPort: 53,
    startMicros: timeMicros - 1500,
    endMicros: timeMicros,
    endReason: 1,
    packets: 1,
    octets: 70,
    reversePackets: 1,
    reverseOctets: 150,
    totalPackets: 1,
    totalOctets: 70,
    reverseTotalPackets: 1,
    reverseTotalOctets: 150,
    flowIdHigh: 1,
    flowIdLow: 0xffffffff,
    ...fields,
  });

/** What 12 flows of a network to a server carried in a minute. */
export const aggregate = (fields: Fields = {}): FlowRecord =>
  makeRecord({
    form: 'aggregate',
    protocol: 6,
    srcAddress: '10.1.2.0',
    srcPrefixLength: 24,
    dstAddress: '192.0.2.80',
    dstPrefixLength: 32,
    dstPort: 443,
    startMicros: timeMicros - 59_500_000,
    endMicros: timeMicros,
    packets: 240,
    octets: 24_000,
    reversePackets: 480,
    reverseOctets: 480_000,
    flowsPresent: 12,
    flowsInitiated: 5,
    flowsCompleted: 1,
    distinctSources: 3,
    distinctDestinations: 1,
    ...fields,
  });
