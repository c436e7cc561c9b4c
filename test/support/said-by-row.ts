/** What a row of the flow table says. */

import type { Row } from './row-reader.ts';
import { type SaidFlow, saidFlow } from './said-flow.ts';

export const saidByRow = (row: Row): SaidFlow => {
  const number = (column: string): number => Number(row[column]);
  const isEvent = number('time_source') === 7;
  const startMs = Math.floor(number('flow_start') / 1000);
  const endMs = Math.floor(number('flow_end') / 1000);
  return saidFlow({
    src: String(row.src_addr),
    dst: String(row.dst_addr),
    srcPort: number('src_port'),
    dstPort: number('dst_port'),
    proto: number('proto'),
    icmp: number('icmp_type_code'),
    postSrc: String(row.post_nat_src_addr),
    postDst: String(row.post_nat_dst_addr),
    postSrcPort: number('post_nat_src_port'),
    postDstPort: number('post_nat_dst_port'),
    octets: number('bytes'),
    packets: number('packets'),
    reverseOctets: number('reverse_bytes'),
    reversePackets: number('reverse_packets'),
    totalOctets: number('total_bytes'),
    totalPackets: number('total_packets'),
    reverseTotalOctets: number('reverse_total_bytes'),
    reverseTotalPackets: number('reverse_total_packets'),
    ...(isEvent ? { eventMs: endMs } : { startMs, endMs }),
    flags: number('tcp_flags'),
    reverseFlags: number('reverse_tcp_flags'),
    endReason: number('end_reason'),
    firewallEvent: number('firewall_event'),
    natEvent: number('nat_event'),
    flowId: String(row.flow_id) === '0' ? '' : String(row.flow_id),
    zone: number('vrf_in'),
    mark: number('ct_mark'),
    tos: number('tos'),
    inInterface: number('in_if'),
    vlan: number('src_vlan'),
    innerVlan: Number(Object(row.extra).dot1qCustomerVlanId ?? 0),
    minLength: number('length_min'),
    maxLength: number('length_max'),
    minTtl: number('ttl_min'),
    maxTtl: number('ttl_max'),
    srcMask: number('src_mask'),
    dstMask: number('dst_mask'),
    flows: number('flow_count'),
    present: number('flows_present'),
    initiated: number('flows_initiated'),
    completed: number('flows_completed'),
    sources: number('distinct_src'),
    destinations: number('distinct_dst'),
  });
};
