import t from 'tap';
import { isIcmp } from '../../../exporter/meter/is-icmp.ts';

t.test('the protocols 1 and 58, and no other', async (t) => {
  const found = Array.from({ length: 256 }, (_, protocol) => protocol).filter(isIcmp);
  t.same(found, [1, 58]);
});
