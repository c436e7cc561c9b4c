import t from 'tap';
import { protocolName } from '../../../collector/ask/protocol-name.ts';

t.test('names of protocols', async (t) => {
  const names = [1, 4, 6, 17, 58, 255].map(protocolName);
  t.same(names, ['icmp', 'ipip', 'tcp', 'udp', 'icmp6', '255'], 'the first of several');
});
