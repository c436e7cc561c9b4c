import t from 'tap';
import { absent, hasPorts, PacketFacts } from '../../../shared/capture/packet-facts.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

t.test('a packet of which nothing is known has nothing', async (t) => {
  const facts = new PacketFacts();
  for (const name of [
    ...(['family', 'protocol', 'tos', 'ttl', 'ipBytes', 'flowLabel'] as const),
    ...(['srcPort', 'dstPort', 'tcpFlags', 'icmpType', 'icmpCode'] as const),
    ...(['vlan', 'innerVlan', 'labelsAt', 'ethernetAt', 'ipAt'] as const),
  ])
    t.equal(facts[name], absent, name);
  t.equal(facts.ports, 0);
  t.equal(facts.icmpId, 0);
});

/** A packet whose transport header is this, and no more of it was captured. */
const transport = (protocol: number, hex: string): PacketFacts => {
  const facts = new PacketFacts();
  const octets = hexBytes(`ffff ${hex} ffff`);
  facts.protocol = protocol;
  facts.transport = viewOf(octets);
  facts.transportAt = 2;
  facts.transportEnd = octets.length - 2;
  return facts;
};

t.test('ports and flags', async (t) => {
  const tcp = transport(6, '9c40 01bb 00000001 00000002 50 12');
  t.same([tcp.srcPort, tcp.dstPort, tcp.ports, tcp.tcpFlags], [40_000, 443, 0x9c4001bb | 0, 0x12]);
  t.equal(tcp.icmpType, absent);
  t.equal(transport(6, '9c40 01bb 00000001 00000002 50').tcpFlags, absent, 'cut before the flags');
  t.same([transport(6, '9c40 01').srcPort, transport(6, '9c40 01').ports], [absent, 0], 'cut in the ports');
  t.equal(transport(17, '9c40 01bb 00000001 00000002 50 12').tcpFlags, absent, 'UDP');
  for (const protocol of [6, 17, 33, 132, 136]) t.ok(hasPorts(protocol), `${protocol}`);
  for (const protocol of [absent, 1, 47, 50, 58]) {
    t.notOk(hasPorts(protocol), `${protocol}`);
    t.equal(transport(protocol, '0001 0002').srcPort, absent);
  }
});

t.test('ICMP', async (t) => {
  const seen = ({ icmpType, icmpCode, icmpId }: PacketFacts) => [icmpType, icmpCode, icmpId];
  t.same(seen(transport(1, '0800 0000 abcd 0001')), [8, 0, 0xabcd]);
  t.same(seen(transport(1, '0303 0000 abcd 0001')), [3, 3, 0], 'not a query');
  t.same(seen(transport(58, '8100 0000 0007 0001')), [129, 0, 7]);
  t.same(seen(transport(58, '0800 0000 0007 0001')), [8, 0, 0], 'a query of IPv4 alone');
  t.same(seen(transport(1, '0800 0000 ab')), [8, 0, 0], 'cut in the identifier');
  t.same(seen(transport(1, '08')), [absent, absent, 0], 'cut in the code');
});
