/** What node-netflowv9 reads in Messages of NetFlow v9. */

import NetflowV9 from 'node-netflowv9';
import { formatIpv6 } from '../../shared/wire/address.ts';
import { type SaidFlow, saidFlow } from './said-flow.ts';

type Values = Readonly<Record<string, unknown>>;

interface Decoded {
  readonly header: Readonly<Record<'uptime' | 'seconds', number>>;
  readonly flows: readonly Values[];
}

interface Oracle {
  nfPktDecode(datagram: Buffer, sender: { address: string; port: number }): Decoded;
  readonly server: { close(): void };
}

/** Its names of elements, where it has no name of the registry for them. */
const names: Readonly<Record<string, readonly string[]>> = {
  srcPort: ['l4_src_port'],
  dstPort: ['l4_dst_port'],
  proto: ['protocol'],
  icmp: ['icmp_type', 'icmpTypeCodeIPv6'],
  postSrcPort: ['postNAPTSourceTransportPort'],
  postDstPort: ['postNAPTDestinationTransportPort'],
  octets: ['in_bytes'],
  packets: ['in_pkts'],
  reverseOctets: ['responderOctets'],
  reversePackets: ['responderPackets'],
  totalOctets: ['in_permanent_bytes'],
  totalPackets: ['in_permanent_pkts'],
  eventMs: ['observationTimeMilliseconds'],
  flags: ['tcp_flags'],
  endReason: ['flowEndReason'],
  firewallEvent: ['firewallEvent'],
  natEvent: ['natEvent'],
  zone: ['ingressVRFID'],
  tos: ['src_tos'],
  inInterface: ['input_snmp'],
  vlan: ['dot1qVlanId'],
  innerVlan: ['dot1qCustomerVlanId'],
  minLength: ['min_pkt_lngth'],
  maxLength: ['max_pkt_lngth'],
  minTtl: ['min_ttl'],
  maxTtl: ['max_ttl'],
  srcMask: ['src_mask', 'ipv6_src_mask'],
  dstMask: ['dst_mask', 'ipv6_dst_mask'],
  flows: ['flows'],
  present: ['originalFlowsPresent'],
  initiated: ['originalFlowsInitiated'],
  completed: ['originalFlowsCompleted'],
  sources: ['distinctCountOfSourceIPAddress'],
  destinations: ['distinctCountOfDestinationIPAddress'],
};

/** IPv6 addresses are 32 hex digits. */
const addressOf = (flow: Values, ...keys: readonly string[]): string => {
  const found = keys.map((key) => flow[key]).find((value) => typeof value === 'string');
  if (typeof found !== 'string' || found.includes('.')) return found ?? '';
  return formatIpv6(new Uint8Array(Buffer.from(found.replaceAll(':', ''), 'hex')), 0);
};

const ofFlow = (flow: Values, { seconds, uptime }: Decoded['header']): SaidFlow => {
  const number = (key: string): number => Number(flow[key] ?? 0);
  const timeMs = (absolute: string, relative: string): number =>
    number(absolute) || (flow[relative] === undefined ? 0 : seconds * 1000 - uptime + number(relative));
  const numbers = Object.entries(names).map(([name, keys]) => [
    name,
    keys.map(number).find((value) => value !== 0) ?? 0,
  ]);
  return saidFlow({
    ...(Object.fromEntries(numbers) as Record<string, number>),
    src: addressOf(flow, 'ipv4_src_addr', 'ipv6_src_addr', 'ipv4_src_prefix', 'sourceIPv6Prefix'),
    dst: addressOf(flow, 'ipv4_dst_addr', 'ipv6_dst_addr', 'ipv4_dst_prefix', 'destinationIPv6Prefix'),
    postSrc: addressOf(flow, 'postNATSourceIPv4Address', 'postNATSourceIPv6Address'),
    postDst: addressOf(flow, 'postNATDestinationIPv4Address', 'postNATDestinationIPv6Address'),
    startMs: timeMs('flowStartMilliseconds', 'first_switched'),
    endMs: timeMs('flowEndMilliseconds', 'last_switched'),
  });
};

export const saidByNodeNetflowV9 = (messages: readonly Uint8Array[]): SaidFlow[] => {
  // It opens a socket that nobody uses.
  const oracle = new NetflowV9({}) as unknown as Oracle;
  try {
    return messages.flatMap((message) => {
      const { header, flows } = oracle.nfPktDecode(Buffer.from(message), {
        address: '192.0.2.1',
        port: 2055,
      });
      return flows.filter((flow) => flow.isOption !== true).map((flow) => ofFlow(flow, header));
    });
  } finally {
    oracle.server.close();
  }
};
