import t from 'tap';
import { FlowSlots, numbersPerSlot, wordsPerSlot } from '../../../exporter/meter/flow-slots.ts';

t.test('slots keep what is in them while others come', async (t) => {
  const slots = new FlowSlots(10_000);
  for (let i = 0; i < 10_000; i++) {
    const slot = slots.take();
    slots.words[slot * wordsPerSlot] = i;
    slots.numbers[slot * numbersPerSlot] = i / 2;
  }
  t.ok(slots.isFull);
  t.equal(slots.words.length, 10_000 * wordsPerSlot, 'no more than was allowed');
  let wrong = 0;
  for (let i = 0; i < 10_000; i++)
    if (slots.words[i * wordsPerSlot] !== i || slots.numbers[i * numbersPerSlot] !== i / 2) wrong++;
  t.equal(wrong, 0);
});

t.test('a slot given back is taken again', async (t) => {
  const slots = new FlowSlots(3);
  t.same([slots.take(), slots.take(), slots.take()], [0, 1, 2]);
  slots.giveBack(0);
  slots.giveBack(2);
  t.notOk(slots.isFull);
  t.same([slots.take(), slots.take()].sort(), [0, 2]);
  t.equal(slots.size, 3);
});
