import t from 'tap';
import { ConnectionKey } from '../../../exporter/meter/connection-key.ts';
import {
  ConnectionTable,
  noSlot,
  slotBits,
  slotFacts,
  slotNumbers,
} from '../../../exporter/meter/connection-table.ts';
import { makeTestConnection } from '../../support/connections.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const key = new ConnectionKey();
const keyOf = (port: number, id = port): ConnectionKey => {
  key.set(makeTestConnection({ id, from: ['10.0.0.1', port] }));
  return key;
};

t.test('finds what was added and not removed, whatever came between', async (t) => {
  const table = new ConnectionTable(1, 100_000);
  const random = new SeededRandom(7);
  const slots = new Map<number, number>();
  let wrong = 0;
  for (let i = 0; i < 30_000; i++) {
    const port = random.below(6000);
    const slot = slots.get(port);
    if (table.find(keyOf(port), 0) !== (slot ?? noSlot)) wrong++;
    if (slot === undefined) slots.set(port, table.add(keyOf(port)));
    else {
      table.remove(slot);
      slots.delete(port);
    }
  }
  t.equal(wrong, 0);
  t.equal(table.size, slots.size);
  const used = Array.from({ length: table.slotsEnd }, (_, slot) => slot).filter((slot) => table.isUsed(slot));
  t.same(
    used,
    [...slots.values()].sort((a, b) => a - b),
  );
});

t.test('a slot that was given back is used again, and begins with nothing', async (t) => {
  const table = new ConnectionTable(1, 2);
  const slot = table.add(keyOf(1));
  table.setFact(slot, slotFacts.mark, 9);
  table.setNumber(slot, slotNumbers.latest + 3, 9);
  table.setBits(slot, slotBits.hasCounters, 0);
  table.add(keyOf(2));
  table.remove(slot);
  t.equal(table.add(keyOf(3)), slot);
  t.equal(table.fact(slot, slotFacts.mark), 0);
  t.equal(table.number(slot, slotNumbers.latest + 3), 0);
  t.equal(table.hasBits(slot, slotBits.hasCounters), false);
});

t.test('connections with the same key are told apart by their start', async (t) => {
  const table = new ConnectionTable(1, 10);
  const first = table.add(keyOf(1));
  table.setNumber(first, slotNumbers.startMicros, 5e6);
  t.equal(table.find(keyOf(1), 5e6), first);
  t.equal(table.find(keyOf(1), 0), first, 'start not known');
  t.equal(table.find(keyOf(1), 6e6), noSlot);
  const second = table.add(keyOf(1));
  table.setNumber(second, slotNumbers.startMicros, 6e6);
  t.equal(table.find(keyOf(1), 6e6), second);
  t.equal(table.find(keyOf(1), 5e6), first);
  table.setBits(second, slotBits.startIsGuessed, 0);
  t.equal(table.startOf(second), -6e6);
  t.equal(table.find(keyOf(1), 5.9e6), second, 'NEW came later');
});
