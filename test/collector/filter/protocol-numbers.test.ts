import t from 'tap';
import { protocolNumbers } from '../../../collector/filter/protocol-numbers.ts';

t.test('protocols have their numbers of IANA', async (t) => {
  const some = ['icmp', 'tcp', 'udp', 'gre', 'esp', 'ipv6-icmp', 'icmp6', 'ospf', 'vrrp', 'sctp', 'udplite'];
  t.same(
    some.map((name) => protocolNumbers.get(name)),
    [1, 6, 17, 47, 50, 58, 58, 89, 112, 132, 136],
  );
  for (const [name, number] of protocolNumbers) {
    t.match(name, /^[a-z][a-z0-9.-]*$/);
    t.ok(number >= 0 && number < 143, name);
  }
});
