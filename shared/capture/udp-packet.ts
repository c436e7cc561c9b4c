/** A UDP header (RFC 768): 0 source port, 2 destination port, 4 length, 6 checksum, 8 payload. */
export interface UdpPacket {
  srcPort: number;
  dstPort: number;
  payloadAt: number;
  payloadEnd: number;
  /** Fewer octets were captured than the datagram had. */
  isCut: boolean;
}

export const udpProtocol = 17;

export const makeUdpPacket = (): UdpPacket => ({
  srcPort: 0,
  dstPort: 0,
  payloadAt: 0,
  payloadEnd: 0,
  isCut: false,
});

/** Fills `packet` from the header at `at`. The checksum is not looked at: captures on the sender's side have none yet. */
export const readUdpPacket = (packet: UdpPacket, view: DataView, at: number, end: number): boolean => {
  if (end - at < 8) return false;
  const said = view.getUint16(at + 4);
  // RFC 2675 4: in a jumbogram the length is 0.
  const lengthBytes = said === 0 ? end - at : said;
  if (lengthBytes < 8) return false;
  packet.srcPort = view.getUint16(at);
  packet.dstPort = view.getUint16(at + 2);
  packet.payloadAt = at + 8;
  packet.payloadEnd = Math.min(end, at + lengthBytes);
  packet.isCut = at + lengthBytes > end;
  return true;
};
