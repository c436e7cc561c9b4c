/** From the slot of a flow to the record of it. */

import { writeAddressWords } from './address-words.ts';
import { kindBits } from './flow-key.ts';
import type { FlowRecord } from './flow-record.ts';
import {
  detailsPerSlot,
  earlierPerSlot,
  type FlowSlots,
  numbersPerSlot,
  slotDetails,
  slotNumbers,
  slotWords,
  wordsPerSlot,
} from './flow-slots.ts';
import { isIcmp } from './is-icmp.ts';

/** Bits of the word `state`: TCP flags of both directions, then these. */
export const stateBits = { reverseFlagsShift: 8, startedFromHigh: 0x10000, ended: 0x20000 } as const;

const writeKey = (record: FlowRecord, words: Int32Array, at: number): void => {
  const kind = words[at + slotWords.kind] as number;
  const state = words[at + slotWords.state] as number;
  const startedFromHigh = (state & stateBits.startedFromHigh) !== 0;
  record.family = kind & kindBits.ipv6 ? 6 : 4;
  record.protocol = kind & 0xff;
  writeAddressWords(
    startedFromHigh ? record.dstAddress : record.srcAddress,
    words,
    at + slotWords.lowAddress,
  );
  writeAddressWords(
    startedFromHigh ? record.srcAddress : record.dstAddress,
    words,
    at + slotWords.highAddress,
  );
  const ports = isIcmp(record.protocol) ? 0 : (words[at + slotWords.ports] as number);
  record.srcPort = startedFromHigh ? ports & 0xffff : ports >>> 16;
  record.dstPort = startedFromHigh ? ports >>> 16 : ports & 0xffff;
  record.tcpFlags = state & 0xff;
  record.reverseTcpFlags = (state >>> stateBits.reverseFlagsShift) & 0xff;
};

const writeDetails = (record: FlowRecord, details: Int32Array, at: number, withRanges: boolean): void => {
  const vlans = details[at + slotDetails.vlans] as number;
  const icmpMessage = details[at + slotDetails.icmp] as number;
  record.vlan = vlans & 0xfff;
  record.innerVlan = vlans >>> 12;
  record.inInterface = details[at + slotDetails.interfaceIndex] as number;
  record.tos = details[at + slotDetails.tos] as number;
  record.icmpType = icmpMessage >>> 8;
  record.icmpCode = icmpMessage & 0xff;
  record.icmpId = details[at + slotDetails.icmpId] as number;
  record.flowIdLow = (details[at + slotDetails.flowId] as number) >>> 0;
  if (!withRanges) return;
  const lengths = details[at + slotDetails.lengths] as number;
  const ttls = details[at + slotDetails.ttls] as number;
  record.minLength = lengths >>> 16;
  record.maxLength = lengths & 0xffff;
  record.minTtl = ttls >>> 8;
  record.maxTtl = ttls & 0xff;
};

/** Fills `record`, whose other fields stay as `makeFlowRecord` made them. */
export const writeFlowRecord = (
  record: FlowRecord,
  slots: FlowSlots,
  slot: number,
  endReason: number,
  withRanges: boolean,
): void => {
  const { numbers, earlier } = slots;
  writeKey(record, slots.words, slot * wordsPerSlot);
  writeDetails(record, slots.details, slot * detailsPerSlot, withRanges);
  const at = slot * numbersPerSlot;
  const before = slot * earlierPerSlot;
  record.startMicros = numbers[at + slotNumbers.startMicros] as number;
  record.endMicros = numbers[at + slotNumbers.lastMicros] as number;
  record.endReason = endReason;
  record.flowIdHigh = Math.floor(record.startMicros / 1e6);
  record.packets = numbers[at + slotNumbers.packets] as number;
  record.octets = numbers[at + slotNumbers.octets] as number;
  record.reversePackets = numbers[at + slotNumbers.reversePackets] as number;
  record.reverseOctets = numbers[at + slotNumbers.reverseOctets] as number;
  record.totalPackets = record.packets + (earlier[before] as number);
  record.totalOctets = record.octets + (earlier[before + 1] as number);
  record.reverseTotalPackets = record.reversePackets + (earlier[before + 2] as number);
  record.reverseTotalOctets = record.reverseOctets + (earlier[before + 3] as number);
};
