/** From the octets of an IP packet to what metering needs of it. */

import { type IpPacket, isFragment, makeIpPacket, readIpPacket } from '../../shared/capture/ip-packet.ts';
import { FragmentPorts } from './fragment-ports.ts';
import { isIcmp } from './is-icmp.ts';
import type { PacketFields } from './packet-fields.ts';

const protocols = { icmp: 1, tcp: 6, udp: 17, dccp: 33, sctp: 132, udpLite: 136 } as const;
const minHeaderBytes = { ipv4: 20, ipv6: 40 } as const;
/** Beginning of an IPv4 packet without options. */
const plainIpv4 = 0x45;
/** More Fragments and the offset; the bit for Don't Fragment says nothing here. */
const fragmentBits = 0x3fff;

const hasPorts = (protocol: number): boolean =>
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

/** What is in front of `[at, end)` of the payload: ports, flags, ICMP. What was not captured stays 0. */
const readTransport = (fields: PacketFields, view: DataView, at: number, end: number): void => {
  const { protocol } = fields;
  fields.ports = 0;
  fields.tcpFlags = 0;
  fields.icmpType = 0;
  fields.icmpCode = 0;
  fields.icmpId = 0;
  if (hasPorts(protocol)) {
    if (end - at < 4) return;
    fields.ports = view.getInt32(at);
    if (protocol === protocols.tcp && end - at >= 14) fields.tcpFlags = view.getUint8(at + 13);
  } else if (isIcmp(protocol)) {
    if (end - at < 2) return;
    fields.icmpType = view.getUint8(at);
    fields.icmpCode = view.getUint8(at + 1);
    if (end - at >= 6 && isIcmpQuery(protocol, fields.icmpType)) fields.icmpId = view.getUint16(at + 4);
  }
};

const readIpv4Ends = (fields: PacketFields, view: DataView, at: number): void => {
  fields.family = 4;
  fields.tos = view.getUint8(at + 1);
  fields.ttl = view.getUint8(at + 8);
  fields.src0 = 0;
  fields.src1 = 0;
  fields.src2 = 0xffff;
  fields.src3 = view.getInt32(at + 12);
  fields.dst0 = 0;
  fields.dst1 = 0;
  fields.dst2 = 0xffff;
  fields.dst3 = view.getInt32(at + 16);
};

const readIpv6Ends = (fields: PacketFields, view: DataView, at: number): void => {
  fields.family = 6;
  fields.tos = (view.getUint16(at) >> 4) & 0xff;
  fields.ttl = view.getUint8(at + 7);
  fields.src0 = view.getInt32(at + 8);
  fields.src1 = view.getInt32(at + 12);
  fields.src2 = view.getInt32(at + 16);
  fields.src3 = view.getInt32(at + 20);
  fields.dst0 = view.getInt32(at + 24);
  fields.dst1 = view.getInt32(at + 28);
  fields.dst2 = view.getInt32(at + 32);
  fields.dst3 = view.getInt32(at + 36);
};

export class PacketDissector {
  /** Later fragments whose first one was not seen before: they have no ports. */
  fragmentsWithoutPorts = 0;
  readonly #ip: IpPacket = makeIpPacket();
  readonly #fragmentPorts = new FragmentPorts();

  /**
   * Fills `fields` from the IP header at `at`; `micros`, VLAN and interface are the caller's. `end` is where the captured
   * octets end, `wireEnd` where those of the frame did. False: there is no whole IP header, or it contradicts itself.
   */
  dissect(fields: PacketFields, view: DataView, at: number, end: number, wireEnd: number): boolean {
    if (end - at >= minHeaderBytes.ipv4 && view.getUint8(at) === plainIpv4) {
      const said = view.getUint16(at + 2);
      if (said >= minHeaderBytes.ipv4 && (view.getUint16(at + 6) & fragmentBits) === 0) {
        fields.octets = said;
        fields.protocol = view.getUint8(at + 9);
        readIpv4Ends(fields, view, at);
        readTransport(fields, view, at + minHeaderBytes.ipv4, Math.min(end, at + said));
        return true;
      }
    } else if (end - at >= minHeaderBytes.ipv6 && view.getUint8(at) >> 4 === 6) {
      const said = view.getUint16(at + 4);
      const protocol = view.getUint8(at + 6);
      if (said > 0 && (protocol === protocols.tcp || protocol === protocols.udp)) {
        const octets = minHeaderBytes.ipv6 + said;
        fields.octets = octets;
        fields.protocol = protocol;
        readIpv6Ends(fields, view, at);
        readTransport(fields, view, at + minHeaderBytes.ipv6, Math.min(end, at + octets));
        return true;
      }
    }
    return this.#dissectUnusual(fields, view, at, end, wireEnd);
  }

  /** Options, extension headers, fragments, and lengths of 0. */
  #dissectUnusual(fields: PacketFields, view: DataView, at: number, end: number, wireEnd: number): boolean {
    const ip = this.#ip;
    if (!readIpPacket(ip, view, at, end)) return false;
    // A packet that the network card was still to cut up (TSO), or a jumbogram: as long as its frame.
    const said = view.getUint16(ip.version === 4 ? at + 2 : at + 4);
    fields.octets = said === 0 ? wireEnd - at : ip.totalBytes;
    fields.protocol = ip.protocol;
    if (ip.version === 4) readIpv4Ends(fields, view, at);
    else readIpv6Ends(fields, view, at);
    const isLater = ip.fragmentAt > 0;
    readTransport(fields, view, isLater ? ip.payloadEnd : ip.payloadAt, ip.payloadEnd);
    if (!isFragment(ip) || !hasPorts(ip.protocol)) return true;
    if (!isLater) this.#fragmentPorts.remember(fields, ip.identification);
    else if (!this.#fragmentPorts.find(fields, ip.identification)) this.fragmentsWithoutPorts++;
    return true;
  }
}
