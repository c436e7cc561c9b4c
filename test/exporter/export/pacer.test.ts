import t from 'tap';
import { maxWaitingMessages, Pacer } from '../../../exporter/export/pacer.ts';

t.test('1000 a second: 10 at once, then one a millisecond; what finds no place is dropped', async (t) => {
  let [sent, dropped] = [0, 0];
  const pacer = new Pacer({ maxRate: 1000, send: () => sent++, drop: () => dropped++ });
  const contents = { flowRecords: 1, packets: 1, octets: 1 };
  for (let i = 0; i < maxWaitingMessages + 15; i++) pacer.offer(new Uint8Array(1), contents, 5000);
  t.same([sent, dropped, pacer.congested], [10, 5, true]);
  pacer.release(5003);
  t.equal(sent, 13);
  pacer.release(4000);
  t.equal(sent, 13, 'a clock that was set back');
  pacer.release(9000);
  t.equal(sent, 23, 'no more after a pause than at first');
});

t.test('what waits at the end is given up, and counted', async (t) => {
  const dropped: number[] = [];
  const pacer = new Pacer({ maxRate: 1, send: () => {}, drop: ({ octets }) => dropped.push(octets) });
  for (const octets of [1, 2, 3]) pacer.offer(new Uint8Array(1), { flowRecords: 1, packets: 1, octets }, 0);
  pacer.clear();
  t.same(dropped, [2, 3]);
  t.equal(pacer.waiting, 0);
});

t.test('without a rate nothing waits', async (t) => {
  let sent = 0;
  const pacer = new Pacer({ maxRate: 0, send: () => sent++, drop: () => t.fail('dropped') });
  for (let i = 0; i < 1000; i++) pacer.offer(new Uint8Array(1), { flowRecords: 1, packets: 1, octets: 1 }, 0);
  t.same([sent, pacer.waiting, pacer.congested], [1000, 0, false]);
});
