/** The reply to a connection that nothing translates. */

import type { Tuple } from '../observe/connection.ts';

/** Which type of ICMP and of ICMPv6 answers which; no type is of both. */
const answers: readonly (readonly [number, number])[] = [
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
  [128, 129],
  [139, 140],
];
const answerTypes = Uint8Array.from({ length: 256 }, (_, type) => type);
for (const [asked, answered] of answers) answerTypes[asked] = answered;

/** What a message of ICMP of this type is answered with, as conntrack expects it. */
export const answerType = (type: number): number => answerTypes[type] ?? type;

export const turnRound = (original: Tuple, into: Tuple): void => {
  into.src.set(original.dst);
  into.dst.set(original.src);
  into.srcPort = original.dstPort;
  into.dstPort = original.srcPort;
  into.icmpType = answerType(original.icmpType);
  into.icmpCode = original.icmpCode;
  into.icmpId = original.icmpId;
};
