/** From what a packet says of itself to what metering needs of it. */

import { absent, type PacketFacts } from '../../shared/capture/packet-facts.ts';
import { isIcmp } from './is-icmp.ts';
import type { PacketFields } from './packet-fields.ts';

const tcp = 6;
const mappedWord = 0xffff;

// Both families have their own lines, and only ICMP is asked for its type: what is read takes as long as counting the packet.
const fillIpv4Ends = (fields: PacketFields, facts: PacketFacts): void => {
  fields.family = 4;
  fields.src0 = 0;
  fields.src1 = 0;
  fields.src2 = mappedWord;
  fields.src3 = facts.src3;
  fields.dst0 = 0;
  fields.dst1 = 0;
  fields.dst2 = mappedWord;
  fields.dst3 = facts.dst3;
};

const fillIpv6Ends = (fields: PacketFields, facts: PacketFacts): void => {
  fields.family = 6;
  fields.src0 = facts.src0;
  fields.src1 = facts.src1;
  fields.src2 = facts.src2;
  fields.src3 = facts.src3;
  fields.dst0 = facts.dst0;
  fields.dst1 = facts.dst1;
  fields.dst2 = facts.dst2;
  fields.dst3 = facts.dst3;
};

/** Of an IP packet. VLAN tags that it does not have are 0 here, and so is what was not captured; the interface is the caller's. */
export const fillPacketFields = (fields: PacketFields, facts: PacketFacts): void => {
  const { protocol, vlan, innerVlan } = facts;
  fields.micros = facts.micros;
  fields.protocol = protocol;
  if (facts.family === 4) fillIpv4Ends(fields, facts);
  else fillIpv6Ends(fields, facts);
  fields.tos = facts.tos;
  fields.ttl = facts.ttl;
  fields.octets = facts.ipBytes;
  fields.vlan = vlan === absent ? 0 : vlan;
  fields.innerVlan = innerVlan === absent ? 0 : innerVlan;
  fields.ports = facts.ports;
  fields.tcpFlags = protocol === tcp ? Math.max(0, facts.tcpFlags) : 0;
  const hasIcmp = isIcmp(protocol);
  fields.icmpType = hasIcmp ? Math.max(0, facts.icmpType) : 0;
  fields.icmpCode = hasIcmp ? Math.max(0, facts.icmpCode) : 0;
  fields.icmpId = hasIcmp ? facts.icmpId : 0;
};
