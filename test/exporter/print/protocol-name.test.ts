import t from 'tap';
import { protocolName } from '../../../exporter/print/protocol-name.ts';

t.test('names, else numbers', async (t) => {
  t.same([1, 6, 17, 58, 132].map(protocolName), ['icmp', 'tcp', 'udp', 'icmpv6', 'sctp']);
  t.same([0, 255].map(protocolName), ['0', '255']);
});
