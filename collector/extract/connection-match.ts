/** The packets of known connections: their full 4-tuple, either direction, between two times. */

import type { PacketFacts } from '../../shared/capture/packet-facts.ts';
import type { PacketTest } from '../filter/packet-test.ts';

export interface ConnectionEnd {
  /** 16 octets, IPv4 mapped. */
  readonly address: Uint8Array;
  readonly port: number;
}

export interface ConnectionMatch {
  /** IP protocol number. */
  readonly proto: number;
  readonly a: ConnectionEnd;
  readonly b: ConnectionEnd;
  /** Microseconds since 1970, both in it; without bounds: -Infinity and Infinity. */
  readonly fromMicros: number;
  readonly toMicros: number;
}

interface Direction {
  /** Of source and destination, as in PacketFacts. */
  readonly words: readonly number[];
  readonly fromMicros: number;
  readonly toMicros: number;
}

const wordsOf = (address: Uint8Array): number[] => {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return [0, 4, 8, 12].map((at) => view.getInt32(at));
};

/** Ports and protocol: few connections share them, and they fit a number that a Map finds fast. */
const keyOf = (proto: number, srcPort: number, dstPort: number): number =>
  (proto * 65_536 + srcPort) * 65_536 + dstPort;

const isOf = ({ words, fromMicros, toMicros }: Direction, packet: PacketFacts): boolean =>
  packet.src3 === words[3] &&
  packet.dst3 === words[7] &&
  packet.src2 === words[2] &&
  packet.dst2 === words[6] &&
  packet.src1 === words[1] &&
  packet.dst1 === words[5] &&
  packet.src0 === words[0] &&
  packet.dst0 === words[4] &&
  packet.micros >= fromMicros &&
  packet.micros <= toMicros;

/** A packet passes when it belongs to one of the connections. Of a protocol without ports both are 0. */
export const matchConnections = (list: readonly ConnectionMatch[]): PacketTest => {
  const directions = new Map<number, Direction[]>();
  for (const { proto, a, b, fromMicros, toMicros } of list) {
    for (const [src, dst] of [
      [a, b],
      [b, a],
    ] as const) {
      const key = keyOf(proto, src.port, dst.port);
      const words = [...wordsOf(src.address), ...wordsOf(dst.address)];
      const same = directions.get(key) ?? [];
      same.push({ words, fromMicros, toMicros });
      directions.set(key, same);
    }
  }
  return (packet) => {
    const found = directions.get(
      keyOf(packet.protocol, Math.max(0, packet.srcPort), Math.max(0, packet.dstPort)),
    );
    return found?.some((direction) => isOf(direction, packet)) ?? false;
  };
};
