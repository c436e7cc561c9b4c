/**
 * What metering needs of an IP packet. One object is filled again and again. Only numbers, and addresses as words of 32 bits
 * (signed, from network order): they are compared and kept without making anything.
 */
export interface PacketFields {
  micros: number;
  family: 4 | 6;
  protocol: number;
  /** IPv4 addresses are mapped ones (RFC 4291 2.5.5.2): 0, 0, 0xffff and the address. */
  src0: number;
  src1: number;
  src2: number;
  src3: number;
  dst0: number;
  dst1: number;
  dst2: number;
  dst3: number;
  /** Source port in the upper half, destination port in the lower; 0 where the protocol has none, or it is not known. */
  ports: number;
  tcpFlags: number;
  icmpType: number;
  icmpCode: number;
  /** Identifier of an ICMP query; 0 of other messages. */
  icmpId: number;
  tos: number;
  /** Time To Live, Hop Limit. */
  ttl: number;
  /** Octets of the IP packet, its header included, as octetDeltaCount (1) counts them. */
  octets: number;
  vlan: number;
  innerVlan: number;
  interfaceIndex: number;
}

export const makePacketFields = (): PacketFields => ({
  // Not a whole number, so that the property is one of doubles from the beginning.
  micros: 0.5,
  family: 4,
  protocol: 0,
  src0: 0,
  src1: 0,
  src2: 0,
  src3: 0,
  dst0: 0,
  dst1: 0,
  dst2: 0,
  dst3: 0,
  ports: 0,
  tcpFlags: 0,
  icmpType: 0,
  icmpCode: 0,
  icmpId: 0,
  tos: 0,
  ttl: 0,
  octets: 0,
  vlan: 0,
  innerVlan: 0,
  interfaceIndex: 0,
});
