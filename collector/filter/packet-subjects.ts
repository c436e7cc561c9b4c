/** What terms are about, in a packet: it is read as the flow that it would be alone. */

import { absent, type PacketFacts } from '../../shared/capture/packet-facts.ts';
import type { PacketTest } from './packet-test.ts';
import type { AddressTest, NumberTest, PacketValue } from './packet-value.ts';

/** Joined with a value it is a test; a condition takes none. */
export type PacketSubject = (value: PacketValue | undefined) => PacketTest;

const theNumber = (value: PacketValue | undefined): NumberTest => {
  if (value?.number === undefined) throw new Error('a number was not compared with numbers');
  return value.number;
};
const theAddress = (value: PacketValue | undefined): AddressTest => {
  if (value?.address === undefined) throw new Error('an address was not compared with addresses');
  return value.address;
};

/** What the packet does not have is never what is asked for. */
export const packetNumber =
  (read: (packet: PacketFacts) => number): PacketSubject =>
  (value) => {
    const test = theNumber(value);
    return (packet) => {
      const found = read(packet);
      return found !== absent && test(found);
    };
  };

export const packetCondition =
  (test: PacketTest): PacketSubject =>
  () =>
    test;

const srcAddress: PacketSubject = (value) => {
  const test = theAddress(value);
  return (p) => p.family !== absent && test(p.src0, p.src1, p.src2, p.src3);
};
const dstAddress: PacketSubject = (value) => {
  const test = theAddress(value);
  return (p) => p.family !== absent && test(p.dst0, p.dst1, p.dst2, p.dst3);
};

/** Either tag: a capture sees the packet at one place, where it has come in or is going out. */
const anyVlan: PacketSubject = (value) => {
  const test = theNumber(value);
  return ({ vlan, innerVlan }) =>
    (vlan !== absent && test(vlan)) || (innerVlan !== absent && test(innerVlan));
};

/** The MAC address at `offset` of the header of Ethernet, as the columns have it. */
const mac = (offset: number): PacketSubject =>
  packetNumber(({ view, ethernetAt }) =>
    ethernetAt === absent
      ? absent
      : view.getUint16(ethernetAt + offset) * 2 ** 32 + view.getUint32(ethernetAt + offset + 2),
  );

/** Labels are the upper 20 bits of 4 octets, of which the last one has its lowest bit but eight set (RFC 3032 2.1). */
const anyLabel: PacketSubject = (value) => {
  const test = theNumber(value);
  return ({ view, labelsAt, end }) => {
    if (labelsAt === absent) return false;
    for (let at = labelsAt; end - at >= 4; at += 4) {
      const entry = view.getUint32(at);
      if (test(entry >>> 12)) return true;
      if (entry & 0x100) return false;
    }
    return false;
  };
};

const icmpTypeCode = packetNumber((p) => (p.icmpType === absent ? absent : p.icmpType * 256 + p.icmpCode));

/** By the column whose name is the subject. */
export const packetColumns: ReadonlyMap<string, PacketSubject> = new Map([
  ['time', packetNumber((p) => p.micros)],
  ['src_addr', srcAddress],
  ['dst_addr', dstAddress],
  ['src_port', packetNumber((p) => p.srcPort)],
  ['dst_port', packetNumber((p) => p.dstPort)],
  ['proto', packetNumber((p) => p.protocol)],
  ['tcp_flags', packetNumber((p) => p.tcpFlags)],
  ['tos', packetNumber((p) => p.tos)],
  ['icmp_type_code', icmpTypeCode],
  ['bytes', packetNumber((p) => p.ipBytes)],
  ['ttl_min', packetNumber((p) => p.ttl)],
  ['ttl_max', packetNumber((p) => p.ttl)],
  ['length_min', packetNumber((p) => p.ipBytes)],
  ['length_max', packetNumber((p) => p.ipBytes)],
  ['flow_label', packetNumber((p) => p.flowLabel)],
  ['src_mac', mac(6)],
  ['dst_mac', mac(0)],
  ['src_vlan', anyVlan],
  ['dst_vlan', anyVlan],
  ['mpls_labels', anyLabel],
]);
