/**
 * Records as JSON, one object a line, with the keys of ulogd's JSON where it has one. A key is there only where its value is
 * known: no start of 1970, no counters of a kernel that does not count.
 *
 * - `timestamp` (RFC 3339, UTC): the end of a flow or window, the time of an event; `event`: `new` `update` `interim` (more of the
 *   flow follows) `destroy` `aggregate` `trace`; `nat_event`: number of natEvent (230)
 * - `proto` (name), `src_ip` `dest_ip` `src_port` `dest_port`: the flow as its sender began it; `oob.family`: 2 or 10 (IPv6)
 * - `orig.ip.protocol` (number) `orig.ip.saddr.str` `orig.ip.daddr.str` `orig.l4.sport` `orig.l4.dport`, and the same of `reply.`:
 *   answers as they come in, from the translated destination to the translated source. Ports of GRE are its keys.
 * - `icmp.type` `icmp.code` `icmp.echoid`: of the flow's first packet, for ICMP and ICMPv6
 * - `flow.start.sec` `flow.start.usec` `flow.end.sec` `flow.end.usec` (since 1970), `duration` (seconds); `end_reason`: `idle`
 *   `active` `end` `forced` `resources`
 * - `packets` `bytes` `reply_packets` `reply_bytes`: since the last record of the flow, or of the window; `orig.raw.pktcount`
 *   `orig.raw.pktlen` `reply.raw.pktcount` `reply.raw.pktlen`: since the flow began
 * - `tcp_flags` `reply_tcp_flags`: all flags seen, as a number; `flow_id`: 16 hex digits, the same in all records of a flow
 * - of conntrack: `ct.event` (1 new, 2 update, 4 destroy) `ct.id` `ct.mark` `zone` `nat` (true: translated) `status` (words of
 *   the kernel) `tcp_state` `sctp_state` `dccp_state` `helper` `labels` (32 hex digits)
 * - of packets: `in_interface` `vlan` `inner_vlan` `tos`
 * - of aggregates: `src_prefix` `dest_prefix` (lengths) `flows` `flows_initiated` `flows_completed` `distinct_sources`
 *   `distinct_destinations`
 * - of the process at the source, where it is known: `process.pid` `process.uid` `process.gid` `process.name` `process.user`
 *   `process.command` `process.cgroup` (path: the service) `process.cgroup_id` `process.container_id` `process.quality` (`exact` `cached`
 *   `cgroup only` `uid only`); of the one at the destination the same of `dst_process.`
 * - of a proxy's trace, in place of tuples, times and counters: `front_src_ip` `front_src_port` `front_dst_ip` `front_dst_port` (from the
 *   client) and the same of `back_` (to the back end), `req_id` `sess_id` `mapping` `client_ip` `host`
 */

import { formatAddress } from '../../shared/wire/address.ts';
import { formatMicros } from '../../shared/wire/timestamp.ts';
import type { ProxyTrace, ProxyTuple } from '../logs/proxy-trace.ts';
import type { FlowRecord } from '../meter/flow-record.ts';
import { stateNames } from '../observe/connection.ts';
import { noId, type ProcessFacts } from '../observe/process-facts.ts';
import { addressText } from './address-text.ts';
import { endReasonWord } from './end-reason-word.ts';
import { escapeName } from './escape-name.ts';
import { escapeText } from './escape-text.ts';
import { eventWord } from './event-word.ts';
import { isIcmp } from './is-icmp.ts';
import { processQualityWord } from './process-quality-word.ts';
import { protocolName } from './protocol-name.ts';
import { replyTuple } from './reply-tuple.ts';
import { statusWords } from './status-words.ts';

const eventNumbers = { new: 1, update: 2, interim: 2, destroy: 4 } as const;

const unlessZero = (key: string, value: number): string => (value === 0 ? '' : `,"${key}":${value}`);

const time = (key: string, micros: number): string => {
  const seconds = Math.floor(micros / 1e6);
  return `,"${key}.sec":${seconds},"${key}.usec":${micros - seconds * 1e6}`;
};

const formatTuples = (record: FlowRecord): string => {
  const { family, protocol, srcPort, dstPort } = record;
  const reply = replyTuple(record);
  const src = addressText(family, record.srcAddress);
  const dst = addressText(family, record.dstAddress);
  const hasPorts = srcPort !== 0 || dstPort !== 0;
  return (
    `,"src_ip":"${src}","dest_ip":"${dst}"` +
    (hasPorts ? `,"src_port":${srcPort},"dest_port":${dstPort}` : '') +
    `,"orig.ip.protocol":${protocol},"orig.ip.saddr.str":"${src}","orig.ip.daddr.str":"${dst}"` +
    (hasPorts ? `,"orig.l4.sport":${srcPort},"orig.l4.dport":${dstPort}` : '') +
    `,"reply.ip.protocol":${protocol},"reply.ip.saddr.str":"${addressText(family, reply.src)}"` +
    `,"reply.ip.daddr.str":"${addressText(family, reply.dst)}"` +
    (hasPorts ? `,"reply.l4.sport":${reply.srcPort},"reply.l4.dport":${reply.dstPort}` : '') +
    (isIcmp(record) ? `,"icmp.type":${record.icmpType},"icmp.code":${record.icmpCode}` : '') +
    unlessZero('icmp.echoid', record.icmpId)
  );
};

const formatNetworks = (record: FlowRecord): string =>
  `,"src_ip":"${addressText(record.family, record.srcAddress)}","src_prefix":${record.srcPrefixLength}` +
  `,"dest_ip":"${addressText(record.family, record.dstAddress)}","dest_prefix":${record.dstPrefixLength}` +
  unlessZero('dest_port', record.dstPort) +
  `,"orig.ip.protocol":${record.protocol}`;

const formatTimes = (record: FlowRecord): string => {
  const { form, startMicros, endMicros } = record;
  const start = startMicros === 0 ? '' : time('flow.start', startMicros);
  if (form === 'event' || form === 'nat-event') return start;
  const duration = startMicros === 0 ? '' : `,"duration":${(endMicros - startMicros) / 1e6}`;
  const reason = form === 'flow' ? endReasonWord(record.endReason) : '';
  return start + time('flow.end', endMicros) + duration + (reason === '' ? '' : `,"end_reason":"${reason}"`);
};

const formatCounters = (record: FlowRecord): string => {
  const { form } = record;
  if (!record.hasCounters || form === 'event' || form === 'nat-event') return '';
  const deltas =
    `,"packets":${record.packets},"bytes":${record.octets}` +
    `,"reply_packets":${record.reversePackets},"reply_bytes":${record.reverseOctets}`;
  if (form === 'aggregate') return deltas;
  return (
    deltas +
    `,"orig.raw.pktcount":${record.totalPackets},"orig.raw.pktlen":${record.totalOctets}` +
    `,"reply.raw.pktcount":${record.reverseTotalPackets},"reply.raw.pktlen":${record.reverseTotalOctets}`
  );
};

const hex8 = (word: number): string => word.toString(16).padStart(8, '0');

const formatFlow = (record: FlowRecord): string =>
  unlessZero('tcp_flags', record.tcpFlags) +
  unlessZero('reply_tcp_flags', record.reverseTcpFlags) +
  `,"flow_id":"${hex8(record.flowIdHigh)}${hex8(record.flowIdLow)}"`;

const formatConntrack = (record: FlowRecord): string => {
  const { protocol, state, helper, labels } = record;
  const stateName = state === 0 ? undefined : stateNames[protocol]?.[state];
  const status = statusWords(record.status);
  return (
    `,"ct.event":${eventNumbers[record.event]}` +
    unlessZero('ct.id', record.connectionId) +
    `,"ct.mark":${record.mark}` +
    unlessZero('zone', record.zone) +
    `,"nat":${record.isTranslated}` +
    (status.length === 0 ? '' : `,"status":["${status.join('","')}"]`) +
    (stateName === undefined ? '' : `,"${protocolName(protocol)}_state":"${stateName}"`) +
    (helper === '' ? '' : `,"helper":"${escapeName(helper)}"`) +
    (labels === '' ? '' : `,"labels":"${escapeName(labels)}"`)
  );
};

const formatPackets = (record: FlowRecord): string =>
  unlessZero('in_interface', record.inInterface) +
  unlessZero('vlan', record.vlan) +
  unlessZero('inner_vlan', record.innerVlan) +
  `,"tos":${record.tos}`;

const formatFlowCounts = (record: FlowRecord): string =>
  `,"flows":${record.flowsPresent},"flows_initiated":${record.flowsInitiated},"flows_completed":${record.flowsCompleted}` +
  `,"distinct_sources":${record.distinctSources},"distinct_destinations":${record.distinctDestinations}`;

const unlessEmpty = (key: string, text: string): string =>
  text === '' ? '' : `,"${key}":"${escapeText(text).replaceAll('"', '\\"')}"`;

const formatProcess = (end: 'process' | 'dst_process', facts: ProcessFacts | undefined): string =>
  facts === undefined
    ? ''
    : unlessZero(`${end}.pid`, facts.pid) +
      (facts.uid === noId ? '' : `,"${end}.uid":${facts.uid}`) +
      (facts.gid === noId ? '' : `,"${end}.gid":${facts.gid}`) +
      unlessEmpty(`${end}.name`, facts.name) +
      unlessEmpty(`${end}.user`, facts.user) +
      unlessEmpty(`${end}.command`, facts.command) +
      unlessEmpty(`${end}.cgroup`, facts.cgroup) +
      unlessZero(`${end}.cgroup_id`, facts.cgroupId) +
      unlessEmpty(`${end}.container_id`, facts.containerId) +
      `,"${end}.quality":"${processQualityWord(facts.quality)}"`;

const formatEnds = (side: 'front' | 'back', { src, dst, srcPort, dstPort }: ProxyTuple): string =>
  `,"${side}_src_ip":"${formatAddress(src, 0)}","${side}_src_port":${srcPort}` +
  `,"${side}_dst_ip":"${formatAddress(dst, 0)}","${side}_dst_port":${dstPort}`;

const formatTrace = ({ front, back, client, ...trace }: ProxyTrace): string =>
  formatEnds('front', front) +
  formatEnds('back', back) +
  unlessEmpty('req_id', trace.requestId) +
  unlessEmpty('sess_id', trace.sessionId) +
  unlessEmpty('mapping', trace.mapping) +
  (client === undefined ? '' : `,"client_ip":"${formatAddress(client, 0)}"`) +
  unlessEmpty('host', trace.host);

const formatAnyFlow = (record: FlowRecord): string => {
  const isAggregate = record.form === 'aggregate';
  const ofSource = record.source === 'conntrack' ? formatConntrack : formatPackets;
  return (
    (isAggregate ? formatNetworks(record) : formatTuples(record)) +
    `,"oob.family":${record.family === 6 ? 10 : 2}` +
    formatTimes(record) +
    formatCounters(record) +
    (isAggregate ? formatFlowCounts(record) : formatFlow(record) + ofSource(record)) +
    formatProcess('process', record.srcProcess) +
    formatProcess('dst_process', record.dstProcess)
  );
};

/** One object, with its newline. */
export const formatJson = (record: FlowRecord): string => {
  const timestamp = formatMicros(record.endMicros);
  return (
    (timestamp === undefined ? '{' : `{"timestamp":"${timestamp}",`) +
    `"event":"${eventWord(record)}"` +
    (record.form === 'nat-event' ? `,"nat_event":${record.natEvent}` : '') +
    `,"proto":"${protocolName(record.protocol)}"` +
    (record.trace === undefined ? formatAnyFlow(record) : formatTrace(record.trace)) +
    '}\n'
  );
};
