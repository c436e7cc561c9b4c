/** The answers to a flow as they come in from the wire: from where the flow was translated to, to what it was translated from. */

import type { FlowRecord } from '../meter/flow-record.ts';

/** Addresses are the 16 octets of the record itself, not a copy. */
export interface ReplyTuple {
  src: Uint8Array;
  dst: Uint8Array;
  srcPort: number;
  dstPort: number;
  icmpType: number;
}

/** Types of ICMP (family 4) and ICMPv6 (family 6) that are answered by another type, and by which. */
const answers = {
  4: [
    [8, 0],
    [13, 14],
    [15, 16],
    [17, 18],
    [42, 43],
  ],
  6: [
    [128, 129],
    [139, 140],
    [160, 161],
  ],
} as const;

const answerTypes = (family: 4 | 6): Uint8Array => {
  const types = Uint8Array.from({ length: 256 }, (_, type) => type);
  for (const [asked, answered] of answers[family]) types[asked] = answered;
  return types;
};

const types4 = answerTypes(4);
const types6 = answerTypes(6);

const tuple: ReplyTuple = {
  src: new Uint8Array(),
  dst: new Uint8Array(),
  srcPort: 0,
  dstPort: 0,
  icmpType: 0,
};

/** The one tuple, filled again by the next call. */
export const replyTuple = (record: FlowRecord): ReplyTuple => {
  const { isTranslated } = record;
  tuple.src = isTranslated ? record.postDstAddress : record.dstAddress;
  tuple.dst = isTranslated ? record.postSrcAddress : record.srcAddress;
  tuple.srcPort = isTranslated ? record.postDstPort : record.dstPort;
  tuple.dstPort = isTranslated ? record.postSrcPort : record.srcPort;
  tuple.icmpType = (record.family === 4 ? types4 : types6)[record.icmpType] as number;
  return tuple;
};
