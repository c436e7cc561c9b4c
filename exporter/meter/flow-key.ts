/** The Flow Key of a packet, in the words that a slot keeps. */

import { hashWords } from './hash-words.ts';
import { isIcmp } from './is-icmp.ts';
import type { PacketFields } from './packet-fields.ts';

export interface FlowKeyOptions {
  /** False: each direction is a flow of its own. */
  readonly biflow: boolean;
  readonly keyVlan: boolean;
  readonly keyInterface: boolean;
}

/** Bits of the word `kind`, above the protocol. */
export const kindBits = { ipv6: 0x100, oneWay: 0x200, fromHigh: 0x400 } as const;

const icmp6 = 58;

/** Type of the query that an ICMP message is or answers; -1 of other messages. */
export const icmpQueryType = (protocol: number, type: number): number => {
  if (protocol === icmp6) return type === 128 || type === 129 ? 128 : -1;
  if (type === 0 || type === 8) return 8;
  // Timestamp, information, address mask: the query is odd, its answer follows it.
  return type >= 13 && type <= 18 ? (type - 1) | 1 : -1;
};

const isFromHigh = (fields: PacketFields): boolean => {
  if (fields.src3 !== fields.dst3) return fields.src3 > fields.dst3;
  if (fields.src2 !== fields.dst2) return fields.src2 > fields.dst2;
  if (fields.src1 !== fields.dst1) return fields.src1 > fields.dst1;
  if (fields.src0 !== fields.dst0) return fields.src0 > fields.dst0;
  return fields.ports >>> 16 > (fields.ports & 0xffff);
};

/**
 * Writes the key's words. Of both ends the lower one stands first (any fixed order does), whoever sent: true when the packet
 * came from the other one.
 */
export const writeFlowKey = (key: Int32Array, fields: PacketFields, options: FlowKeyOptions): boolean => {
  const fromHigh = isFromHigh(fields);
  const low = fromHigh ? 4 : 0;
  const high = 4 - low;
  key[low] = fields.src0;
  key[low + 1] = fields.src1;
  key[low + 2] = fields.src2;
  key[low + 3] = fields.src3;
  key[high] = fields.dst0;
  key[high + 1] = fields.dst1;
  key[high + 2] = fields.dst2;
  key[high + 3] = fields.dst3;
  const { protocol } = fields;
  let kind: number = protocol;
  if (fields.family === 6) kind |= kindBits.ipv6;
  let { ports } = fields;
  let isOneWay = !options.biflow;
  if (isIcmp(protocol)) {
    const query = icmpQueryType(protocol, fields.icmpType);
    if (isOneWay || query < 0) {
      isOneWay = true;
      ports = (fields.icmpType << 24) | (fields.icmpCode << 16) | fields.icmpId;
    } else ports = (query << 24) | fields.icmpId;
  } else if (fromHigh) ports = (ports << 16) | (ports >>> 16);
  if (isOneWay) kind |= fromHigh ? kindBits.oneWay | kindBits.fromHigh : kindBits.oneWay;
  key[8] = ports;
  key[9] = kind;
  key[10] = options.keyVlan ? fields.vlan | (fields.innerVlan << 12) : 0;
  key[11] = options.keyInterface ? fields.interfaceIndex : 0;
  return fromHigh;
};

/** VLAN and interface rarely tell flows apart that have the same ends, so they are left out. */
export const hashFlowKey = (key: Int32Array, seed: number): number => {
  const ends = hashWords(seed ^ (key[3] as number), key[7] as number, key[8] as number, key[9] as number);
  if (((key[9] as number) & kindBits.ipv6) === 0) return ends;
  const low = hashWords(ends, key[0] as number, key[1] as number, key[2] as number);
  return hashWords(low, key[4] as number, key[5] as number, key[6] as number);
};
