/** Frames of many kinds, laid out octet by octet, for who tells packets apart: the same ones each time. */

import { parseAddress } from '../../shared/wire/address.ts';
import { hexBytes, joinBytes } from './capture-builder.ts';

const u16 = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(values.flatMap((value) => [(value >> 8) & 0xff, value & 0xff]));
const octets = (...values: readonly number[]): Uint8Array => new Uint8Array(values);

const addressOf = (text: string): Uint8Array => {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(`no address: ${text}`);
  return text.includes(':') ? found : found.subarray(12);
};

export interface IpSketch {
  readonly src: string;
  readonly dst: string;
  readonly protocol: number;
  readonly tos?: number;
  readonly ttl?: number;
  readonly id?: number;
  /** The word with flags and offset (IPv4). */
  readonly fragment?: number;
  /** Octets, a multiple of four. */
  readonly options?: Uint8Array;
  readonly flowLabel?: number;
}

export const ipv4 = (sketch: IpSketch, payload: Uint8Array): Uint8Array => {
  const { src, dst, protocol, tos = 0, ttl = 64, id = 1, fragment = 0, options = octets() } = sketch;
  const headerBytes = 20 + options.length;
  return joinBytes(
    octets(0x40 | (headerBytes / 4), tos),
    u16(headerBytes + payload.length, id, fragment),
    octets(ttl, protocol, 0, 0),
    addressOf(src),
    addressOf(dst),
    options,
    payload,
  );
};

export const ipv6 = (sketch: IpSketch, payload: Uint8Array): Uint8Array => {
  const { src, dst, protocol, tos = 0, ttl = 64, flowLabel = 0 } = sketch;
  const first = (0x60000000 | (tos << 20) | flowLabel) >>> 0;
  return joinBytes(
    u16(first >>> 16, first & 0xffff, payload.length),
    octets(protocol, ttl),
    addressOf(src),
    addressOf(dst),
    payload,
  );
};

export const ip = (sketch: IpSketch, payload: Uint8Array): Uint8Array =>
  sketch.src.includes(':') ? ipv6(sketch, payload) : ipv4(sketch, payload);

export const tcp = (srcPort: number, dstPort: number, flags: number, payloadBytes = 0): Uint8Array =>
  joinBytes(
    u16(srcPort, dstPort),
    hexBytes('00000001 00000001'),
    octets(0x50, flags),
    hexBytes('ffff 0000 0000'),
    new Uint8Array(payloadBytes),
  );

export const udp = (srcPort: number, dstPort: number, payloadBytes = 0): Uint8Array =>
  joinBytes(u16(srcPort, dstPort, 8 + payloadBytes, 0), new Uint8Array(payloadBytes));

export const icmp = (type: number, code: number, rest: Uint8Array = new Uint8Array(24)): Uint8Array =>
  joinBytes(octets(type, code, 0, 0), hexBytes('0001 0001'), rest);

/** Behind an EtherType. `tags`: what stands between the MAC addresses and it. */
export const ethernet = (etherType: number, payload: Uint8Array, tags = octets(), host = 1): Uint8Array =>
  joinBytes(hexBytes('02 00 5e 00 00 02  02 00 5e 00 00'), octets(host), tags, u16(etherType), payload);

export const vlanTag = (id: number, etherType = 0x8100): Uint8Array => u16(etherType, id);

const frame = (packet: Uint8Array, tags?: Uint8Array, host?: number): Uint8Array =>
  ethernet((packet[0] as number) >> 4 === 6 ? 0x86dd : 0x0800, packet, tags, host);

const v4 = { src: '10.1.0.1', dst: '192.0.2.100' };
const v6 = { src: '2001:db8:1::1', dst: '2001:db8:2::100' };

/** TCP and UDP both ways between some hosts and ports, over both versions of IP. */
const conversations = (): Uint8Array[] =>
  Array.from({ length: 240 }, (_, i) => {
    const host = 1 + (i % 7);
    const [client, server] =
      i % 3 === 0 ? [`2001:db8:1::${host}`, v6.dst] : [`10.1.${i % 2}.${host}`, v4.dst];
    const [clientPort, serverPort] = [40_000 + (i % 11), [80, 443, 22, 8001, 5432][i % 5] as number];
    const isBack = i % 2 === 1;
    const [src, dst] = isBack ? [server, client] : [client, server];
    const [srcPort, dstPort] = isBack ? [serverPort, clientPort] : [clientPort, serverPort];
    const isTcp = i % 4 !== 0;
    const flags = [0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0xc2][i % 8] as number;
    const transport = isTcp
      ? tcp(srcPort, dstPort, flags, (i * 37) % 1300)
      : udp(srcPort, dstPort, (i * 53) % 1400);
    const tos = [0, 0xb8, 0x2e, 0x03][i % 4] as number;
    const sketch = { src, dst, protocol: isTcp ? 6 : 17, tos, ttl: 1 + ((i * 5) % 255), id: i };
    return frame(ip({ ...sketch, flowLabel: i % 5 }, transport), undefined, host);
  });

const messages = (): Uint8Array[] => [
  ...[0, 3, 4, 5, 8, 11, 13].flatMap((type) =>
    [0, 1, 3].map((code) => {
      // Errors quote a packet, which is not the packet.
      const quoted = ipv4({ src: '10.9.9.9', dst: '192.0.2.200', protocol: 6 }, tcp(1234, 9999, 2));
      return frame(ipv4({ ...v4, protocol: 1 }, icmp(type, code, quoted)));
    }),
  ),
  ...[1, 2, 3, 128, 129, 135, 136].flatMap((type) =>
    [0, 4].map((code) => frame(ipv6({ ...v6, protocol: 58, ttl: 255 }, icmp(type, code)))),
  ),
];

const taggedOnes = (): Uint8Array[] => {
  const inside = ipv4({ ...v4, protocol: 17 }, udp(40_001, 514, 20));
  const inside6 = ipv6({ ...v6, protocol: 6 }, tcp(40_002, 443, 0x10));
  const arp = hexBytes('0001 0800 06 04 0001 02005e000001 0a010001 000000000000 0a010002');
  const label = (value: number, isLast: boolean): Uint8Array =>
    u16(value >> 4, ((value & 15) << 12) | (isLast ? 0x140 : 0x40));
  return [
    ...[5, 100, 4094].map((id) => frame(inside, vlanTag(id))),
    frame(inside6, vlanTag(0xe064)),
    frame(inside, joinBytes(vlanTag(200, 0x88a8), vlanTag(100))),
    frame(inside6, joinBytes(vlanTag(100), vlanTag(300))),
    ethernet(0x0806, arp),
    ethernet(0x0806, arp, vlanTag(100)),
    ethernet(0x88cc, hexBytes('0207 04 02005e000001 0403 07 6531 0602 0078 0000')),
    ethernet(0x8847, joinBytes(label(16_004, true), inside)),
    ethernet(0x8847, joinBytes(label(16_004, false), label(17, true), inside)),
    ethernet(0x8847, joinBytes(label(500, false), label(16_005, true), inside6)),
    ethernet(0x8864, joinBytes(hexBytes('11 00 0001'), u16(inside.length + 2), hexBytes('0021'), inside)),
  ];
};

/** Headers that stand in the way, other protocols, and packets that are cut. */
const unusual = (): Uint8Array[] => {
  const options = hexBytes('94 04 00 00 01 01 01 00');
  const hopByHop = hexBytes('11 00 05 02 0000 0100');
  const destination = (next: number) => joinBytes(octets(next, 1), new Uint8Array(14));
  return [
    frame(ipv4({ ...v4, protocol: 6, options }, tcp(40_003, 8080, 2))),
    frame(ipv4({ ...v4, protocol: 17, options }, udp(40_003, 8080, 5))),
    frame(ipv6({ ...v6, protocol: 0 }, joinBytes(hopByHop, udp(40_004, 8080, 9)))),
    frame(ipv6({ ...v6, protocol: 60 }, joinBytes(destination(6), tcp(40_005, 8080, 0x12)))),
    frame(ipv4({ ...v4, protocol: 2, ttl: 1 }, hexBytes('16 00 0000 e0000001'))),
    frame(ipv4({ ...v4, protocol: 47 }, hexBytes('0000 88be 00000000'))),
    frame(ipv4({ ...v4, protocol: 132 }, hexBytes('9c46 0b59 00000001 00000000 0b00 0004'))),
    frame(ipv4({ ...v4, protocol: 50 }, hexBytes('00000001 00000001 0000000000000000'))),
    frame(ipv4({ ...v4, protocol: 17 }, udp(0, 8080, 3))),
  ];
};

/** A datagram in three pieces over IPv4 and in two over IPv6, and one whose first piece is missing. */
const fragments = (): Uint8Array[] => {
  const whole = udp(7000, 7777, 3000 - 8);
  const piece = (id: number, at: number, bytes: number, more: boolean): Uint8Array =>
    frame(
      ipv4(
        { ...v4, protocol: 17, id, fragment: (more ? 0x2000 : 0) | (at / 8) },
        whole.subarray(at, at + bytes),
      ),
    );
  const piece6 = (at: number, bytes: number, more: boolean): Uint8Array =>
    frame(
      ipv6(
        { ...v6, protocol: 44 },
        joinBytes(
          octets(17, 0),
          u16(at | (more ? 1 : 0)),
          hexBytes('00007777'),
          whole.subarray(at, at + bytes),
        ),
      ),
    );
  return [
    ...[piece(0x7777, 0, 1000, true), piece(0x7777, 1000, 1000, true), piece(0x7777, 2000, 1000, false)],
    ...[piece6(0, 1400, true), piece6(1400, 1600, false)],
    piece(0x7778, 1000, 1000, false),
  ];
};

export const mixedPackets = (): readonly Uint8Array[] => [
  ...conversations(),
  ...messages(),
  ...taggedOnes(),
  ...unusual(),
  ...fragments(),
];
