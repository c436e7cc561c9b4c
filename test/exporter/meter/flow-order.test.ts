import t from 'tap';
import { FlowOrder } from '../../../exporter/meter/flow-order.ts';
import { FlowSlots, noSlot } from '../../../exporter/meter/flow-slots.ts';

t.test('slots come out as they went in, without those removed', async (t) => {
  const order = new FlowOrder(new FlowSlots(10));
  for (const slot of [3, 1, 4, 5, 9]) order.append(slot);
  for (const slot of [4, 3, 9]) order.remove(slot);
  order.append(3);
  const seen: number[] = [];
  while (order.first !== noSlot) {
    seen.push(order.first);
    order.remove(order.first);
  }
  t.same(seen, [1, 5, 3]);
  order.append(7);
  t.equal(order.first, 7);
});
