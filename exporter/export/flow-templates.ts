/**
 * The one table of what records say: element, length, for which shapes, how it is written. The Template of a shape is the rows
 * that apply to it, in the order of the table. To export another element, add a row.
 */

import { reversePen } from '../../shared/elements/registry.ts';
import { type FieldSpecifier, variableLength } from '../../shared/protocol/template.ts';
import { addressBytes } from '../../shared/wire/address.ts';
import type { FlowRecord } from '../meter/flow-record.ts';
import type { ProcessFacts } from '../observe/process-facts.ts';
import {
  type EncodedField,
  type FieldWriter,
  writeFixedText,
  writeIpv4,
  writeIpv6,
  writeMilliseconds,
  writeUint64,
} from './compile-encoder.ts';
import type { ExportSettings } from './export-settings.ts';
import { shapeBits } from './record-shape.ts';
import type { TextReader } from './record-texts.ts';
import { netfilterPen, ntopPen, ownElementId } from './type-information.ts';

interface KeyableField extends FieldSpecifier {
  /** A Flow Key (flowKeyIndicator, RFC 7011 4.3). */
  readonly isKey: boolean;
}

interface FixedField extends KeyableField, EncodedField {}

/** Of variable length; no field of fixed length comes after one. */
interface TextField extends KeyableField {
  readonly read: TextReader;
}

export type FlowField = FixedField | TextField;

type Row = FlowField & {
  /** Applies to shapes that have all of these bits, one of those, and none of the last. */
  readonly all: number;
  readonly any: number;
  readonly none: number;
  readonly protocol: ExportSettings['protocol'] | undefined;
};

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

/** NetFlow v9 has no variable lengths. */
const textRow = ([pen, id]: readonly [pen: number, id: number], all: number, read: TextReader): Row => ({
  pen,
  id,
  lengthBytes: variableLength,
  read,
  all,
  any: 0,
  none: 0,
  protocol: 'ipfix',
  isKey: false,
});

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
  row([0, 323], 8, (v, at, r) => writeMilliseconds(v, at, r.endMicros), { any: b.event | b.natEvent | b.trace }),
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
  row([0, 225], 4, (v, at, r) => writeIpv4(v, at, r.postSrcAddress), { all: b.translated, none: b.postIpv6 }),
  row([0, 281], 16, (v, at, r) => writeIpv6(v, at, r.postSrcAddress), { all: b.translated | b.postIpv6 }),
  row([0, 226], 4, (v, at, r) => writeIpv4(v, at, r.postDstAddress), { all: b.translated, none: b.postIpv6 }),
  row([0, 282], 16, (v, at, r) => writeIpv6(v, at, r.postDstAddress), { all: b.translated | b.postIpv6 }),
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
  row([0, 148], 8, writeFlowId, { none: b.aggregate | b.trace }),
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
  row([0, 239], 1, (v, at) => v.setUint8(at, 1), { all: b.forward, none: b.natEvent | b.trace }),
  row([0, 239], 1, (v, at) => v.setUint8(at, 2), { all: b.reverse, none: b.natEvent }),
];

interface ProcessEnd {
  readonly name: 'source' | 'destination';
  readonly bit: number;
  readonly process: (record: FlowRecord) => ProcessFacts | undefined;
  /** ntop's elements. NetFlow v9 has them, too, further up. */
  readonly ids: Readonly<Record<'pid' | 'uid' | 'name' | 'user' | 'command' | 'container', number>>;
}

const sourceEnd: ProcessEnd = {
  name: 'source',
  bit: b.srcProcess,
  process: (record) => record.srcProcess,
  ids: { pid: 168, uid: 425, name: 169, user: 372, command: 556, container: 558 },
};
const destinationEnd: ProcessEnd = {
  name: 'destination',
  bit: b.dstProcess,
  process: (record) => record.dstProcess,
  ids: { pid: 375, uid: 426, name: 376, user: 377, command: 557, container: 559 },
};

/** ntop's element n is the field type 57472 + n of NetFlow v9. */
const ntopInNetflow9 = 57472;
const netflow9NameBytes = 16;

const processRows = (ownPen: number, { name, bit, process, ids }: ProcessEnd): readonly Row[] => {
  const writePid: FieldWriter = (v, at, r) => v.setUint32(at, process(r)?.pid ?? 0);
  const writeUid: FieldWriter = (v, at, r) => v.setUint32(at, process(r)?.uid ?? 0);
  const writeName: FieldWriter = (v, at, r) =>
    writeFixedText(v, at, netflow9NameBytes, process(r)?.name ?? '');
  const ipfix = { all: bit, protocol: 'ipfix' } as const;
  const netflow9 = { all: bit, protocol: 'netflow9' } as const;
  // biome-ignore format: a table is read by its rows
  return [
    row([ntopPen, ids.pid], 4, writePid, ipfix),
    row([ntopPen, ids.uid], 4, writeUid, ipfix),
    row([ownPen, ownElementId(`${name}ProcessGroupId`)], 4, (v, at, r) => v.setUint32(at, process(r)?.gid ?? 0), ipfix),
    row([ownPen, ownElementId(`${name}ProcessCgroupId`)], 8, (v, at, r) => writeUint64(v, at, process(r)?.cgroupId ?? 0), ipfix),
    row([ownPen, ownElementId(`${name}ProcessQuality`)], 1, (v, at, r) => v.setUint8(at, process(r)?.quality ?? 0), ipfix),
    row([0, ntopInNetflow9 + ids.pid], 4, writePid, netflow9),
    row([0, ntopInNetflow9 + ids.uid], 4, writeUid, netflow9),
    row([0, ntopInNetflow9 + ids.name], netflow9NameBytes, writeName, netflow9),
    textRow([ntopPen, ids.name], bit, (r) => process(r)?.name ?? ''),
    textRow([ntopPen, ids.user], bit, (r) => process(r)?.user ?? ''),
    textRow([ntopPen, ids.command], bit, (r) => process(r)?.command ?? ''),
    textRow([ntopPen, ids.container], bit, (r) => process(r)?.containerId ?? ''),
    textRow([ownPen, ownElementId(`${name}ProcessCgroup`)], bit, (r) => process(r)?.cgroup ?? ''),
  ];
};

const noAddress = new Uint8Array(addressBytes);
const clientOf = (record: FlowRecord): Uint8Array => record.trace?.client ?? noAddress;

// biome-ignore format: a table is read by its rows
const traceRows = (ownPen: number): readonly Row[] => [
  row([ownPen, ownElementId('proxyClientIPv4Address')], 4, (v, at, r) => writeIpv4(v, at, clientOf(r)), { all: b.clientIpv4, protocol: 'ipfix' }),
  row([ownPen, ownElementId('proxyClientIPv6Address')], 16, (v, at, r) => writeIpv6(v, at, clientOf(r)), { all: b.clientIpv6, protocol: 'ipfix' }),
  textRow([ownPen, ownElementId('proxyRequestId')], b.trace, (r) => r.trace?.requestId ?? ''),
  textRow([ownPen, ownElementId('proxySessionId')], b.trace, (r) => r.trace?.sessionId ?? ''),
  textRow([ownPen, ownElementId('proxyMapping')], b.trace, (r) => r.trace?.mapping ?? ''),
  textRow([ownPen, ownElementId('proxyHost')], b.trace, (r) => r.trace?.host ?? ''),
];

/** Finds the fields of a shape (bits of `shapeBits`), in the order in which they are sent. */
export const makeFlowFields = (
  settings: Pick<ExportSettings, 'protocol' | 'bootMs' | 'pen'>,
): ((shape: number) => readonly FlowField[]) => {
  const { pen } = settings;
  const spoken = [
    ...[...timeRows(settings.bootMs), ...endRows, ...counterRows, ...otherRows],
    ...[...processRows(pen, sourceEnd), ...processRows(pen, destinationEnd), ...traceRows(pen)],
  ].filter(({ protocol }) => protocol === undefined || protocol === settings.protocol);
  // The encoder has the places of all fields of fixed length, as long as texts come behind them.
  const rows = [...spoken.filter((row) => 'write' in row), ...spoken.filter((row) => 'read' in row)];
  return (shape) =>
    rows.filter(
      ({ all, any, none }) =>
        (shape & all) === all && (any === 0 || (shape & any) !== 0) && (shape & none) === 0,
    );
};
