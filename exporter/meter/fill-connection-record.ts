/** What a connection has, put into a record; what metering knows of it beyond that is the meter's to add. */

import type { Connection } from '../observe/connection.ts';
import { synthesizeTcpFlags } from './connection-flags.ts';
import type { FlowRecord } from './flow-record.ts';
import { isTranslated } from './translation.ts';

const tcp = 6;
const byte = 0xff;

/** Cheaper than `set` for so few octets. */
const copyAddress = (to: Uint8Array, from: Uint8Array): void => {
  for (let i = 0; i < to.length; i++) to[i] = from[i] as number;
};

/**
 * Sets all but times, deltas, and what says which record it is. `seenStates` are the TCP states that were seen before, a bit each.
 */
export const fillConnectionRecord = (
  record: FlowRecord,
  connection: Connection,
  seenStates: number,
): void => {
  const { original, reply, protocol, state } = connection;
  record.family = connection.family;
  record.protocol = protocol;
  copyAddress(record.srcAddress, original.src);
  copyAddress(record.dstAddress, original.dst);
  record.srcPort = original.srcPort;
  record.dstPort = original.dstPort;
  record.icmpType = original.icmpType;
  record.icmpCode = original.icmpCode;
  record.icmpId = original.icmpId;
  record.isTranslated = isTranslated(connection);
  if (record.isTranslated) {
    copyAddress(record.postSrcAddress, reply.dst);
    copyAddress(record.postDstAddress, reply.src);
    record.postSrcPort = reply.dstPort;
    record.postDstPort = reply.srcPort;
  }
  record.hasCounters = connection.hasCounters;
  record.totalPackets = connection.packets;
  record.totalOctets = connection.octets;
  record.reverseTotalPackets = connection.reversePackets;
  record.reverseTotalOctets = connection.reverseOctets;
  const isTcp = protocol === tcp;
  const seen = state < 0 ? seenStates : seenStates | (1 << state);
  const flags = isTcp ? synthesizeTcpFlags(seen, connection.status) : 0;
  record.tcpFlags = flags & byte;
  record.reverseTcpFlags = flags >>> 8;
  record.connectionId = connection.id;
  record.flowIdLow = connection.id;
  record.zone = connection.zone;
  record.mark = connection.mark;
  record.status = connection.status;
  record.state = Math.max(0, state);
  record.timeoutSeconds = Math.max(0, connection.timeoutSeconds);
  record.helper = connection.helper;
  record.labels = connection.labels;
};
