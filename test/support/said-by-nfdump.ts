/** What nfdump reads in a record. */

import { ofNfdump } from './nfdump-comparison.ts';
import type { NfdumpRecord } from './running-nfcapd.ts';
import { type SaidFlow, saidFlow } from './said-flow.ts';

const flagBits = { F: 0x01, S: 0x02, R: 0x04, P: 0x08, A: 0x10, U: 0x20 } as const;

const flagsOf = (letters: string): number =>
  Object.entries(flagBits).reduce((sum, [letter, bit]) => (letters.includes(letter) ? sum + bit : sum), 0);

const isTime = (value: unknown): boolean => /^[2-9]\d{3}-/.test(String(value));

export const saidByNfdump = (record: NfdumpRecord): SaidFlow => {
  const { src, dst, srcPort, dstPort, icmp, proto, packets, bytes, startMs, endMs } = ofNfdump(record);
  const number = (key: string): number => Number(record[key] ?? 0);
  const text = (key: string): string => String(record[key] ?? '');
  const isIcmp = proto === 1 || proto === 58;
  return saidFlow({
    src,
    dst,
    proto,
    ...(isIcmp ? { icmp } : { srcPort, dstPort }),
    octets: bytes,
    packets,
    reverseOctets: number('out_bytes'),
    reversePackets: number('out_packets'),
    ...(isTime(record.last) ? { startMs: isTime(record.first) ? startMs : 0, endMs } : { eventMs: endMs }),
    flags: flagsOf(text('tcp_flags')),
    postSrc: text('src4_xlt_ip') || text('src6_xlt_ip'),
    postDst: text('dst4_xlt_ip') || text('dst6_xlt_ip'),
    postSrcPort: number('src_xlt_port'),
    postDstPort: number('dst_xlt_port'),
    natEvent: number('nat_event_id'),
    firewallEvent: number('event_id'),
    zone: number('ingress_vrf'),
    tos: number('src_tos'),
    inInterface: number('input_snmp'),
    vlan: number('src_vlan'),
    srcMask: number('src_mask'),
    dstMask: number('dst_mask'),
    // 1 is what it says of any flow.
    flows: number('aggr_flows') === 1 ? 0 : number('aggr_flows'),
  });
};
