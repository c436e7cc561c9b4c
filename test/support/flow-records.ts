/** Records as metering hands them on, of all forms that exporting knows. */

import { type FlowRecord, makeFlowRecord } from '../../exporter/meter/flow-record.ts';
import { parseAddress } from '../../shared/wire/address.ts';
import { rigMs } from './session-rig.ts';

const addressKeys = ['srcAddress', 'dstAddress', 'postSrcAddress', 'postDstAddress'] as const;
type AddressKey = (typeof addressKeys)[number];

/** Numbers and words of a record, and its addresses as text. */
export type RecordSpec = Partial<Omit<FlowRecord, AddressKey>> & Partial<Record<AddressKey, string>>;

export const makeTestRecord = (spec: RecordSpec): FlowRecord => {
  const { srcAddress, dstAddress, postSrcAddress, postDstAddress, ...values } = spec;
  const record = makeFlowRecord();
  const texts = { srcAddress, dstAddress, postSrcAddress, postDstAddress };
  for (const key of addressKeys) {
    const text = texts[key];
    if (text !== undefined) record[key].set(parseAddress(text) ?? []);
  }
  return Object.assign(record, values);
};

/** A TCP connection from 10.0.0.1, behind 203.0.113.5, to 192.0.2.9. It ended a second before `rigMs`. */
export const natFlow = (more: RecordSpec = {}): FlowRecord =>
  makeTestRecord({
    source: 'conntrack',
    protocol: 6,
    srcAddress: '10.0.0.1',
    dstAddress: '192.0.2.9',
    isTranslated: true,
    postSrcAddress: '203.0.113.5',
    postDstAddress: '192.0.2.9',
    srcPort: 40000,
    dstPort: 443,
    postSrcPort: 61000,
    postDstPort: 443,
    startMicros: (rigMs - 2000) * 1000,
    endMicros: (rigMs - 1000) * 1000 + 999,
    endReason: 3,
    firewallEvent: 2,
    packets: 10,
    octets: 1000,
    reversePackets: 8,
    reverseOctets: 9000,
    totalPackets: 11,
    totalOctets: 2 ** 32 + 1,
    reverseTotalPackets: 12,
    reverseTotalOctets: 13,
    tcpFlags: 0x1b,
    reverseTcpFlags: 0x13,
    flowIdHigh: 0xf1020304,
    flowIdLow: 0xf5060708,
    ...more,
  });

const ipv6Ends = { family: 6, srcAddress: '2001:db8::1', dstAddress: '2001:db8::2' } as const;
const ipv6Nat = {
  ...ipv6Ends,
  postSrcAddress: '2001:db8:ffff::5',
  postDstAddress: '2001:db8::2',
} as const;
const aggregate: RecordSpec = {
  form: 'aggregate',
  srcPort: 0,
  srcPrefixLength: 24,
  dstPrefixLength: 32,
  flowsPresent: 9,
  flowsInitiated: 7,
  flowsCompleted: 5,
  distinctSources: 3,
  distinctDestinations: 1,
};

/** Metered packets have no translation. */
const packetFlow: RecordSpec = { source: 'packets', isTranslated: false, firewallEvent: 0, tos: 0x28 };

/** What the collector has columns for in the groups `core` and `nat`. */
const ordinary: readonly RecordSpec[] = [
  {},
  { zone: 5, mark: 9 },
  { isTranslated: false, protocol: 17 },
  { ...ipv6Nat, octets: 2 ** 53 - 1 },
  { protocol: 1, icmpType: 8, icmpCode: 1 },
  { ...ipv6Ends, isTranslated: false, protocol: 58, icmpType: 128, icmpCode: 0 },
  { hasCounters: false },
  { startMicros: 0 },
  { form: 'event', firewallEvent: 1, zone: 3 },
  { ...ipv6Nat, form: 'event', protocol: 17, firewallEvent: 5 },
  { form: 'nat-event', natEvent: 4, zone: 8 },
  { form: 'nat-event', natEvent: 5, protocol: 1, icmpType: 8 },
  { ...ipv6Nat, form: 'nat-event', natEvent: 1 },
  packetFlow,
  { ...packetFlow, inInterface: 3, protocol: 17 },
  { ...packetFlow, ...ipv6Ends, protocol: 58, icmpType: 129 },
  // Longer ago than NetFlow v9 can say with an uptime.
  { startMicros: (rigMs - 30 * 86_400_000) * 1000 },
];

const further: readonly RecordSpec[] = [
  {
    ...packetFlow,
    vlan: 12,
    innerVlan: 13,
    minLength: 40,
    maxLength: 1500,
    minTtl: 60,
    maxTtl: 64,
  },
  aggregate,
  { ...aggregate, ...ipv6Ends, protocol: 17, srcPrefixLength: 48, dstPrefixLength: 128 },
];

/** Records that can be told apart by their counters and flowIds, in which nothing is left to chance. */
const numbered = (specs: readonly RecordSpec[], first: number): FlowRecord[] =>
  specs.map((spec, i) => {
    const number = first + i;
    const srcPort = spec.form === 'aggregate' ? 0 : 40000 + number;
    return natFlow({ srcPort, packets: 100 + number, flowIdLow: 0xf5060000 + number, ...spec });
  });

export const ordinaryRecords = (): FlowRecord[] => numbered(ordinary, 0);

/** With VLANs, lengths and TTLs of packets, and aggregates. */
export const allRecords = (): FlowRecord[] => [...ordinaryRecords(), ...numbered(further, ordinary.length)];
