/**
 * The flow table as one list: decoder, Native block, start-up check, DDL, filter language and docs read it.
 * To add a column, add a row.
 */

/** How a column lies in memory; each has a fixed width per row, except `text`, `labels` and `extra`. */
export type ColumnStorage = 'u8' | 'u16' | 'u32' | 'u64' | 'ip' | 'text' | 'labels' | 'extra';

/** Columns come in groups, chosen by `--columns`; `core` is always there. */
export const columnGroups = [
  'core',
  'nat',
  'packet',
  'l2',
  'mpls',
  'vrf',
  'bgp',
  'app',
  'process',
  'proxy',
  'aggregate',
] as const;
export type ColumnGroup = (typeof columnGroups)[number];

export interface FlowColumn {
  readonly name: string;
  /** ClickHouse type, as in DDL and in the Native block. */
  readonly type: string;
  readonly storage: ColumnStorage;
  readonly group: ColumnGroup;
  /**
   * Elements that feed the column, in order of preference: an IANA name, `reverse` + name (RFC 5103),
   * `PEN/ID`, `v9/ID` for a NetFlow v9 field type outside IANA, or `announced/NAME`: the element of ours (`own-elements.ts`) that was
   * announced under this name (RFC 5610), whatever its enterprise. The first one that a Template has is taken; with
   * `coalesce` a later one is taken where the earlier ones are zero in the record (a v4 and a v6 address, say).
   */
  readonly from: readonly string[];
  readonly coalesce?: true;
  /** The decoder works it out from several elements, the Message Header or the frame. */
  readonly derived?: true;
  readonly codec?: string;
  readonly comment: string;
}

export const recordKinds = { flow: 0, interim: 1, event: 2 } as const;
export const samplingSources = { default: 0, record: 1, options: 2, header: 3, config: 4 } as const;
export const directions = { unknown: 0, ingress: 1, egress: 2 } as const;
/** Where `time` and flow_start/flow_end come from; `absurd`: said, kept, and not believed: `time` is the receipt. */
export const timeSources = {
  received: 0,
  seconds: 1,
  milliseconds: 2,
  microseconds: 3,
  nanoseconds: 4,
  uptime: 5,
  delta: 6,
  event: 7,
  absurd: 8,
} as const;

const enumType = (values: Readonly<Record<string, number>>): string =>
  `Enum8(${Object.entries(values)
    .map(([name, value]) => `'${name}' = ${value}`)
    .join(', ')})`;

const column = (
  group: ColumnGroup,
  name: string,
  type: string,
  storage: ColumnStorage,
  from: readonly string[],
  comment: string,
  more: Partial<Pick<FlowColumn, 'coalesce' | 'derived' | 'codec'>> = {},
): FlowColumn => ({ group, name, type, storage, from, comment, ...more });

const derived = { derived: true } as const;
const coalesce = { coalesce: true } as const;

// biome-ignore format: a table is read by its rows
export const flowColumns: readonly FlowColumn[] = [
  column('core', 'received', 'DateTime64(6)', 'u64', [], 'when the datagram arrived, or the Template that made it readable', { ...derived, codec: 'Delta(8), LZ4' }),
  column('core', 'time', 'DateTime', 'u32', [], 'flow_end, else flow_start, else received', { ...derived, codec: 'T64, LZ4' }),
  column('core', 'collector', 'LowCardinality(String)', 'text', [], 'name of the collector that stored it', derived),
  column('core', 'version', 'UInt8', 'u8', [], 'export protocol: 5, 9 or 10 (IPFIX)', derived),
  column('core', 'record_kind', enumType(recordKinds), 'u8', ['firewallEvent', 'v9/40005', 'flowEndReason'],
    'a whole flow, an interim part of one, or an event without counters', derived),
  column('core', 'flow_start', 'DateTime64(6)', 'u64', ['flowStartMilliseconds', 'flowStartMicroseconds',
    'flowStartNanoseconds', 'flowStartSeconds', 'flowStartDeltaMicroseconds', 'flowStartSysUpTime',
    'observationTimeMilliseconds', 'observationTimeMicroseconds', 'observationTimeNanoseconds',
    'observationTimeSeconds'], 'first packet of the flow', { ...derived, codec: 'T64, LZ4' }),
  column('core', 'flow_end', 'DateTime64(6)', 'u64', ['flowEndMilliseconds', 'flowEndMicroseconds',
    'flowEndNanoseconds', 'flowEndSeconds', 'flowEndDeltaMicroseconds', 'flowEndSysUpTime',
    'observationTimeMilliseconds', 'observationTimeMicroseconds', 'observationTimeNanoseconds',
    'observationTimeSeconds'], 'last packet of the flow, or the time of the event', { ...derived, codec: 'T64, LZ4' }),
  column('core', 'time_source', enumType(timeSources), 'u8', [], 'which form of time the record had', derived),
  column('core', 'exporter', 'IPv6', 'ip', [], 'source address of the datagram', derived),
  column('core', 'domain', 'UInt32', 'u32', [], 'Observation Domain id; v9 source id; v5 engine type and id',
    derived),
  column('core', 'sampling_rate', 'UInt32', 'u32', ['samplingInterval', 'samplerRandomInterval',
    'samplingPacketInterval'], 'one packet in so many was looked at; counters are stored as sent', derived),
  column('core', 'sampling_source', enumType(samplingSources), 'u8', [], 'who said the sampling rate', derived),
  column('core', 'direction', enumType(directions), 'u8', ['flowDirection'], 'at the Observation Point', derived),
  column('core', 'src_addr', 'IPv6', 'ip', ['sourceIPv4Address', 'sourceIPv6Address', 'sourceIPv4Prefix',
    'sourceIPv6Prefix'], 'source address', coalesce),
  column('core', 'dst_addr', 'IPv6', 'ip', ['destinationIPv4Address', 'destinationIPv6Address',
    'destinationIPv4Prefix', 'destinationIPv6Prefix'], 'destination address', coalesce),
  column('core', 'src_port', 'UInt16', 'u16', ['sourceTransportPort', 'udpSourcePort', 'tcpSourcePort'],
    'source port', coalesce),
  column('core', 'dst_port', 'UInt16', 'u16', ['destinationTransportPort', 'udpDestinationPort',
    'tcpDestinationPort'], 'destination port', coalesce),
  column('core', 'proto', 'UInt8', 'u8', ['protocolIdentifier'], 'IP protocol number'),
  column('core', 'tcp_flags', 'UInt16', 'u16', ['tcpControlBits'], 'all TCP flags seen'),
  column('core', 'tos', 'UInt8', 'u8', ['ipClassOfService'], 'type of service / traffic class'),
  column('core', 'icmp_type_code', 'UInt16', 'u16', ['icmpTypeCodeIPv4', 'icmpTypeCodeIPv6'],
    'ICMP type x 256 + code', coalesce),
  column('core', 'bytes', 'UInt64', 'u64', ['octetDeltaCount', 'initiatorOctets', 'postOctetDeltaCount',
    'layer2OctetDeltaCount', 'octetTotalCount'],
    'octets since the last record of this flow; a total only where the record covers the whole flow', { codec: 'T64, LZ4' }),
  column('core', 'packets', 'UInt64', 'u64', ['packetDeltaCount', 'initiatorPackets', 'postPacketDeltaCount',
    'packetTotalCount'], 'packets, likewise', { codec: 'T64, LZ4' }),
  column('core', 'reverse_bytes', 'UInt64', 'u64', ['reverseOctetDeltaCount', 'responderOctets',
    'reverseOctetTotalCount'], 'octets from destination to source (biflow)'),
  column('core', 'reverse_packets', 'UInt64', 'u64', ['reversePacketDeltaCount', 'responderPackets',
    'reversePacketTotalCount'], 'packets from destination to source'),
  column('core', 'reverse_tcp_flags', 'UInt16', 'u16', ['reverseTcpControlBits'],
    'TCP flags from destination to source'),
  column('core', 'total_bytes', 'UInt64', 'u64', ['octetTotalCount'], 'octets since the flow began'),
  column('core', 'total_packets', 'UInt64', 'u64', ['packetTotalCount'], 'packets since the flow began'),
  column('core', 'reverse_total_bytes', 'UInt64', 'u64', ['reverseOctetTotalCount'],
    'octets back since the flow began'),
  column('core', 'reverse_total_packets', 'UInt64', 'u64', ['reversePacketTotalCount'],
    'packets back since the flow began'),
  column('core', 'in_if', 'UInt32', 'u32', ['ingressInterface', 'ingressPhysicalInterface'],
    'SNMP index of the input interface', { codec: 'T64, LZ4' }),
  column('core', 'out_if', 'UInt32', 'u32', ['egressInterface', 'egressPhysicalInterface'],
    'SNMP index of the output interface', { codec: 'T64, LZ4' }),
  column('core', 'next_hop', 'IPv6', 'ip', ['ipNextHopIPv4Address', 'ipNextHopIPv6Address'], 'next hop router',
    coalesce),
  column('core', 'src_as', 'UInt32', 'u32', ['bgpSourceAsNumber'], 'AS number of the source', { codec: 'T64, LZ4' }),
  column('core', 'dst_as', 'UInt32', 'u32', ['bgpDestinationAsNumber'], 'AS number of the destination', { codec: 'T64, LZ4' }),
  column('core', 'src_mask', 'UInt8', 'u8', ['sourceIPv4PrefixLength', 'sourceIPv6PrefixLength'],
    'prefix length of the route to the source', coalesce),
  column('core', 'dst_mask', 'UInt8', 'u8', ['destinationIPv4PrefixLength', 'destinationIPv6PrefixLength'],
    'prefix length of the route to the destination', coalesce),
  column('core', 'end_reason', 'UInt8', 'u8', ['flowEndReason'],
    '1 idle, 2 active timeout, 3 end, 4 forced, 5 lack of resources'),
  column('core', 'forwarding_status', 'UInt8', 'u8', ['forwardingStatus'], 'forwarded, dropped, consumed, and why'),
  column('core', 'extra', 'Map(String, String)', 'extra', [],
    'elements without a column: name or pen.id -> text', derived),

  column('nat', 'post_nat_src_addr', 'IPv6', 'ip', ['postNATSourceIPv4Address', 'postNATSourceIPv6Address',
    'v9/40001'], 'source address after translation', coalesce),
  column('nat', 'post_nat_dst_addr', 'IPv6', 'ip', ['postNATDestinationIPv4Address', 'postNATDestinationIPv6Address',
    'v9/40002'], 'destination address after translation', coalesce),
  column('nat', 'post_nat_src_port', 'UInt16', 'u16', ['postNAPTSourceTransportPort', 'v9/40003'],
    'source port after translation', coalesce),
  column('nat', 'post_nat_dst_port', 'UInt16', 'u16', ['postNAPTDestinationTransportPort', 'v9/40004'],
    'destination port after translation', coalesce),
  column('nat', 'nat_event', 'UInt8', 'u8', ['natEvent'],
    'RFC 8158: 4/5 session created/deleted, 16/17 port block ...'),
  column('nat', 'firewall_event', 'UInt8', 'u8', ['firewallEvent', 'v9/40005'],
    '1 created, 2 deleted, 3 denied, 4 alert, 5 update', coalesce),
  column('nat', 'firewall_extended_event', 'UInt16', 'u16', ['v9/33002'], 'Cisco ASA: why, in detail'),
  column('nat', 'flow_id', 'UInt64', 'u64', ['flowId'], 'identifier of the flow at its exporter'),
  column('nat', 'vrf_in', 'UInt32', 'u32', ['ingressVRFID'], 'VRF of ingress; conntrack zone'),
  column('nat', 'ct_mark', 'UInt32', 'u32', ['21373/4'], 'conntrack mark'),

  column('packet', 'ttl_min', 'UInt8', 'u8', ['minimumTTL', 'ipTTL'], 'smallest TTL / hop limit'),
  column('packet', 'ttl_max', 'UInt8', 'u8', ['maximumTTL'], 'largest TTL / hop limit'),
  column('packet', 'length_min', 'UInt16', 'u16', ['minimumIpTotalLength'], 'shortest packet, octets'),
  column('packet', 'length_max', 'UInt16', 'u16', ['maximumIpTotalLength'], 'longest packet, octets'),
  column('packet', 'flow_label', 'UInt32', 'u32', ['flowLabelIPv6'], 'IPv6 flow label'),

  column('l2', 'src_mac', 'UInt64', 'u64', ['sourceMacAddress', 'postSourceMacAddress'],
    'source MAC; MACNumToString()'),
  column('l2', 'dst_mac', 'UInt64', 'u64', ['destinationMacAddress', 'postDestinationMacAddress'],
    'destination MAC; MACNumToString()'),
  column('l2', 'src_vlan', 'UInt16', 'u16', ['vlanId', 'dot1qVlanId'], 'VLAN before the Observation Point', coalesce),
  column('l2', 'dst_vlan', 'UInt16', 'u16', ['postVlanId', 'postDot1qVlanId'], 'VLAN after the Observation Point',
    coalesce),

  column('mpls', 'mpls_labels', 'Array(UInt32)', 'labels', ['mplsTopLabelStackSection', 'mplsLabelStackSection2',
    'mplsLabelStackSection3', 'mplsLabelStackSection4', 'mplsLabelStackSection5', 'mplsLabelStackSection6',
    'mplsLabelStackSection7', 'mplsLabelStackSection8', 'mplsLabelStackSection9', 'mplsLabelStackSection10'],
    'MPLS labels, top first', derived),

  column('vrf', 'vrf_out', 'UInt32', 'u32', ['egressVRFID'], 'VRF of egress'),

  column('bgp', 'bgp_next_hop', 'IPv6', 'ip', ['bgpNextHopIPv4Address', 'bgpNextHopIPv6Address'], 'BGP next hop',
    coalesce),
  column('bgp', 'src_peer_as', 'UInt32', 'u32', ['bgpPrevAdjacentAsNumber'], 'AS the flow came from'),
  column('bgp', 'dst_peer_as', 'UInt32', 'u32', ['bgpNextAdjacentAsNumber'], 'AS the flow went to'),

  column('app', 'app', 'UInt64', 'u64', ['applicationId'],
    'RFC 6759: classification engine and selector, as one number'),

  column('process', 'process_id', 'UInt32', 'u32', ['35632/168'], 'process at the source; 0: not known'),
  column('process', 'process_uid', 'UInt32', 'u32', ['35632/425'], 'its user id'),
  column('process', 'process_name', 'String', 'text', ['35632/169'], 'its name'),
  column('process', 'process_user', 'String', 'text', ['35632/372'], 'its user name'),
  column('process', 'process_command', 'String', 'text', ['35632/556'], 'its command line'),
  column('process', 'container_id', 'String', 'text', ['35632/558'], 'its container'),
  column('process', 'process_gid', 'UInt32', 'u32', ['announced/sourceProcessGroupId'],
    'its group id; 4294967295: not known'),
  column('process', 'process_cgroup', 'String', 'text', ['announced/sourceProcessCgroup'],
    'its control group, as a path: its service'),
  column('process', 'process_cgroup_id', 'UInt64', 'u64', ['announced/sourceProcessCgroupId'],
    'number of its control group'),
  column('process', 'process_quality', 'UInt8', 'u8', ['announced/sourceProcessQuality'],
    'how it is known: 0 not said, 1 user id only, 2 control group too, 3 exact, 4 cached'),

  column('process', 'dst_process_id', 'UInt32', 'u32', ['35632/375'], 'process at the destination; 0: not known'),
  column('process', 'dst_process_uid', 'UInt32', 'u32', ['35632/426'], 'its user id'),
  column('process', 'dst_process_name', 'String', 'text', ['35632/376'], 'its name'),
  column('process', 'dst_process_user', 'String', 'text', ['35632/377'], 'its user name'),
  column('process', 'dst_process_command', 'String', 'text', ['35632/557'], 'its command line'),
  column('process', 'dst_container_id', 'String', 'text', ['35632/559'], 'its container'),
  column('process', 'dst_process_gid', 'UInt32', 'u32', ['announced/destinationProcessGroupId'],
    'its group id; 4294967295: not known'),
  column('process', 'dst_process_cgroup', 'String', 'text', ['announced/destinationProcessCgroup'],
    'its control group, as a path: its service'),
  column('process', 'dst_process_cgroup_id', 'UInt64', 'u64', ['announced/destinationProcessCgroupId'],
    'number of its control group'),
  column('process', 'dst_process_quality', 'UInt8', 'u8', ['announced/destinationProcessQuality'],
    'how it is known: 0 not said, 1 user id only, 2 control group too, 3 exact, 4 cached'),

  column('proxy', 'request_id', 'String', 'text', ['announced/proxyRequestId'], 'request that a proxy passed on'),
  column('proxy', 'session_id', 'String', 'text', ['announced/proxySessionId'], 'session that the request belongs to'),
  column('proxy', 'proxy_mapping', 'String', 'text', ['announced/proxyMapping'], 'rule of the proxy that the request followed'),
  column('proxy', 'client_addr', 'IPv6', 'ip', ['announced/proxyClientIPv4Address', 'announced/proxyClientIPv6Address'],
    'client as the proxy knows it', coalesce),
  column('proxy', 'proxy_host', 'String', 'text', ['announced/proxyHost'], 'host that wrote the trace'),

  column('aggregate', 'biflow_direction', 'UInt8', 'u8', ['biflowDirection'],
    'RFC 5103: 1 from the initiator, 2 towards it'),
  column('aggregate', 'flow_count', 'UInt64', 'u64', ['deltaFlowCount'], 'flows that the record sums up'),
  column('aggregate', 'flows_present', 'UInt64', 'u64', ['originalFlowsPresent'],
    'RFC 7015: flows that have a part in the record'),
  column('aggregate', 'flows_initiated', 'UInt64', 'u64', ['originalFlowsInitiated'],
    'RFC 7015: of those, begun in its time'),
  column('aggregate', 'flows_completed', 'UInt64', 'u64', ['originalFlowsCompleted'],
    'RFC 7015: of those, ended in its time'),
  column('aggregate', 'distinct_src', 'UInt64', 'u64', ['distinctCountOfSourceIPAddress'], 'source addresses in it'),
  column('aggregate', 'distinct_dst', 'UInt64', 'u64', ['distinctCountOfDestinationIPAddress'],
    'destination addresses in it'),
];

/** The columns of the chosen groups, in table order. */
export const columnsOfGroups = (groups: readonly ColumnGroup[]): readonly FlowColumn[] =>
  flowColumns.filter((c) => c.group === 'core' || groups.includes(c.group));
