/** Captures for tests, laid out octet by octet. Numbers are big-endian unless said otherwise. */

/** Octets from hex digits; anything else in the text is a separator. */
export const hexBytes = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replace(/[^0-9a-f]/gi, ''), 'hex'));

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

export const joinBytes = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts));

const u16 = (value: number): Uint8Array => new Uint8Array([value >> 8, value & 0xff]);

/** A UDP datagram with its header. */
export const udpBytes = (payload: Uint8Array, srcPort = 50000, dstPort = 2055): Uint8Array =>
  joinBytes(u16(srcPort), u16(dstPort), u16(8 + payload.length), u16(0), payload);

/** An IPv4 packet from 192.0.2.1 to 192.0.2.100; `fragment` is the word with flags and offset. */
export const ipv4Bytes = (payload: Uint8Array, fragment = 0, protocol = 17): Uint8Array =>
  joinBytes(
    hexBytes('45 00'),
    u16(20 + payload.length),
    hexBytes('12 34'),
    u16(fragment),
    new Uint8Array([64, protocol]),
    hexBytes('0000  c0 00 02 01  c0 00 02 64'),
    payload,
  );

export const ethernetBytes = (payload: Uint8Array, etherType = 0x0800): Uint8Array =>
  joinBytes(hexBytes('02 00 00 00 00 01  02 00 00 00 00 02'), u16(etherType), payload);

/** A classic pcap, little-endian, microseconds; the packets are a second apart from 2024-01-01T00:00:00.000007Z on. */
export const pcapBytes = (packets: readonly Uint8Array[], linkType = 1): Uint8Array => {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262144, 16);
  header.writeUInt32LE(linkType, 20);
  const parts: Uint8Array[] = [header];
  for (const [i, packet] of packets.entries()) {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1704067200 + i, 0);
    record.writeUInt32LE(7, 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    parts.push(record, packet);
  }
  return joinBytes(...parts);
};

/** A pcap of UDP datagrams over IPv4 and Ethernet. */
export const pcapOfDatagrams = (...payloads: readonly Uint8Array[]): Uint8Array =>
  pcapBytes(payloads.map((payload) => ethernetBytes(ipv4Bytes(udpBytes(payload)))));

/** `bytes` in pieces of `size` octets, one after the other. */
export async function* inPieces(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
