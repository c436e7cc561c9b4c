/** Captures of flow-export datagrams at times of the test's choice. */

import { ethernetBytes, ipv4Bytes, pcapBytes, udpBytes } from './capture-builder.ts';
import { makeFlow, type SentFlow } from './flow-messages.ts';

export interface DatedDatagram {
  readonly payload: Uint8Array;
  /** Microseconds since 1970. */
  readonly micros: number;
}

const fileHeaderBytes = 24;
const packetHeaderBytes = 16;

/** A pcap of UDP datagrams over IPv4 and Ethernet, from 192.0.2.1 port 50000 to port 2055. */
export const captureOf = (datagrams: readonly DatedDatagram[]): Uint8Array => {
  const packets = datagrams.map(({ payload }) => ethernetBytes(ipv4Bytes(udpBytes(payload))));
  const bytes = pcapBytes(packets);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = fileHeaderBytes;
  for (const [i, { micros }] of datagrams.entries()) {
    view.setUint32(at, Math.floor(micros / 1e6), true);
    view.setUint32(at + 4, micros % 1e6, true);
    at += packetHeaderBytes + (packets[i]?.length ?? 0);
  }
  return bytes;
};

/** Flows `first` and following, which ended a little before then; flow N has 64 + N octets. */
export const datedFlows = (first: number, count: number, micros: number): SentFlow[] =>
  Array.from({ length: count }, (_, i) => makeFlow(first + i, 4, Math.floor(micros / 1000)));
