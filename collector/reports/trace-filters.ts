/** A connection in the languages of programs that show packets: the full 4-tuple in each direction, so that nothing else is shown. */

import { protocolName } from '../ask/protocol-name.ts';

export interface ConnectionEnds {
  readonly proto: number;
  /** As ClickHouse says IPv6. */
  readonly src: string;
  readonly srcPort: number;
  readonly dst: string;
  readonly dstPort: number;
}

export interface PacketWindow {
  /** Microseconds since 1970, both in it. */
  readonly fromMicros: number;
  readonly toMicros: number;
}

type End = readonly [address: string, port: number];

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

const bothWays = (ends: ConnectionEnds, sayDirection: (from: End, to: End) => string): readonly string[] => {
  const [a, b] = [
    [plain(ends.src), ends.srcPort],
    [plain(ends.dst), ends.dstPort],
  ] as const;
  return [sayDirection(a, b), sayDirection(b, a)];
};

const hasPorts = (proto: number): boolean => [6, 17, 132].includes(proto);
/** With all six digits: a time of a packet is compared with it. */
const seconds = (micros: number): string =>
  `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;

/** A display filter of Wireshark and tshark. */
export const displayFilter = (ends: ConnectionEnds, { fromMicros, toMicros }: PacketWindow): string => {
  const name = protocolName(ends.proto);
  const [there, back] = bothWays(ends, ([src, srcPort], [dst, dstPort]) => {
    const ip = src.includes(':') ? 'ipv6' : 'ip';
    const ports = hasPorts(ends.proto)
      ? ` && ${name}.srcport==${srcPort} && ${name}.dstport==${dstPort}`
      : '';
    return `(${ip}.src==${src} && ${ip}.dst==${dst}${ports})`;
  });
  return `(${there} || ${back}) && frame.time_epoch>=${seconds(fromMicros)} && frame.time_epoch<=${seconds(toMicros)}`;
};

/** An expression of pcap-filter(7), which knows nothing of times. */
export const captureFilter = (ends: ConnectionEnds): string => {
  const [there, back] = bothWays(ends, ([src, srcPort], [dst, dstPort]) =>
    hasPorts(ends.proto)
      ? `(src host ${src} and src port ${srcPort} and dst host ${dst} and dst port ${dstPort})`
      : `(src host ${src} and dst host ${dst})`,
  );
  return `${hasPorts(ends.proto) ? protocolName(ends.proto) : `proto ${ends.proto}`} and (${there} or ${back})`;
};
