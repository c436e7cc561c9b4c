import t from 'tap';
import { compilePacketFilter } from '../../../collector/filter/compile-packet-filter.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { filterMistake } from '../../support/filter-value.ts';
import { ethernet, icmp, ip, tcp, udp, vlanTag } from '../../support/mixed-packets.ts';
import { packetFactsOf } from '../../support/packet-facts-of.ts';

const [a, b] = ['10.1.0.1', '192.0.2.9'];
const frames = [
  ethernet(0x0800, ip({ src: a, dst: b, protocol: 6, ttl: 3 }, tcp(40_000, 443, 0x02))),
  ethernet(0x0800, ip({ src: b, dst: a, protocol: 6, tos: 184 }, tcp(443, 40_000, 0x12, 1000))),
  ethernet(0x0800, ip({ src: a, dst: b, protocol: 17 }, udp(53, 5353)), vlanTag(7)),
  ethernet(0x0800, ip({ src: a, dst: b, protocol: 1 }, icmp(8, 0))),
  ethernet(0x86dd, ip({ src: '2001:db8::1', dst: '2001:db8::2', protocol: 17 }, udp(1, 2))),
  ethernet(0x0806, hexBytes('0001 0800 06 04 0001'), undefined, 9),
];
const facts = packetFactsOf(frames);

/** Which of them pass. */
const passed = (filter: string): number[] => {
  const test = compilePacketFilter(filter);
  return facts.flatMap((one, i) => (test(one) ? [i] : []));
};

const [web, answer, dns, ping, six, arp] = [0, 1, 2, 3, 4, 5];

t.test('terms', async (t) => {
  const cases: readonly (readonly [filter: string, ...expected: number[]])[] = [
    ['', web, answer, dns, ping, six, arp],
    ['any', web, answer, dns, ping, six, arp],
    ['not any'],
    ['ipv4', web, answer, dns, ping],
    ['inet6', six],
    ['tcp', web, answer],
    ['proto in [udp 1]', dns, ping, six],
    ['src ip 10.1.0.1', web, dns, ping],
    ['ip 192.0.2.9', web, answer, dns, ping],
    ['src and dst net 2001:db8::/64', six],
    ['dst net 192.0.2.0 255.255.255.0', web, dns, ping],
    ['ip != 10.1.0.1', six, arp],
    ['port https', web, answer],
    ['dst_port = 443', web],
    ['port < 1024', web, answer, dns, six],
    ['port != 443', dns, ping, six, arp],
    ['src port not in [443 53]', web, ping, six, arp],
    ['icmp type 8', ping],
    ['icmp code 0', ping],
    ['icmp_type_code 2048', ping],
    ['flags S', web, answer],
    ['flags S and not flags A', web],
    ['flags 2', web],
    ['not flags SA', dns, ping, six, arp],
    ['not not flags SA', answer],
    ['tos 184', answer],
    ['dscp 46', answer],
    ['bytes > 1k', answer],
    ['bytes 28', dns],
    ['ttl_min < 5', web],
    ['vlan 7', dns],
    ['mac 02:00:5e:00:00:09', arp],
    ['dst mac 02-00-5e-00-00-02 and not ipv4 and not ipv6', arp],
    ['time >= 2024-01-01T00:00:04', six, arp],
    ['tcp or udp or icmp', web, answer, dns, ping, six],
    ['ipv4 and not tcp and not udp', ping],
    ['not (tcp or udp)', ping, arp],
  ];
  for (const [filter, ...expected] of cases) t.same(passed(filter), expected, filter);
});

t.test('what is about flows is said so, with what there is', async (t) => {
  for (const [filter, at, words] of [
    ['bps > 10', 0, 'bps'],
    ['tcp and (duration > 5 or port 80)', 9, 'duration'],
    ['not nat', 4, 'nat'],
    ['exporter 192.0.2.1', 0, 'exporter'],
    ['src as 64500', 0, 'src as'],
    ['tcp and extra samplerName', 8, 'extra'],
    ['nat_event 4', 0, 'nat_event'],
    ['service http', 0, 'service'],
  ] as const) {
    const mistake = filterMistake(() => compilePacketFilter(filter));
    t.equal(mistake.at, at, filter);
    t.equal(mistake.expected, `a term that packets have, and ${words} is about flows`);
    t.match(mistake.hint, /^packets have any; ipv4, inet; .*; mpls label$/);
  }
  t.match(
    filterMistake(() => compilePacketFilter('bps > 1 and prot tcp')).hint,
    'did you mean proto?',
    'grammar first',
  );
});

t.test('long filters', async (t) => {
  const long = Array.from({ length: 20_000 }, (_, i) => `port ${i}`).join(' or ');
  t.same(passed(long), [web, answer, dns, six], 'no deep calls');
});
