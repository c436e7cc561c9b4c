/** What tshark reads in Messages that have one record of a flow each. */

import { execFileSync } from 'node:child_process';
import { peerPath } from './peers.ts';
import { type SaidFlow, saidFlow } from './said-flow.ts';

/** Columns of `tshark -T fields`, and what they are called here. A pair is what the record says of both directions. */
const tsharkFields: Readonly<Record<string, string | readonly [string, string]>> = {
  'cflow.srcaddr': 'src',
  'cflow.srcaddrv6': 'src',
  'cflow.srcprefix': 'src',
  'cflow.dstaddr': 'dst',
  'cflow.dstaddrv6': 'dst',
  'cflow.dstprefix': 'dst',
  'cflow.srcport': 'srcPort',
  'cflow.dstport': 'dstPort',
  'cflow.protocol': 'proto',
  'cflow.icmp_type_code_ipv4': 'icmp',
  'cflow.icmp_ipv6_type': 'icmpType',
  'cflow.icmp_ipv6_code': 'icmpCode',
  'cflow.post_natsource_ipv4_address': 'postSrc',
  'cflow.post_nat_source_ipv6_address': 'postSrc',
  'cflow.post_natdestination_ipv4_address': 'postDst',
  'cflow.post_nat_destination_ipv6_address': 'postDst',
  'cflow.post_naptsource_transport_port': 'postSrcPort',
  'cflow.post_naptdestination_transport_port': 'postDstPort',
  'cflow.octets': ['octets', 'reverseOctets'],
  'cflow.packets': ['packets', 'reversePackets'],
  'cflow.responder_octets': 'reverseOctets',
  'cflow.responder_packets': 'reversePackets',
  'cflow.permanent_octets': ['totalOctets', 'reverseTotalOctets'],
  'cflow.permanent_packets': ['totalPackets', 'reverseTotalPackets'],
  'cflow.abstimestart': 'startMs',
  'cflow.abstimeend': 'endMs',
  'cflow.timestart': 'startMs',
  'cflow.timeend': 'endMs',
  'cflow.observation_time_milliseconds': 'eventMs',
  'cflow.tcpflags': ['reverseFlags', 'flags'],
  'cflow.flow_end_reason': 'endReason',
  'cflow.firewall_event': 'firewallEvent',
  'cflow.nat_event': 'natEvent',
  'cflow.flow_id': 'flowId',
  'cflow.ingress_vrfid': 'zone',
  'cflow.enterprise_private_entry': 'mark',
  'cflow.tos': 'tos',
  'cflow.inputint': 'inInterface',
  'cflow.dot1q_vlan_id': 'vlan',
  'cflow.dot1q_customer_vlan_id': 'innerVlan',
  'cflow.length_min': 'minLength',
  'cflow.length_max': 'maxLength',
  'cflow.ttl_min': 'minTtl',
  'cflow.ttl_max': 'maxTtl',
  'cflow.srcmask': 'srcMask',
  'cflow.srcmaskv6': 'srcMask',
  'cflow.dstmask': 'dstMask',
  'cflow.dstmaskv6': 'dstMask',
  'cflow.flows': 'flows',
  'cflow.original_flows_present': 'present',
  'cflow.original_flows_initiated': 'initiated',
  'cflow.original_flows_completed': 'completed',
  'cflow.distinct_count_of_source_ip_address': 'sources',
  'cflow.distinct_count_of_destinationip_address': 'destinations',
};

/** Values of the fields, a list a packet; several of a field in a packet have commas between them. */
export const runTshark = (file: string, fields: readonly string[]): string[][] => {
  const words = [
    '-r',
    file,
    '-T',
    'fields',
    '-E',
    'separator=|',
    ...fields.flatMap((field) => ['-e', field]),
  ];
  const lines = execFileSync(peerPath('tshark'), words, {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|'));
};

const isTime = (name: string): boolean => name.endsWith('Ms');

/** Milliseconds of a date, or of seconds since the boot. */
const timeMs = (value: string, bootMs: number): number =>
  /^[0-9.]+$/.test(value) ? bootMs + Number(value) * 1000 : Date.parse(value.replace(/(\.\d{3})\d*/, '$1'));

const readValue = (name: string, value: string, bootMs: number): string | number => {
  if (isTime(name)) return timeMs(value, bootMs);
  // Octets of an element that it does not know.
  if (name === 'mark') return Number.parseInt(value, 16);
  return /^(?:src|dst|postSrc|postDst|flowId)$/.test(name) ? value : Number(value);
};

const ofColumns = (columns: readonly string[], bootMs: number): SaidFlow => {
  const said: Record<string, string | number> = {};
  for (const [i, names] of Object.values(tsharkFields).entries()) {
    const values = (columns[i] ?? '').split(',');
    if (isTime(String(names))) values.splice(0, values.length, columns[i] ?? '');
    const pair = typeof names === 'string' ? [names] : names;
    // One of a pair is the direction of the flow.
    const single = pair.find((name) => !name.startsWith('reverse')) ?? pair[0];
    for (const [n, value] of values.entries()) {
      const name = values.length === 1 ? single : pair[n];
      if (value !== '') said[name ?? 'tooMany'] = readValue(name ?? '', value, bootMs);
    }
  }
  const { icmpType = 0, icmpCode = 0, ...rest } = said;
  return saidFlow({ icmp: Number(icmpType) * 256 + Number(icmpCode), ...rest });
};

/** `bootMs`: of the exporter, which times of NetFlow v9 count from. */
export const saidByTshark = (file: string, bootMs: number): SaidFlow[] =>
  runTshark(file, Object.keys(tsharkFields)).map((columns) => ofColumns(columns, bootMs));
