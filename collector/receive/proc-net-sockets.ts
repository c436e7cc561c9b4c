/** The kernel's tables of sockets, /proc/net/udp, udp6, tcp and tcp6 (proc(5)), as text. Linux only. */

import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';

export interface ProcNetSocket {
  /** As ipaddr.js writes it; `0.0.0.0` or `::` where it is bound to all addresses. */
  readonly localAddress: string;
  readonly localPort: number;
  /** UDP bound: 7; TCP listening: 10. */
  readonly state: number;
  /** UDP: octets waiting to be read, with the kernel's overhead. */
  readonly receiveQueueBytes: number;
  /** Of the socket file, as in the link `socket:[INODE]` of a descriptor. */
  readonly inode: number;
  /** UDP: datagrams that found the receive buffer full, modulo 2^32. TCP has no such column: 0. */
  readonly drops: number;
}

export const listeningState = { udp: 7, tcp: 10 } as const;

/** sl local remote st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops: UDP has these, TCP others at the end. */
const udpFields = 13;

/** The kernel prints an address as one (IPv4) or four (IPv6) words in the byte order of the host. */
const parseAddress = (hex: string, littleEndian: boolean): string => {
  const octets: number[] = [];
  for (let word = 0; word < hex.length; word += 8) {
    const four = [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(word + at, word + at + 2), 16));
    octets.push(...(littleEndian ? four.reverse() : four));
  }
  return ipaddr.fromByteArray(octets).toString();
};

/** Lines of another form, the heading among them, are passed over. */
export const parseProcNetSockets = (text: string, littleEndian = endianness() === 'LE'): ProcNetSocket[] => {
  const sockets: ProcNetSocket[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const local = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(fields[1] ?? '');
    if (local === null || fields.length < udpFields - 1) continue;
    sockets.push({
      localAddress: parseAddress(local[1] as string, littleEndian),
      localPort: Number.parseInt(local[2] as string, 16),
      state: Number.parseInt(fields[3] as string, 16),
      receiveQueueBytes: Number.parseInt((fields[4] as string).split(':')[1] ?? '', 16),
      inode: Number(fields[9]),
      drops: fields.length === udpFields ? Number(fields[12]) : 0,
    });
  }
  return sockets;
};
