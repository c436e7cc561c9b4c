/** The key of the group that a flow is put into, in the words that a slot keeps. */

import { readAddressWord } from './address-words.ts';
import type { AggregateSpec } from './aggregate-spec.ts';
import { kindBits } from './flow-key.ts';
import type { FlowRecord } from './flow-record.ts';
import { slotWords } from './flow-slots.ts';

/** Bits of the word `kind`, above the protocol: what must not be mixed. */
export const groupBits = { ipv6: kindBits.ipv6, counted: 0x200, ofPackets: 0x400 } as const;

type Masks = Readonly<Record<FlowRecord['family'], Int32Array>>;

const prefixMask = (bits: number): Int32Array =>
  Int32Array.from({ length: 4 }, (_, word) => {
    const kept = Math.min(32, Math.max(0, bits - 32 * word));
    return kept === 0 ? 0 : -1 << (32 - kept);
  });

/** Source before destination; its port is left out, and so is what `key` has beyond the zone. */
export const makeGroupKeyWriter = (spec: AggregateSpec): ((key: Int32Array, record: FlowRecord) => void) => {
  const srcMasks: Masks = { 4: prefixMask(96 + spec.srcPrefix4), 6: prefixMask(spec.srcPrefix6) };
  const dstMasks: Masks = { 4: prefixMask(96 + spec.dstPrefix4), 6: prefixMask(spec.dstPrefix6) };
  return (key, record) => {
    const { family } = record;
    const srcMask = srcMasks[family];
    const dstMask = dstMasks[family];
    for (let i = 0; i < 4; i++) {
      key[slotWords.lowAddress + i] = readAddressWord(record.srcAddress, i) & (srcMask[i] as number);
      key[slotWords.highAddress + i] = readAddressWord(record.dstAddress, i) & (dstMask[i] as number);
    }
    let kind = record.protocol;
    if (family === 6) kind |= groupBits.ipv6;
    if (record.hasCounters) kind |= groupBits.counted;
    if (record.source === 'packets') kind |= groupBits.ofPackets;
    key[slotWords.ports] = record.dstPort;
    key[slotWords.kind] = kind;
    // The same addresses in another zone are other hosts.
    key[slotWords.vlans] = record.zone;
  };
};
