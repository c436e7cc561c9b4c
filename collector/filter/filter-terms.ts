/**
 * The words of the filter language as one table: parser, errors, `--help-filter` and docs/filter.md read it. To add a term, add a row.
 * Every column of `flows` that no row names is a term, too: see column-terms.ts.
 */

import { extraKind } from './extra-value.ts';
import {
  appKind,
  counterKind,
  directionKind,
  dscpKind,
  durationKind,
  endReasonKind,
  exporterKind,
  firewallEventKind,
  interfaceKind,
  ipKind,
  labelKind,
  maskKind,
  natEventKind,
  netKind,
  octetKind,
  portKind,
  protocolKind,
  shortKind,
  vlanKind,
  vrfKind,
  wordKind,
} from './filter-kinds.ts';
import { columnSubject, eitherOf, natSidesOf, phrasesFor, sidesOf } from './filter-phrases.ts';
import { filterSubjects } from './filter-subjects.ts';
import type { FilterTerm, Phrase, Subject, ValueKind } from './filter-term.ts';
import { flagsKind } from './flags-value.ts';
import { macKind } from './mac-value.ts';
import { packetCondition } from './packet-subjects.ts';
import { protocolNumbers } from './protocol-numbers.ts';
import { textKind } from './text-value.ts';

const term = (
  title: string,
  phrases: readonly Phrase[],
  value: ValueKind | undefined,
  description: string,
  example: string,
  only?: Subject,
): FilterTerm => ({ title, phrases, value, description, example, only });

const column = (name: string, ...words: readonly string[]): Phrase[] =>
  phrasesFor(columnSubject(name), ...words);

/** Protocols that people say without `proto`. */
const protocols = ['tcp', 'udp', 'icmp', 'icmp6', 'sctp', 'gre', 'esp'];
const protocolPhrases = protocols.flatMap((name) => {
  const number = protocolNumbers.get(name);
  const sql = (of: (name: string) => string): string => `${of('proto')} = ${number}`;
  const packet = packetCondition(({ protocol }) => protocol === number);
  return phrasesFor({ columns: ['proto'], sql, packet }, name);
});

const {
  every,
  duration,
  bitsPerSecond,
  packetsPerSecond,
  bytesPerPacket,
  icmpType,
  icmpCode,
  isIcmp,
  isTcp,
  isIpv4,
  isIpv6,
  dscp,
  flows,
  isTranslated,
} = filterSubjects;

// biome-ignore format: a table is read by its rows
export const filterTerms: readonly FilterTerm[] = [
  term('any', phrasesFor(every, 'any'), undefined, 'every row', 'any'),
  term('ipv4, inet', phrasesFor(isIpv4, 'ipv4', 'inet'), undefined, 'both addresses are IPv4', 'ipv4'),
  term('ipv6, inet6', phrasesFor(isIpv6, 'ipv6', 'inet6'), undefined, 'both addresses are IPv6', 'ipv6'),
  term('proto', column('proto', 'proto', 'protocol'), protocolKind, 'IP protocol', 'proto tcp'),
  term(protocols.join(', '), protocolPhrases, undefined, 'the protocol, without the word proto', 'udp'),
  term('[src|dst] ip, host', [...sidesOf('ip', 'src_addr', 'dst_addr'), ...sidesOf('host', 'src_addr', 'dst_addr')], ipKind,
    'address of one side or of either', 'src ip 192.0.2.1'),
  term('[src|dst] net', sidesOf('net', 'src_addr', 'dst_addr'), netKind, 'address in a network; a netmask may follow in place of the length',
    'dst net 10.0.0.0/8'),
  term('[src|dst] port', sidesOf('port', 'src_port', 'dst_port'), portKind, 'port of one side or of either', 'dst port in [80 443 8000-8080]'),
  term('service', column('service', 'service'), portKind, 'port of the service: the lower one of those that are known as services', 'service https'),
  term('icmp type', phrasesFor(icmpType, 'icmp type', 'icmp-type'), octetKind, 'type of ICMP or ICMPv6; other protocols never match',
    'icmp type 8', isIcmp),
  term('icmp code', phrasesFor(icmpCode, 'icmp code', 'icmp-code'), octetKind, 'code of ICMP or ICMPv6', 'icmp-code 3', isIcmp),
  term('flags', column('tcp_flags', 'flags'), flagsKind, 'all of these TCP flags were seen; a number: exactly these; other protocols never match',
    'flags S and not flags A', isTcp),
  term('tos', column('tos', 'tos'), octetKind, 'type of service, traffic class', 'tos 184'),
  term('dscp', phrasesFor(dscp, 'dscp'), dscpKind, 'the upper six bits of it', 'dscp 46'),
  term('[in] bytes', column('bytes', 'bytes', 'in bytes'), counterKind, 'octets, as the exporter counted them', 'bytes > 1M'),
  term('out bytes', column('reverse_bytes', 'out bytes'), counterKind, 'octets from destination to source, of a biflow', 'out bytes = 0'),
  term('[in] packets', column('packets', 'packets', 'in packets'), counterKind, 'packets, as the exporter counted them', 'packets < 4'),
  term('out packets', column('reverse_packets', 'out packets'), counterKind, 'packets from destination to source, of a biflow', 'out packets > 0'),
  term('duration', phrasesFor(duration, 'duration'), durationKind, 'from the first packet to the last; 0 where no start was said', 'duration > 500'),
  term('bps', phrasesFor(bitsPerSecond, 'bps'), counterKind, 'bits a second, 8 x bytes / duration; 0 where there is no duration', 'bps > 10M'),
  term('pps', phrasesFor(packetsPerSecond, 'pps'), counterKind, 'packets a second; 0 where there is no duration', 'pps > 1k'),
  term('bpp', phrasesFor(bytesPerPacket, 'bpp'), counterKind, 'octets a packet', 'bpp < 64'),
  term('flows', phrasesFor(flows, 'flows', 'flow'), counterKind, 'flows that the record sums up', 'flows > 1'),
  term('[in|out] if', eitherOf('if', ['in', 'in_if'], ['out', 'out_if']), interfaceKind, 'interface: its SNMP index, or its name where the exporter said one',
    'in if "Gi0/1"'),
  term('dir, flowdir, direction', column('direction', 'dir', 'flowdir', 'direction'), directionKind, 'at the Observation Point; numbers as in nfdump', 'dir egress'),
  term('[src|dst] as', sidesOf('as', 'src_as', 'dst_as'), wordKind, 'AS number', 'src as 64500'),
  term('prev as, next as', [...column('src_peer_as', 'prev as'), ...column('dst_peer_as', 'next as')], wordKind, 'AS number of the neighbour', 'next as 64501'),
  term('[src|dst] mask', sidesOf('mask', 'src_mask', 'dst_mask'), maskKind, 'prefix length of the route', 'dst mask 24'),
  term('next hop, next ip', column('next_hop', 'next hop', 'next ip'), ipKind, 'next hop router', 'next hop 192.0.2.254'),
  term('bgpnext ip', column('bgp_next_hop', 'bgpnext ip', 'bgp next hop'), ipKind, 'BGP next hop', 'bgpnext ip 192.0.2.9'),
  term('[src|dst] vlan', sidesOf('vlan', 'src_vlan', 'dst_vlan'), vlanKind, 'VLAN before or after the Observation Point', 'vlan 100'),
  term('[src|dst] mac', sidesOf('mac', 'src_mac', 'dst_mac'), macKind, 'MAC address', 'src mac 00:11:22:aa:bb:cc'),
  term('mpls label', column('mpls_labels', 'mpls label'), labelKind, 'a label anywhere in the stack', 'mpls label 16004'),
  term('[ingress] vrf, zone', column('vrf_in', 'vrf', 'ingress vrf', 'zone'), vrfKind, 'VRF of ingress, by number or name; conntrack zone', 'vrf 2'),
  term('egress vrf', column('vrf_out', 'egress vrf'), vrfKind, 'VRF of egress', 'egress vrf red'),
  term('app', column('app', 'app', 'application'), appKind, 'application, by number or name', 'app http'),
  term('end reason', column('end_reason', 'end reason'), endReasonKind, 'why the flow ended', 'end reason active'),
  term('fwdstat', column('forwarding_status', 'fwdstat', 'forwarding status'), octetKind, 'forwarding status (element 89)', 'fwdstat > 127'),
  term('nat', phrasesFor(isTranslated, 'nat'), undefined, 'an address or port was translated', 'nat'),
  term('nat [src|dst] ip, nip, xip', natSidesOf('ip', 'addr'), ipKind, 'address after translation', 'nat src ip 203.0.113.7'),
  term('nat [src|dst] net, xnet', natSidesOf('net', 'addr'), netKind, 'address after translation, in a network', 'nat src net 203.0.113.0/24'),
  term('nat [src|dst] port, nport, xport', natSidesOf('port', 'port'), portKind, 'port after translation', 'nat src port 53500'),
  term('nat event', column('nat_event', 'nat event'), natEventKind, 'NAT event of RFC 8158; create and delete stand for those of all kinds of sessions', 'nat event create'),
  term('firewall event, asa event', column('firewall_event', 'firewall event', 'asa event'), firewallEventKind, 'firewall event (element 233)', 'firewall event deny'),
  term('firewall xevent, asa xevent', column('firewall_extended_event', 'firewall xevent', 'asa xevent'), shortKind, 'why, in detail (Cisco ASA)', 'asa xevent 1001'),
  term('exporter, router ip', column('exporter', 'exporter', 'router ip'), exporterKind, 'who sent it: address, network, or name of the exporters file', 'exporter 192.0.2.1'),
  term('domain', column('domain', 'domain', 'observation domain id'), wordKind, 'Observation Domain', 'domain 256'),
  term('collector', column('collector', 'collector'), textKind('NAME', 'the name of a collector'), 'who received it', 'collector fra1'),
  term('sampling', column('sampling_rate', 'sampling'), wordKind, 'one packet in so many was looked at', 'sampling > 1'),
  term('extra', column('extra', 'extra'), extraKind, 'an element without a column: that it is there, or what it says', 'extra samplerName = s1'),
];
