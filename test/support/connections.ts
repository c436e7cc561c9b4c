/** Connections as the kernel tells of them, for tests of what is made of them. */

import { type Connection, makeConnection, statusBits } from '../../exporter/observe/connection.ts';
import { parseAddress } from '../../shared/wire/address.ts';

/** `[address, port]`, IPv4 or IPv6. */
export type End = readonly [address: string, port: number];

export interface ConnectionSpec extends Partial<Omit<Connection, 'original' | 'reply'>> {
  readonly from?: End;
  readonly to?: End;
  /** Where the reply comes from and goes to; default: from `to` to `from`, which is no translation. */
  readonly replyFrom?: End;
  readonly replyTo?: End;
}

const octets = (text: string): Uint8Array => {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
};

/** A TCP connection of 10.0.0.2:40000 to 192.0.2.80:443, established, unless said otherwise. */
export const makeTestConnection = (spec: ConnectionSpec = {}): Connection => {
  const { from = ['10.0.0.2', 40000], to = ['192.0.2.80', 443], ...more } = spec;
  const { replyFrom = to, replyTo = from, ...fields } = more;
  const connection = makeConnection();
  connection.original.src.set(octets(from[0]));
  connection.original.dst.set(octets(to[0]));
  connection.original.srcPort = from[1];
  connection.original.dstPort = to[1];
  connection.reply.src.set(octets(replyFrom[0]));
  connection.reply.dst.set(octets(replyTo[0]));
  connection.reply.srcPort = replyFrom[1];
  connection.reply.dstPort = replyTo[1];
  return Object.assign(connection, {
    protocol: 6,
    family: from[0].includes(':') ? 6 : 4,
    state: 3,
    status: statusBits.seenReply | statusBits.assured | statusBits.confirmed,
    id: 77,
    ...fields,
  });
};

/** The kernel's defaults, in seconds. */
export const defaultTimeouts = {
  tcp: [0, 120, 60, 432_000, 120, 60, 30, 120, 10, 120],
  udp: 30,
  udpStream: 120,
  icmp: 30,
  icmpv6: 30,
  generic: 600,
  sctp: [0, 10, 3, 3, 210, 3, 3, 3, 30, 210],
  dccp: [0, 240, 480, 480, 43_200, 64, 64, 240],
  gre: 30,
  greStream: 180,
} as const;
