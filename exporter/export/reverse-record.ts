/** The second of the two records of a biflow, for collectors that take one direction each. */

import { type FlowRecord, makeFlowRecord } from '../meter/flow-record.ts';

const icmp6 = 58;

/** What both directions have in common, and is exported of the second one. */
const copyShared = (to: FlowRecord, from: FlowRecord): void => {
  to.form = from.form;
  to.source = from.source;
  to.family = from.family;
  to.protocol = from.protocol;
  to.icmpCode = from.icmpCode;
  to.isTranslated = from.isTranslated;
  to.startMicros = from.startMicros;
  to.endMicros = from.endMicros;
  to.endReason = from.endReason;
  to.firewallEvent = from.firewallEvent;
  to.hasCounters = from.hasCounters;
  to.flowIdHigh = from.flowIdHigh;
  to.flowIdLow = from.flowIdLow;
  to.zone = from.zone;
  to.mark = from.mark;
  to.inInterface = from.inInterface;
  to.vlan = from.vlan;
  to.innerVlan = from.innerVlan;
};

/** What answers a query of this type (RFC 792, RFC 950; RFC 4443 4, RFC 4620 3); other types have no answer. */
const icmpReplyType = (protocol: number, type: number): number => {
  if (protocol === icmp6) return type === 128 || type === 139 ? type + 1 : type;
  if (type === 8) return 0;
  return type === 13 || type === 15 || type === 17 ? type + 1 : type;
};

/**
 * Keeps one record, filled again by each call, with the reply of `record` as it is on the wire: it comes from where the flow was
 * translated to, and is translated back to the flow's own ends.
 */
export const makeReverser = (): ((record: FlowRecord) => FlowRecord) => {
  const reply = makeFlowRecord();
  return (record) => {
    copyShared(reply, record);
    reply.icmpType = icmpReplyType(record.protocol, record.icmpType);
    const { isTranslated } = record;
    reply.srcAddress.set(isTranslated ? record.postDstAddress : record.dstAddress);
    reply.dstAddress.set(isTranslated ? record.postSrcAddress : record.srcAddress);
    reply.srcPort = isTranslated ? record.postDstPort : record.dstPort;
    reply.dstPort = isTranslated ? record.postSrcPort : record.srcPort;
    reply.postSrcAddress.set(record.dstAddress);
    reply.postDstAddress.set(record.srcAddress);
    reply.postSrcPort = record.dstPort;
    reply.postDstPort = record.srcPort;
    reply.packets = record.reversePackets;
    reply.octets = record.reverseOctets;
    reply.totalPackets = record.reverseTotalPackets;
    reply.totalOctets = record.reverseTotalOctets;
    reply.tcpFlags = record.reverseTcpFlags;
    reply.srcPrefixLength = record.dstPrefixLength;
    reply.dstPrefixLength = record.srcPrefixLength;
    reply.srcProcess = record.dstProcess;
    reply.dstProcess = record.srcProcess;
    reply.distinctSources = record.distinctDestinations;
    reply.distinctDestinations = record.distinctSources;
    return reply;
  };
};
