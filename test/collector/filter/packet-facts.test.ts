import t from 'tap';
import { absent, makePacketFacts } from '../../../collector/filter/packet-facts.ts';

t.test('a packet of which nothing is known has nothing', async (t) => {
  const facts = makePacketFacts();
  for (const name of [
    'family',
    'protocol',
    'tos',
    'ttl',
    'srcPort',
    'tcpFlags',
    'icmpType',
    'vlan',
    'ethernetAt',
  ] as const)
    t.equal(facts[name], absent, name);
});
