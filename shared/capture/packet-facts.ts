/** What a captured packet says of itself, each read from its octets when it is asked for: most packets are asked for little. */

import { type CapturedPacket, makeCapturedPacket } from './captured-packet.ts';

/** Less than every number of a packet. */
export const absent = -1;

const protocols = { icmp: 1, tcp: 6, udp: 17, dccp: 33, icmp6: 58, sctp: 132, udpLite: 136 } as const;
/** LINKTYPE_ETHERNET. */
const ethernet = 1;
const ethernetHeaderBytes = 14;
/** Where TCP has its flags, ICMP the identifier of a query. */
const flagsAt = 13;
const icmpIdAt = 4;

export const hasPorts = (protocol: number): boolean =>
  protocol === protocols.tcp ||
  protocol === protocols.udp ||
  protocol === protocols.sctp ||
  protocol === protocols.dccp ||
  protocol === protocols.udpLite;

/** Queries and their answers have an identifier: echo, timestamp, information, address mask (RFC 792, RFC 950, RFC 4443). */
const isIcmpQuery = (protocol: number, type: number): boolean =>
  protocol === protocols.icmp
    ? type === 0 || type === 8 || (type >= 13 && type <= 18)
    : type === 128 || type === 129;

const seesPorts = ({ protocol, transportAt, transportEnd }: PacketFacts): boolean =>
  hasPorts(protocol) && transportEnd - transportAt >= 4;
const seesIcmp = ({ protocol, transportAt, transportEnd }: PacketFacts): boolean =>
  (protocol === protocols.icmp || protocol === protocols.icmp6) && transportEnd - transportAt >= 2;

/**
 * One object is filled again and again, by a PacketDissector. A number is `absent` where the packet does not have it, or was cut before
 * it. Addresses are four words of 32 bits (signed) in network order, IPv4 in its IPv4-mapped form (RFC 4291 2.5.5.2); of a tunnel
 * they are the outer ones.
 */
export class PacketFacts {
  packet: CapturedPacket = makeCapturedPacket();
  /** The octets of the packet are `[at, end)`. */
  view: DataView = this.packet.view;
  at = 0;
  end = 0;
  /** Identifiers of the outer and the next VLAN tag. */
  vlan: number = absent;
  innerVlan: number = absent;
  /** Where MPLS labels begin. */
  labelsAt: number = absent;
  /** Where the IP header begins, or what should be one. */
  ipAt: number = absent;
  /** 4 or 6; `absent`: no IP header that can be believed, and nothing of what follows. */
  family: number = absent;
  /** Behind extension headers. */
  protocol: number = absent;
  /** Octets of the IP packet, as its header says. */
  ipBytes: number = absent;
  /**
   * The transport header is in `[transportAt, transportEnd)` of `transport`. For a later fragment these are the octets of the first
   * one, where that was seen.
   */
  transport: DataView = this.packet.view;
  transportAt = 0;
  transportEnd = 0;

  /** Time of capture, microseconds since 1970. */
  get micros(): number {
    const { seconds, nanos } = this.packet;
    return seconds * 1e6 + Math.floor(nanos / 1000);
  }

  /** Where the header of Ethernet is. */
  get ethernetAt(): number {
    return this.packet.linkType === ethernet && this.end - this.at >= ethernetHeaderBytes ? this.at : absent;
  }

  get src0(): number {
    return this.family === 6 ? this.view.getInt32(this.ipAt + 8) : 0;
  }

  get src1(): number {
    return this.family === 6 ? this.view.getInt32(this.ipAt + 12) : 0;
  }

  get src2(): number {
    return this.family === 6 ? this.view.getInt32(this.ipAt + 16) : 0xffff;
  }

  get src3(): number {
    if (this.family === 4) return this.view.getInt32(this.ipAt + 12);
    return this.family === 6 ? this.view.getInt32(this.ipAt + 20) : 0;
  }

  get dst0(): number {
    return this.family === 6 ? this.view.getInt32(this.ipAt + 24) : 0;
  }

  get dst1(): number {
    return this.family === 6 ? this.view.getInt32(this.ipAt + 28) : 0;
  }

  get dst2(): number {
    return this.family === 6 ? this.view.getInt32(this.ipAt + 32) : 0xffff;
  }

  get dst3(): number {
    if (this.family === 4) return this.view.getInt32(this.ipAt + 16);
    return this.family === 6 ? this.view.getInt32(this.ipAt + 36) : 0;
  }

  /** Type of service, traffic class. */
  get tos(): number {
    if (this.family === 4) return this.view.getUint8(this.ipAt + 1);
    return this.family === 6 ? (this.view.getUint16(this.ipAt) >> 4) & 0xff : absent;
  }

  /** TTL, hop limit. */
  get ttl(): number {
    if (this.family === 4) return this.view.getUint8(this.ipAt + 8);
    return this.family === 6 ? this.view.getUint8(this.ipAt + 7) : absent;
  }

  get flowLabel(): number {
    return this.family === 6 ? this.view.getUint32(this.ipAt) & 0xfffff : absent;
  }

  /** Of TCP, UDP, UDP-Lite, SCTP, DCCP. */
  get srcPort(): number {
    return seesPorts(this) ? this.transport.getUint16(this.transportAt) : absent;
  }

  get dstPort(): number {
    return seesPorts(this) ? this.transport.getUint16(this.transportAt + 2) : absent;
  }

  /** Source port in the upper half, destination port in the lower; 0 without. */
  get ports(): number {
    return seesPorts(this) ? this.transport.getInt32(this.transportAt) : 0;
  }

  get tcpFlags(): number {
    const isThere = this.protocol === protocols.tcp && this.transportEnd - this.transportAt > flagsAt;
    return isThere ? this.transport.getUint8(this.transportAt + flagsAt) : absent;
  }

  /** Of ICMP and ICMPv6. */
  get icmpType(): number {
    return seesIcmp(this) ? this.transport.getUint8(this.transportAt) : absent;
  }

  get icmpCode(): number {
    return seesIcmp(this) ? this.transport.getUint8(this.transportAt + 1) : absent;
  }

  /** Identifier of an ICMP query; 0 of other messages. */
  get icmpId(): number {
    const isThere = seesIcmp(this) && this.transportEnd - this.transportAt >= icmpIdAt + 2;
    return isThere && isIcmpQuery(this.protocol, this.icmpType)
      ? this.transport.getUint16(this.transportAt + icmpIdAt)
      : 0;
  }
}
