/** What filters ask of a packet. */

/**
 * One object is filled again and again. A number is `absent` where the packet does not have it: no comparison is true of that.
 * Addresses are four words of 32 bits (signed) in network order, IPv4 in its IPv4-mapped form; of a tunnel they are the outer ones.
 */
export interface PacketFacts {
  /** Time of capture, microseconds since 1970. */
  micros: number;
  /** Version of IP; `absent`: no IP, and none of the facts that follow, up to `icmpCode`. */
  family: number;
  src0: number;
  src1: number;
  src2: number;
  src3: number;
  dst0: number;
  dst1: number;
  dst2: number;
  dst3: number;
  /** Behind extension headers. */
  protocol: number;
  /** Type of service, traffic class. */
  tos: number;
  /** TTL, hop limit. */
  ttl: number;
  /** Octets of the IP packet, as its header says. */
  ipBytes: number;
  flowLabel: number;
  /** Of TCP, UDP, UDP-Lite, SCTP, DCCP. A later fragment has these, the flags, type and code of the first one, where that was seen. */
  srcPort: number;
  dstPort: number;
  tcpFlags: number;
  /** Of ICMP and ICMPv6. */
  icmpType: number;
  icmpCode: number;
  /** Of the outer and the next VLAN tag. */
  vlan: number;
  innerVlan: number;
  /** Where in `view` the header of Ethernet is, `absent` without; so many packets are not asked for it that it is read when they are. */
  ethernetAt: number;
  /** Where the MPLS labels are, likewise. */
  labelsAt: number;
  view: DataView;
  /** Where the octets of the packet end. */
  end: number;
}

/** Less than every number of a packet. */
export const absent = -1;

export const makePacketFacts = (): PacketFacts => ({
  micros: 0,
  family: absent,
  src0: 0,
  src1: 0,
  src2: 0,
  src3: 0,
  dst0: 0,
  dst1: 0,
  dst2: 0,
  dst3: 0,
  protocol: absent,
  tos: absent,
  ttl: absent,
  ipBytes: absent,
  flowLabel: absent,
  srcPort: absent,
  dstPort: absent,
  tcpFlags: absent,
  icmpType: absent,
  icmpCode: absent,
  vlan: absent,
  innerVlan: absent,
  ethernetAt: absent,
  labelsAt: absent,
  view: new DataView(new ArrayBuffer(0)),
  end: 0,
});

/** Whether a packet is one of those that are meant. */
export type PacketTest = (packet: PacketFacts) => boolean;
