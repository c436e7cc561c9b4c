/**
 * A capture of UDP flows in all the wrappings that metering should see through, made by chance from a seed: VLAN, QinQ, MPLS,
 * PPPoE, IPv4 options, IPv6 extension headers, fragments, packets of which the capture has a part. What is in it is known exactly.
 */

import { parseAddress } from '../../shared/wire/address.ts';
import { hexBytes, joinBytes, udpBytes } from './capture-builder.ts';
import { SeededRandom } from './seeded-random.ts';

export const linkWrappings = ['none', 'vlan', 'qinq', 'mpls', 'vlan+mpls', 'pppoe'] as const;
export type LinkWrapping = (typeof linkWrappings)[number];
export const networkWrappings = ['none', 'options', 'extensions', 'fragments', 'cut'] as const;
export type NetworkWrapping = (typeof networkWrappings)[number];

/** One direction; `octets` are those of its IP packets, headers included, fragments as they were sent. */
export interface WrappedFlow {
  readonly link: LinkWrapping;
  readonly network: NetworkWrapping;
  readonly family: 4 | 6;
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  packets: number;
  octets: number;
}

export interface WrappedTraffic {
  readonly capture: Uint8Array;
  readonly flows: readonly WrappedFlow[];
}

const u16 = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(values.flatMap((value) => [(value >> 8) & 0xff, value & 0xff]));
const udp = 17;
/** Of a packet that the capture has cut: all headers, and little of what follows. */
const snapBytes = 110;

const address = (text: string, family: 4 | 6): Uint8Array => {
  const octets = parseAddress(text) ?? new Uint8Array(16);
  return family === 4 ? octets.subarray(12) : octets;
};

interface Piece {
  /** Of the payload, in octets. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** Pieces for fragments: multiples of eight octets but the last, the first of them large enough for the ports. */
const piecesOf = (payload: Uint8Array, random: SeededRandom): Piece[] => {
  const pieces: Piece[] = [];
  for (let at = 0; at < payload.length; ) {
    const length = Math.min(payload.length - at, 8 * random.between(2, 10));
    pieces.push({ at, bytes: payload.subarray(at, at + length), isLast: at + length === payload.length });
    at += length;
  }
  return pieces;
};

const ipv4Packet = (flow: WrappedFlow, id: number, piece: Piece): Uint8Array => {
  // Router alert and padding (RFC 2113), or timestamps that nobody asked for.
  const options = flow.network === 'options' ? hexBytes('94040000 44080500 00000000') : new Uint8Array(0);
  const headerBytes = 20 + options.length;
  const fragment = (piece.at >> 3) | (piece.isLast ? 0 : 0x2000);
  return joinBytes(
    new Uint8Array([0x40 | (headerBytes >> 2), 0]),
    u16(headerBytes + piece.bytes.length, id, fragment),
    new Uint8Array([64, udp, 0, 0]),
    address(flow.src, 4),
    address(flow.dst, 4),
    options,
    piece.bytes,
  );
};

const ipv6Packet = (flow: WrappedFlow, id: number, piece: Piece, isWhole: boolean): Uint8Array => {
  const isExtended = flow.network === 'extensions';
  // Hop-by-hop (padding), destination options of 16 octets, authentication header of 24.
  const extensions = isExtended
    ? hexBytes(
        '3c 00 01 04 00000000  33 01 01 0c 000000000000000000000000  11 04 0000 00000001 00000001 000000000000000000000000',
      )
    : new Uint8Array(0);
  const fragment = isWhole
    ? new Uint8Array(0)
    : joinBytes(new Uint8Array([udp, 0]), u16(piece.at | (piece.isLast ? 0 : 1), 0, id));
  const next = isExtended ? 0 : isWhole ? udp : 44;
  return joinBytes(
    hexBytes('60012345'),
    u16(extensions.length + fragment.length + piece.bytes.length),
    new Uint8Array([next, 64]),
    address(flow.src, 6),
    address(flow.dst, 6),
    extensions,
    fragment,
    piece.bytes,
  );
};

const macs = hexBytes('02 00 00 00 00 01  02 00 00 00 00 02');

const linkHeader = ({ link, family }: WrappedFlow, ipBytes: number): Uint8Array => {
  const type = family === 4 ? 0x0800 : 0x86dd;
  switch (link) {
    case 'vlan':
      return joinBytes(macs, u16(0x8100, 0x2064, type));
    case 'qinq':
      return joinBytes(macs, u16(0x88a8, 200, 0x8100, 300, type));
    case 'mpls':
      return joinBytes(macs, u16(0x8847), hexBytes('00010 0 40 00020 1 40'));
    case 'vlan+mpls':
      return joinBytes(macs, u16(0x8100, 100, 0x8847), hexBytes('00030 1 40'));
    case 'pppoe':
      return joinBytes(macs, u16(0x8864, 0x1100, 7, ipBytes + 2, family === 4 ? 0x0021 : 0x0057));
    default:
      return joinBytes(macs, u16(type));
  }
};

const recordOf = (seconds: number, frame: Uint8Array, capturedBytes: number): Uint8Array => {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(seconds, 0);
  header.writeUInt32LE(capturedBytes, 8);
  header.writeUInt32LE(frame.length, 12);
  return joinBytes(header, frame.subarray(0, capturedBytes));
};

const makeFlows = (): WrappedFlow[] => {
  const flows: WrappedFlow[] = [];
  for (const link of linkWrappings)
    for (const network of networkWrappings)
      for (const family of [4, 6] as const) {
        if (network === (family === 4 ? 'extensions' : 'options')) continue;
        const number = flows.length + 1;
        const [src, dst] =
          family === 4
            ? [`10.2.0.${number}`, '192.0.2.53']
            : [`2001:db8:2::${number.toString(16)}`, '2001:db8::53'];
        flows.push({
          link,
          network,
          family,
          src,
          dst,
          srcPort: 20_000 + number,
          dstPort: 53,
          packets: 0,
          octets: 0,
        });
      }
  return flows;
};

/** `packets` datagrams among flows of all wrappings (a datagram in fragments is several packets). */
export const wrappedTraffic = (seed: number, packets: number): WrappedTraffic => {
  const random = new SeededRandom(seed);
  const flows = makeFlows();
  const header = Buffer.alloc(24);
  for (const [i, word] of [0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1].entries())
    header.writeUInt32LE(word, 4 * i);
  const parts: Uint8Array[] = [header];
  for (let id = 1; id <= packets; id++) {
    const flow = random.pick(flows);
    const datagram = udpBytes(random.bytes(random.between(40, 400)), flow.srcPort, flow.dstPort);
    const isWhole = flow.network !== 'fragments';
    const pieces = isWhole ? [{ at: 0, bytes: datagram, isLast: true }] : piecesOf(datagram, random);
    for (const piece of pieces) {
      const ip = flow.family === 4 ? ipv4Packet(flow, id, piece) : ipv6Packet(flow, id, piece, isWhole);
      const frame = joinBytes(linkHeader(flow, ip.length), ip);
      flow.packets++;
      flow.octets += ip.length;
      const captured = flow.network === 'cut' ? Math.min(frame.length, snapBytes) : frame.length;
      parts.push(recordOf(1_700_000_000 + Math.floor(id / 100), frame, captured));
    }
  }
  return { capture: joinBytes(...parts), flows: flows.filter((flow) => flow.packets > 0) };
};
