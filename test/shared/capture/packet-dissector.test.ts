import t from 'tap';
import { absent, type PacketFacts } from '../../../shared/capture/packet-facts.ts';
import { hexBytes, joinBytes } from '../../support/capture-builder.ts';
import { ethernet, icmp, ip, tcp, udp, vlanTag } from '../../support/mixed-packets.ts';
import { packetFactsOf } from '../../support/packet-facts-of.ts';

const factsOf = (frame: Uint8Array, linkType = 1): PacketFacts =>
  packetFactsOf([frame], linkType)[0] as PacketFacts;
const v4 = { src: '10.1.0.1', dst: '192.0.2.255' };
const v6 = { src: '2001:db8::1', dst: 'fe80::ffff:2' };
const pick = (facts: PacketFacts, ...names: readonly (keyof PacketFacts)[]) =>
  names.map((name) => facts[name]);

t.test('IPv4', async (t) => {
  const facts = factsOf(
    ethernet(0x0800, ip({ ...v4, protocol: 6, tos: 184, ttl: 3 }, tcp(40_000, 443, 0x12, 100))),
  );
  t.same(
    pick(facts, 'micros', 'family', 'protocol', 'tos', 'ttl', 'ipBytes'),
    [1_704_067_200_000_007, 4, 6, 184, 3, 140],
  );
  t.same(pick(facts, 'src0', 'src1', 'src2', 'src3'), [0, 0, 0xffff, 0x0a010001]);
  t.same(pick(facts, 'dst0', 'dst1', 'dst2', 'dst3'), [0, 0, 0xffff, 0xc00002ff | 0]);
  t.same(pick(facts, 'srcPort', 'dstPort', 'tcpFlags', 'icmpType', 'vlan', 'labelsAt'), [
    40_000,
    443,
    0x12,
    absent,
    absent,
    absent,
  ]);
});

t.test('IPv6, behind an extension header', async (t) => {
  const hopByHop = hexBytes('3a 00 05 02 0000 0100');
  const facts = factsOf(
    ethernet(
      0x86dd,
      ip({ ...v6, protocol: 0, tos: 0xb8, ttl: 255, flowLabel: 0x12345 }, joinBytes(hopByHop, icmp(128, 3))),
    ),
  );
  t.same(
    pick(facts, 'family', 'protocol', 'tos', 'ttl', 'flowLabel', 'ipBytes'),
    [6, 58, 0xb8, 255, 0x12345, 80],
  );
  t.same(pick(facts, 'src0', 'src3', 'dst0', 'dst2', 'dst3'), [
    0x20010db8,
    1,
    0xfe800000 | 0,
    0,
    0xffff0002 | 0,
  ]);
  t.same(pick(facts, 'icmpType', 'icmpCode', 'srcPort', 'tcpFlags'), [128, 3, absent, absent]);
});

t.test('what a packet does not have is not left over from the one before', async (t) => {
  const arp = ethernet(0x0806, hexBytes('0001 0800 06 04 0001'));
  const full = ethernet(0x86dd, ip({ ...v6, protocol: 6, flowLabel: 5 }, tcp(1, 2, 3)), vlanTag(9));
  const ping = ethernet(0x0800, ip({ ...v4, protocol: 1 }, icmp(8, 1)));
  const [, second, , fourth] = packetFactsOf([full, arp, full, ping]) as [
    PacketFacts,
    PacketFacts,
    PacketFacts,
    PacketFacts,
  ];
  for (const name of [
    'family',
    'protocol',
    'tos',
    'ttl',
    'ipBytes',
    'flowLabel',
    'srcPort',
    'dstPort',
    'tcpFlags',
    'icmpType',
    'vlan',
    'innerVlan',
  ] as const)
    t.equal(second[name], absent, `ARP: ${name}`);
  for (const name of ['flowLabel', 'srcPort', 'dstPort', 'tcpFlags', 'vlan'] as const)
    t.equal(fourth[name], absent, `ping: ${name}`);
});

t.test('tags', async (t) => {
  const packet = ip({ ...v4, protocol: 17 }, udp(1, 2));
  t.same(
    pick(
      factsOf(ethernet(0x0800, packet, joinBytes(vlanTag(7), vlanTag(0)))),
      'vlan',
      'innerVlan',
      'srcPort',
    ),
    [7, 0, 1],
  );
  t.equal(factsOf(ethernet(0x0806, hexBytes('0001'), vlanTag(8))).vlan, 8, 'ARP');
  const mpls = factsOf(ethernet(0x8847, joinBytes(hexBytes('00010140'), packet)));
  t.equal(mpls.labelsAt - mpls.ethernetAt, 14);
});

t.test('later fragments', async (t) => {
  const piece = (fragment: number, payload: Uint8Array) =>
    ethernet(0x0800, ip({ ...v4, protocol: 17, id: 5, fragment }, payload));
  const [alone, first, later] = packetFactsOf([
    piece(0x0003, new Uint8Array(8).fill(1)),
    piece(0x2000, udp(53, 4000, 16)),
    piece(0x0003, new Uint8Array(8).fill(1)),
  ]) as [PacketFacts, PacketFacts, PacketFacts];
  t.same(pick(alone, 'protocol', 'srcPort'), [17, absent], 'payload is no header');
  t.same(pick(first, 'srcPort', 'dstPort'), [53, 4000]);
  t.same(pick(later, 'srcPort', 'dstPort', 'ipBytes'), [53, 4000, 28]);
});

t.test('packets that are cut, or of another kind', async (t) => {
  const whole = ethernet(0x0800, ip({ ...v4, protocol: 6 }, tcp(1, 2, 3)));
  t.same(pick(factsOf(whole.subarray(0, 14 + 20 + 13)), 'srcPort', 'tcpFlags', 'ipBytes'), [1, absent, 40]);
  t.same(pick(factsOf(whole.subarray(0, 14 + 20 + 3)), 'family', 'srcPort'), [4, absent]);
  t.same(pick(factsOf(whole.subarray(0, 14 + 19)), 'family', 'ethernetAt'), [
    absent,
    factsOf(whole).ethernetAt,
  ]);
  t.equal(factsOf(whole.subarray(0, 13)).ethernetAt, absent);
  t.same(
    pick(factsOf(whole.subarray(14), 101), 'family', 'srcPort', 'ethernetAt'),
    [4, 1, absent],
    'without a link layer',
  );
  t.equal(factsOf(whole, 147).family, absent, 'a link type that nobody knows');
});
