/**
 * Records as lines of a NAT log, the way the kernel's LOG and ulogd's LOGEMU write them, so that what reads those reads these:
 *
 *     2026-01-02T03:04:05.000006Z [NEW] ORIG: SRC=192.168.1.129 DST=68.232.35.139 PROTO=TCP SPT=60846 DPT=443 ,
 *     REPLY: SRC=68.232.35.139 DST=1.2.3.4 PROTO=TCP SPT=443 DPT=60946
 *
 * (one line). PKTS and BYTES count since the flow began, and stand where they are known. An aggregate is `[AGGREGATE]`; it has
 * networks, FLOWS, and counts its own time. A request that a proxy passed on is `[TRACE]`, from the client to the back end, with
 * REQUEST. UID, GID, PID and COMM are of the process at the source, DUID and so on of the one at the destination.
 */

import { formatAddress } from '../../shared/wire/address.ts';
import { formatMicros } from '../../shared/wire/timestamp.ts';
import type { ProxyTrace } from '../logs/proxy-trace.ts';
import type { FlowRecord } from '../meter/flow-record.ts';
import { noId, type ProcessFacts } from '../observe/process-facts.ts';
import { addressText, networkText } from './address-text.ts';
import { escapeName } from './escape-name.ts';
import { type EventWord, eventWord } from './event-word.ts';
import { isIcmp } from './is-icmp.ts';
import { replyTuple } from './reply-tuple.ts';

/** The kernel names these, others by number (nf_log_syslog). */
const names = new Map([
  [1, 'ICMP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'ICMPv6'],
  [136, 'UDPLITE'],
]);

const tags: Readonly<Record<EventWord, string>> = {
  new: 'NEW',
  update: 'UPDATE',
  interim: 'UPDATE',
  destroy: 'DESTROY',
  aggregate: 'AGGREGATE',
  trace: 'TRACE',
};

const ports = (srcPort: number, dstPort: number): string =>
  srcPort === 0 && dstPort === 0 ? '' : ` SPT=${srcPort} DPT=${dstPort}`;

/** Ours are in the order of their names; ulogd 2 has TYPE and CODE swapped. */
const icmp = (type: number, code: number): string => ` TYPE=${type} CODE=${code}`;

/** The kernel has UID and GID (ipt_LOG); the others are like them. */
const formatProcess = (prefix: '' | 'D', facts: ProcessFacts | undefined): string =>
  facts === undefined
    ? ''
    : (facts.uid === noId ? '' : ` ${prefix}UID=${facts.uid}`) +
      (facts.gid === noId ? '' : ` ${prefix}GID=${facts.gid}`) +
      (facts.pid === 0 ? '' : ` ${prefix}PID=${facts.pid}`) +
      (facts.name === '' ? '' : ` ${prefix}COMM=${escapeName(facts.name)}`);

const formatConnection = (record: FlowRecord, protocol: string): string => {
  const { family } = record;
  const hasIcmp = isIcmp(record);
  const hasCounters = record.form === 'flow' && record.hasCounters;
  const reply = replyTuple(record);
  const orig =
    `SRC=${addressText(family, record.srcAddress)} DST=${addressText(family, record.dstAddress)} PROTO=${protocol}` +
    (hasIcmp ? icmp(record.icmpType, record.icmpCode) : ports(record.srcPort, record.dstPort)) +
    (hasCounters ? ` PKTS=${record.totalPackets} BYTES=${record.totalOctets}` : '');
  const answer =
    `SRC=${addressText(family, reply.src)} DST=${addressText(family, reply.dst)} PROTO=${protocol}` +
    (hasIcmp ? icmp(reply.icmpType, record.icmpCode) : ports(reply.srcPort, reply.dstPort)) +
    (hasCounters ? ` PKTS=${record.reverseTotalPackets} BYTES=${record.reverseTotalOctets}` : '');
  const mark = record.mark === 0 ? '' : ` MARK=0x${record.mark.toString(16)}`;
  const zone = record.zone === 0 ? '' : ` ZONE=${record.zone}`;
  // The same line may come as an event, so that whoever counts can tell them apart.
  const natEvent = record.form === 'nat-event' ? ` NATEVENT=${record.natEvent}` : '';
  const processes = formatProcess('', record.srcProcess) + formatProcess('D', record.dstProcess);
  return `ORIG: ${orig} , REPLY: ${answer}${mark}${zone}${natEvent}${processes}`;
};

const formatTrace = ({ front, back, requestId }: ProxyTrace, protocol: string): string =>
  `ORIG: SRC=${formatAddress(front.src, 0)} DST=${formatAddress(front.dst, 0)} PROTO=${protocol}${ports(front.srcPort, front.dstPort)} , ` +
  `REPLY: SRC=${formatAddress(back.dst, 0)} DST=${formatAddress(back.src, 0)} PROTO=${protocol}${ports(back.dstPort, back.srcPort)}` +
  (requestId === '' ? '' : ` REQUEST=${escapeName(requestId)}`);

const formatAggregate = (record: FlowRecord, protocol: string): string => {
  const { family, dstPort } = record;
  const src = networkText(family, record.srcAddress, record.srcPrefixLength);
  const dst = networkText(family, record.dstAddress, record.dstPrefixLength);
  const { hasCounters } = record;
  const orig =
    `SRC=${src} DST=${dst} PROTO=${protocol}${dstPort === 0 ? '' : ` DPT=${dstPort}`}` +
    (hasCounters ? ` PKTS=${record.packets} BYTES=${record.octets}` : '');
  const answer =
    `SRC=${dst} DST=${src} PROTO=${protocol}${dstPort === 0 ? '' : ` SPT=${dstPort}`}` +
    (hasCounters ? ` PKTS=${record.reversePackets} BYTES=${record.reverseOctets}` : '');
  return `ORIG: ${orig} , REPLY: ${answer} FLOWS=${record.flowsPresent}`;
};

const formatBody = (record: FlowRecord, protocol: string): string => {
  if (record.trace !== undefined) return formatTrace(record.trace, protocol);
  return record.form === 'aggregate' ? formatAggregate(record, protocol) : formatConnection(record, protocol);
};

/** One line, with its newline. */
export const formatLog = (record: FlowRecord): string => {
  const time = formatMicros(record.endMicros) ?? '-';
  const protocol = names.get(record.protocol) ?? String(record.protocol);
  return `${time} [${tags[eventWord(record)]}] ${formatBody(record, protocol)}\n`;
};
