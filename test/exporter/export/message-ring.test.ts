import t from 'tap';
import { MessageRing } from '../../../exporter/export/message-ring.ts';

const messageOf = (n: number) => Uint8Array.of(n);
const contentsOf = (n: number) => ({ flowRecords: n, packets: 10 * n, octets: 2 ** 40 + n });

t.test('first in, first out, around the end, with what they carry', async (t) => {
  const ring = new MessageRing(3);
  for (const n of [1, 2]) t.ok(ring.push(messageOf(n), contentsOf(n)));
  t.same(ring.shift(), messageOf(1));
  for (const n of [3, 4]) t.ok(ring.push(messageOf(n), contentsOf(n)));
  t.equal(ring.push(messageOf(5), contentsOf(5)), false, 'full: who comes then is not taken');
  t.equal(ring.length, 3);
  for (const n of [2, 3, 4]) {
    t.same(ring.shift(), messageOf(n));
    t.same(ring.taken, contentsOf(n));
  }
  t.equal(ring.shift(), undefined);
  t.equal(ring.length, 0);
});

t.test('none at all', async (t) => {
  t.equal(new MessageRing(0).push(messageOf(1), contentsOf(1)), false);
});
