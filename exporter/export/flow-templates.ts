/**
 * The one table of what records say: element, length, for which shapes, how it is written. The Template of a shape is the rows
 * that apply to it, in the order of the table. To export another element, add a row.
 */

import { reversePen } from '../../shared/elements/registry.ts';
import {
  type EncodedField,
  type FieldWriter,
  writeIpv4,
  writeIpv6,
  writeMilliseconds,
  writeUint64,
} from './compile-encoder.ts';
import type { ExportSettings } from './export-settings.ts';
import { shapeBits } from './record-shape.ts';

export interface FlowField extends EncodedField {
  readonly pen: number;
  readonly id: number;
  /** A Flow Key (flowKeyIndicator, RFC 7011 4.3). */
  readonly isKey: boolean;
}

/** netfilter's enterprise number. */
export const netfilterPen = 21373;

interface Row extends FlowField {
  /** Applies to shapes that have all of these bits, one of those, and none of the last. */
  readonly all: number;
  readonly any: number;
  readonly none: number;
  readonly protocol: ExportSettings['protocol'] | undefined;
}

interface Condition {
  readonly all?: number;
  readonly any?: number;
  readonly none?: number;
  readonly protocol?: ExportSettings['protocol'];
  readonly isKey?: boolean;
}

const row = (
  [pen, id]: readonly [pen: number, id: number],
  lengthBytes: number,
  write: FieldWriter,
  { all = 0, any = 0, none = 0, protocol, isKey = false }: Condition,
): Row => ({ pen, id, lengthBytes, write, all, any, none, protocol, isKey });

const b = shapeBits;
const oneWay = b.forward | b.reverse;
const timed = b.flow | b.aggregate;
/** RFC 5103: the element in the other direction, which NetFlow v9 cannot say; nor is it said of one half of a biflow. */
const reverse = { none: oneWay, protocol: 'ipfix' } as const;

const writeIcmp: FieldWriter = (v, at, r) => v.setUint16(at, r.icmpType * 256 + r.icmpCode);

const writeFlowId: FieldWriter = (v, at, r) => {
  v.setUint32(at, r.flowIdHigh);
  v.setUint32(at + 4, r.flowIdLow);
};

// biome-ignore format: a table is read by its rows
const timeRows = (bootMs: number): readonly Row[] => [
  row([0, 323], 8, (v, at, r) => writeMilliseconds(v, at, r.endMicros), { any: b.event | b.natEvent }),
  row([0, 152], 8, (v, at, r) => writeMilliseconds(v, at, r.startMicros), { all: b.start, any: timed, none: b.uptime }),
  row([0, 153], 8, (v, at, r) => writeMilliseconds(v, at, r.endMicros), { any: timed, none: b.uptime }),
  row([0, 22], 4, (v, at, r) => v.setUint32(at, Math.floor(r.startMicros / 1000) - bootMs), { all: b.start | b.uptime, any: timed }),
  row([0, 21], 4, (v, at, r) => v.setUint32(at, Math.floor(r.endMicros / 1000) - bootMs), { all: b.uptime, any: timed }),
];

// biome-ignore format: a table is read by its rows
const endRows: readonly Row[] = [
  row([0, 230], 1, (v, at, r) => v.setUint8(at, r.natEvent), { all: b.natEvent }),
  row([0, 8], 4, (v, at, r) => writeIpv4(v, at, r.srcAddress), { none: b.aggregate | b.ipv6, isKey: true }),
  row([0, 27], 16, (v, at, r) => writeIpv6(v, at, r.srcAddress), { all: b.ipv6, none: b.aggregate, isKey: true }),
  row([0, 12], 4, (v, at, r) => writeIpv4(v, at, r.dstAddress), { none: b.aggregate | b.ipv6, isKey: true }),
  row([0, 28], 16, (v, at, r) => writeIpv6(v, at, r.dstAddress), { all: b.ipv6, none: b.aggregate, isKey: true }),
  row([0, 44], 4, (v, at, r) => writeIpv4(v, at, r.srcAddress), { all: b.aggregate, none: b.ipv6, isKey: true }),
  row([0, 170], 16, (v, at, r) => writeIpv6(v, at, r.srcAddress), { all: b.aggregate | b.ipv6, isKey: true }),
  row([0, 9], 1, (v, at, r) => v.setUint8(at, r.srcPrefixLength), { all: b.aggregate, none: b.ipv6, isKey: true }),
  row([0, 29], 1, (v, at, r) => v.setUint8(at, r.srcPrefixLength), { all: b.aggregate | b.ipv6, isKey: true }),
  row([0, 45], 4, (v, at, r) => writeIpv4(v, at, r.dstAddress), { all: b.aggregate, none: b.ipv6, isKey: true }),
  row([0, 169], 16, (v, at, r) => writeIpv6(v, at, r.dstAddress), { all: b.aggregate | b.ipv6, isKey: true }),
  row([0, 13], 1, (v, at, r) => v.setUint8(at, r.dstPrefixLength), { all: b.aggregate, none: b.ipv6, isKey: true }),
  row([0, 30], 1, (v, at, r) => v.setUint8(at, r.dstPrefixLength), { all: b.aggregate | b.ipv6, isKey: true }),
  row([0, 7], 2, (v, at, r) => v.setUint16(at, r.srcPort), { none: b.icmp | b.aggregate, isKey: true }),
  // The client's port is what aggregates leave out; in their other direction it is the destination's.
  row([0, 7], 2, (v, at, r) => v.setUint16(at, r.srcPort), { all: b.aggregate | b.reverse, isKey: true }),
  row([0, 11], 2, (v, at, r) => v.setUint16(at, r.dstPort), { none: b.icmp | b.aggregate, isKey: true }),
  row([0, 11], 2, (v, at, r) => v.setUint16(at, r.dstPort), { all: b.aggregate, none: b.reverse, isKey: true }),
  row([0, 32], 2, writeIcmp, { all: b.icmp, none: b.ipv6, isKey: true }),
  row([0, 139], 2, writeIcmp, { all: b.icmp | b.ipv6, isKey: true }),
  row([0, 4], 1, (v, at, r) => v.setUint8(at, r.protocol), { isKey: true }),
  row([0, 225], 4, (v, at, r) => writeIpv4(v, at, r.postSrcAddress), { all: b.translated, none: b.ipv6 }),
  row([0, 281], 16, (v, at, r) => writeIpv6(v, at, r.postSrcAddress), { all: b.translated | b.ipv6 }),
  row([0, 226], 4, (v, at, r) => writeIpv4(v, at, r.postDstAddress), { all: b.translated, none: b.ipv6 }),
  row([0, 282], 16, (v, at, r) => writeIpv6(v, at, r.postDstAddress), { all: b.translated | b.ipv6 }),
  row([0, 227], 2, (v, at, r) => v.setUint16(at, r.postSrcPort), { all: b.translated, none: b.icmp }),
  row([0, 228], 2, (v, at, r) => v.setUint16(at, r.postDstPort), { all: b.translated, none: b.icmp }),
];

// biome-ignore format: a table is read by its rows
const counterRows: readonly Row[] = [
  // Totals go first: of a delta and a total, nfdump keeps the later one, and what it adds up has to be the delta.
  row([0, 85], 8, (v, at, r) => writeUint64(v, at, r.totalOctets), { all: b.counters | b.flow }),
  row([0, 86], 8, (v, at, r) => writeUint64(v, at, r.totalPackets), { all: b.counters | b.flow }),
  row([reversePen, 85], 8, (v, at, r) => writeUint64(v, at, r.reverseTotalOctets), { all: b.counters | b.flow, ...reverse }),
  row([reversePen, 86], 8, (v, at, r) => writeUint64(v, at, r.reverseTotalPackets), { all: b.counters | b.flow, ...reverse }),
  row([0, 1], 8, (v, at, r) => writeUint64(v, at, r.octets), { all: b.counters }),
  row([0, 2], 8, (v, at, r) => writeUint64(v, at, r.packets), { all: b.counters }),
  row([reversePen, 1], 8, (v, at, r) => writeUint64(v, at, r.reverseOctets), { all: b.counters, ...reverse }),
  row([reversePen, 2], 8, (v, at, r) => writeUint64(v, at, r.reversePackets), { all: b.counters, ...reverse }),
  // responderOctets and responderPackets: what collectors of NetFlow v9 know as the other direction (Cisco ASA).
  row([0, 232], 8, (v, at, r) => writeUint64(v, at, r.reverseOctets), { all: b.counters, none: oneWay, protocol: 'netflow9' }),
  row([0, 299], 8, (v, at, r) => writeUint64(v, at, r.reversePackets), { all: b.counters, none: oneWay, protocol: 'netflow9' }),
  // The reverse flags, too, stand before the flags: nfdump takes the later ones for those of the flow.
  row([reversePen, 6], 2, (v, at, r) => v.setUint16(at, r.reverseTcpFlags), { all: b.tcp, ...reverse }),
  row([0, 6], 2, (v, at, r) => v.setUint16(at, r.tcpFlags), { all: b.tcp, protocol: 'ipfix' }),
  // RFC 3954 8: TCP_FLAGS has one octet.
  row([0, 6], 1, (v, at, r) => v.setUint8(at, r.tcpFlags), { all: b.tcp, protocol: 'netflow9' }),
];

const aggregateCounts = { all: b.aggregate, none: b.reverse } as const;

// biome-ignore format: a table is read by its rows
const otherRows: readonly Row[] = [
  row([0, 136], 1, (v, at, r) => v.setUint8(at, r.endReason), { all: b.flow }),
  row([0, 233], 1, (v, at, r) => v.setUint8(at, r.firewallEvent), { all: b.conntrack, none: b.natEvent }),
  row([0, 148], 8, writeFlowId, { none: b.aggregate }),
  row([0, 234], 4, (v, at, r) => v.setUint32(at, r.zone), { all: b.tagged, isKey: true }),
  row([netfilterPen, 4], 4, (v, at, r) => v.setUint32(at, r.mark), { all: b.tagged, none: b.natEvent, protocol: 'ipfix' }),
  // Metered of the first direction, so the second has nothing to say here.
  row([0, 5], 1, (v, at, r) => v.setUint8(at, r.tos), { all: b.flow, none: b.conntrack | b.reverse }),
  row([0, 10], 4, (v, at, r) => v.setUint32(at, r.inInterface), { all: b.interface }),
  row([0, 243], 2, (v, at, r) => v.setUint16(at, r.vlan), { all: b.vlan }),
  row([0, 245], 2, (v, at, r) => v.setUint16(at, r.innerVlan), { all: b.innerVlan }),
  row([0, 25], 2, (v, at, r) => v.setUint16(at, r.minLength), { all: b.details, none: b.reverse }),
  row([0, 26], 2, (v, at, r) => v.setUint16(at, r.maxLength), { all: b.details, none: b.reverse }),
  row([0, 52], 1, (v, at, r) => v.setUint8(at, r.minTtl), { all: b.details, none: b.reverse }),
  row([0, 53], 1, (v, at, r) => v.setUint8(at, r.maxTtl), { all: b.details, none: b.reverse }),
  // The second direction is of the same flows: they are counted once.
  row([0, 3], 8, (v, at, r) => writeUint64(v, at, r.flowsPresent), aggregateCounts),
  row([0, 375], 8, (v, at, r) => writeUint64(v, at, r.flowsPresent), aggregateCounts),
  row([0, 376], 8, (v, at, r) => writeUint64(v, at, r.flowsInitiated), aggregateCounts),
  row([0, 377], 8, (v, at, r) => writeUint64(v, at, r.flowsCompleted), aggregateCounts),
  row([0, 378], 8, (v, at, r) => writeUint64(v, at, r.distinctSources), { all: b.aggregate }),
  row([0, 379], 8, (v, at, r) => writeUint64(v, at, r.distinctDestinations), { all: b.aggregate }),
  // RFC 5103 6.3: 1 from the initiator, 2 towards it.
  row([0, 239], 1, (v, at) => v.setUint8(at, 1), { all: b.forward, none: b.natEvent }),
  row([0, 239], 1, (v, at) => v.setUint8(at, 2), { all: b.reverse, none: b.natEvent }),
];

/** Finds the fields of a shape (bits of `shapeBits`), in the order in which they are sent. */
export const makeFlowFields = (
  settings: Pick<ExportSettings, 'protocol' | 'bootMs'>,
): ((shape: number) => readonly FlowField[]) => {
  const rows = [...timeRows(settings.bootMs), ...endRows, ...counterRows, ...otherRows].filter(
    ({ protocol }) => protocol === undefined || protocol === settings.protocol,
  );
  return (shape) =>
    rows.filter(
      ({ all, any, none }) =>
        (shape & all) === all && (any === 0 || (shape & any) !== 0) && (shape & none) === 0,
    );
};
