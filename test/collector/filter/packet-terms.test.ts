import t from 'tap';
import { packetColumnTitles, packetTermTitles } from '../../../collector/filter/packet-terms.ts';

t.test('what packets have', async (t) => {
  t.same(packetTermTitles, [
    'any',
    'ipv4, inet',
    'ipv6, inet6',
    'proto',
    'tcp, udp, icmp, icmp6, sctp, gre, esp',
    '[src|dst] ip, host',
    '[src|dst] net',
    '[src|dst] port',
    'icmp type',
    'icmp code',
    'flags',
    'tos',
    'dscp',
    '[in] bytes',
    '[src|dst] vlan',
    '[src|dst] mac',
    'mpls label',
  ]);
  t.ok(packetColumnTitles.includes('ttl_min'));
  t.notOk(packetColumnTitles.includes('flow_start'));
});
