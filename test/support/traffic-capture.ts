/** A capture of traffic with known flows, for peers that meter packets: what they should find in it is known exactly. */

import { parseAddress } from '../../shared/wire/address.ts';
import { ethernetBytes, hexBytes, ipv4Bytes, joinBytes } from './capture-builder.ts';
import type { SentFlow } from './flow-messages.ts';

/** A flow of `packets` packets, one each `everyMs`, each with `payloadBytes` behind the transport header. */
export interface TrafficFlow {
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'icmp6';
  readonly packets: number;
  readonly payloadBytes: number;
  readonly startMs: number;
  readonly everyMs: number;
}

const protocols = { tcp: 6, udp: 17, icmp: 1, icmp6: 58 } as const;
const headerBytes = { tcp: 20, udp: 8, icmp: 8, icmp6: 8 } as const;

const isIpv6 = (flow: TrafficFlow): boolean => flow.src.includes(':');

/** Octets of its IP packets, headers included: what NetFlow counts. */
const packetBytes = (flow: TrafficFlow): number =>
  (isIpv6(flow) ? 40 : 20) + headerBytes[flow.proto] + flow.payloadBytes;

/** What a meter should say about it. ICMP: type 8 (128), code 0, as destination port. */
export const expectedFlow = (flow: TrafficFlow): SentFlow => ({
  src: flow.src,
  dst: flow.dst,
  srcPort: flow.srcPort,
  dstPort: flow.dstPort,
  proto: protocols[flow.proto],
  packets: flow.packets,
  bytes: flow.packets * packetBytes(flow),
  startMs: flow.startMs,
  endMs: flow.startMs + (flow.packets - 1) * flow.everyMs,
});

const u16 = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(values.flatMap((value) => [value >> 8, value & 0xff]));

const transport = (flow: TrafficFlow): Uint8Array => {
  const payload = new Uint8Array(flow.payloadBytes);
  const ports = u16(flow.srcPort, flow.dstPort);
  switch (flow.proto) {
    case 'tcp':
      // Sequence numbers, 5 words of header, ACK, window, checksum, urgent pointer
      return joinBytes(ports, hexBytes('00000001 00000001 50 10 ffff 0000 0000'), payload);
    case 'udp':
      return joinBytes(ports, u16(8 + flow.payloadBytes, 0), payload);
    default:
      // Echo request, identifier 1, sequence number 1
      return joinBytes(hexBytes(`${flow.proto === 'icmp' ? '08' : '80'} 00 0000 0001 0001`), payload);
  }
};

const ipv6Bytes = (flow: TrafficFlow, payload: Uint8Array): Uint8Array =>
  joinBytes(
    hexBytes('60000000'),
    u16(payload.length),
    new Uint8Array([protocols[flow.proto], 64]),
    parseAddress(flow.src) ?? hexBytes(''),
    parseAddress(flow.dst) ?? hexBytes(''),
    payload,
  );

const frame = (flow: TrafficFlow): Uint8Array => {
  if (isIpv6(flow)) return ethernetBytes(ipv6Bytes(flow, transport(flow)), 0x86dd);
  const packet = ipv4Bytes(transport(flow), 0, protocols[flow.proto]);
  packet.set((parseAddress(flow.src) ?? hexBytes('')).subarray(12), 12);
  packet.set((parseAddress(flow.dst) ?? hexBytes('')).subarray(12), 16);
  return ethernetBytes(packet);
};

/** A classic pcap with all packets of all flows in order of time. */
export const trafficCapture = (flows: readonly TrafficFlow[]): Uint8Array => {
  const packets = flows.flatMap((flow) =>
    Array.from({ length: flow.packets }, (_, i) => ({ atMs: flow.startMs + i * flow.everyMs, flow })),
  );
  packets.sort((a, b) => a.atMs - b.atMs);
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262144, 16);
  header.writeUInt32LE(1, 20);
  const parts: Uint8Array[] = [header];
  for (const { atMs, flow } of packets) {
    const octets = frame(flow);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(atMs / 1000), 0);
    record.writeUInt32LE((atMs % 1000) * 1000, 4);
    record.writeUInt32LE(octets.length, 8);
    record.writeUInt32LE(octets.length, 12);
    parts.push(record, octets);
  }
  return joinBytes(...parts);
};

/** TCP, UDP and ICMP over IPv4 and IPv6, both directions of a connection, a single packet, and 2,000 in one flow. */
export const sampleTraffic = (startMs: number): readonly TrafficFlow[] => {
  const flow = (
    number: number,
    proto: TrafficFlow['proto'],
    family: 4 | 6,
    packets: number,
    payloadBytes: number,
    everyMs: number,
  ): TrafficFlow => {
    const isIcmp = proto === 'icmp' || proto === 'icmp6';
    return {
      src: family === 4 ? `10.1.0.${number}` : `2001:db8:1::${number}`,
      dst: family === 4 ? '192.0.2.100' : '2001:db8:2::100',
      srcPort: isIcmp ? 0 : 40_000 + number,
      dstPort: isIcmp ? (proto === 'icmp' ? 8 * 256 : 128 * 256) : 443,
      proto,
      packets,
      payloadBytes,
      startMs: startMs + number * 7,
      everyMs,
    };
  };
  const there = flow(1, 'tcp', 4, 10, 100, 20);
  return [
    there,
    {
      ...there,
      src: there.dst,
      dst: there.src,
      srcPort: 443,
      dstPort: there.srcPort,
      packets: 12,
      payloadBytes: 1400,
    },
    flow(2, 'tcp', 6, 7, 250, 33),
    flow(3, 'udp', 4, 1, 512, 0),
    flow(4, 'udp', 6, 3, 60, 11),
    flow(5, 'icmp', 4, 4, 56, 1000),
    flow(6, 'icmp6', 6, 5, 56, 500),
    flow(7, 'udp', 4, 2000, 1200, 1),
    ...Array.from({ length: 50 }, (_, i) =>
      flow(10 + i, i % 2 === 0 ? 'tcp' : 'udp', i % 3 === 0 ? 6 : 4, 1 + i, 10 * i, 13),
    ),
  ];
};
