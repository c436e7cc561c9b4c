/**
 * A classic pcap of UDP datagrams, as `pcap.ts` reads it: little-endian, microseconds, packets that begin with their IP header
 * (LINKTYPE_RAW). The IP and UDP headers are made up, with right checksums.
 */

import { isIpv4Mapped } from '../wire/address.ts';
import { udpProtocol } from './udp-packet.ts';

export const pcapHeaderBytes = 24;

const magic = 0xa1b2c3d4;
const linkTypeRaw = 101;
const snapBytes = 262_144;
const recordHeaderBytes = 16;
const ipv4HeaderBytes = 20;
const ipv6HeaderBytes = 40;
const udpHeaderBytes = 8;
const maxU16 = 65_535;
const hopLimit = 64;

/** The most octets that `writeUdpRecord` adds to a payload. */
export const maxUdpRecordHeaderBytes = recordHeaderBytes + ipv6HeaderBytes + udpHeaderBytes;

/** One object is filled again and again. */
export interface PcapDatagram {
  /** Microseconds since 1970. */
  micros: number;
  /** Source address: 16 octets from `addressAt` on, IPv4 mapped. */
  bytes: Uint8Array;
  addressAt: number;
  srcPort: number;
  dstPort: number;
  /** Of the same octets. */
  view: DataView;
  payloadAt: number;
  payloadBytes: number;
}

/** Writes the header of the file at `at`; returns the offset behind it. */
export const writePcapHeader = (view: DataView, at: number): number => {
  view.setUint32(at, magic, true);
  view.setUint16(at + 4, 2, true);
  view.setUint16(at + 6, 4, true);
  view.setFloat64(at + 8, 0);
  view.setUint32(at + 16, snapBytes, true);
  view.setUint32(at + 20, linkTypeRaw, true);
  return at + pcapHeaderBytes;
};

/** Sum of the 32-bit words in `[at, end)`, padded with zeros: exact, since there are less than 2^21 of them. */
const sumWords = (view: DataView, at: number, end: number): number => {
  let sum = 0;
  let position = at;
  for (; end - position >= 4; position += 4) sum += view.getUint32(position);
  for (let shift = 2 ** 24; position < end; position++, shift /= 256) sum += view.getUint8(position) * shift;
  return sum;
};

/** The Internet checksum of such a sum (RFC 1071): folded to 16 bits, which wide words allow (2 (B)), and inverted. */
const checksumOf = (sum: number): number => {
  let folded = sum;
  while (folded > maxU16) folded = (folded % 65_536) + Math.floor(folded / 65_536);
  return maxU16 - folded;
};

/** To 127.0.0.1 (RFC 791 3.1). */
const writeIpv4Header = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  lengthBytes: number,
  datagram: PcapDatagram,
): void => {
  view.setUint16(at, 0x4500);
  view.setUint16(at + 2, lengthBytes);
  view.setUint32(at + 4, 0x4000); // no identification; must not be fragmented
  view.setUint8(at + 8, hopLimit);
  view.setUint8(at + 9, udpProtocol);
  view.setUint16(at + 10, 0);
  for (let i = 0; i < 4; i++) bytes[at + 12 + i] = datagram.bytes[datagram.addressAt + 12 + i] as number;
  view.setUint32(at + 16, 0x7f000001);
  view.setUint16(at + 10, checksumOf(sumWords(view, at, at + ipv4HeaderBytes)));
};

/** To ::1 (RFC 8200 3). */
const writeIpv6Header = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  lengthBytes: number,
  datagram: PcapDatagram,
): void => {
  view.setUint32(at, 0x60000000);
  view.setUint16(at + 4, lengthBytes - ipv6HeaderBytes);
  view.setUint8(at + 6, udpProtocol);
  view.setUint8(at + 7, hopLimit);
  for (let i = 0; i < 16; i++) bytes[at + 8 + i] = datagram.bytes[datagram.addressAt + i] as number;
  view.setFloat64(at + 24, 0);
  view.setUint32(at + 32, 0);
  view.setUint32(at + 36, 1);
};

/**
 * Writes the datagram as a packet from its source to 127.0.0.1 or ::1, at `at` of `bytes` (`view` of the same octets), where there is
 * room for the payload and `maxUdpRecordHeaderBytes`. Returns the offset behind it; `at` itself when the payload is longer
 * than one UDP datagram can be, and nothing is written.
 */
export const writeUdpRecord = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  datagram: PcapDatagram,
): number => {
  const { micros, payloadAt, payloadBytes } = datagram;
  const isIpv4 = isIpv4Mapped(datagram.bytes, datagram.addressAt);
  const udpBytes = udpHeaderBytes + payloadBytes;
  const ipBytes = isIpv4 ? ipv4HeaderBytes : ipv6HeaderBytes;
  const packetBytes = ipBytes + udpBytes;
  if ((isIpv4 ? packetBytes : udpBytes) > maxU16) return at;
  const seconds = Math.floor(micros / 1e6);
  view.setUint32(at, seconds, true);
  view.setUint32(at + 4, micros - seconds * 1e6, true);
  view.setUint32(at + 8, packetBytes, true);
  view.setUint32(at + 12, packetBytes, true);
  const ipAt = at + recordHeaderBytes;
  const udpAt = ipAt + ipBytes;
  (isIpv4 ? writeIpv4Header : writeIpv6Header)(bytes, view, ipAt, packetBytes, datagram);
  view.setUint16(udpAt, datagram.srcPort);
  view.setUint16(udpAt + 2, datagram.dstPort);
  view.setUint16(udpAt + 4, udpBytes);
  view.setUint16(udpAt + 6, 0);
  const payloadEnd = payloadAt + payloadBytes;
  bytes.set(datagram.bytes.subarray(payloadAt, payloadEnd), udpAt + udpHeaderBytes);
  // The pseudo header: both addresses, which lie before the UDP header, the protocol, the length (RFC 768, RFC 8200 8.1).
  const headers = sumWords(view, udpAt - (isIpv4 ? 8 : 32), udpAt + udpHeaderBytes) + udpProtocol + udpBytes;
  const checksum = checksumOf(headers + sumWords(datagram.view, payloadAt, payloadEnd));
  // RFC 768: 0 would say that there is none.
  view.setUint16(udpAt + 6, checksum === 0 ? maxU16 : checksum);
  return at + recordHeaderBytes + packetBytes;
};
