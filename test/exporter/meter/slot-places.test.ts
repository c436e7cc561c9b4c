import t from 'tap';
import { SlotPlaces } from '../../../exporter/meter/slot-places.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

t.test('a slot is at the place of its hash, or behind those that were there before', async (t) => {
  const hashes = [6, 6, 7, 0xffff_ff06 | 0, 3];
  const places = new SlotPlaces(8, (slot) => hashes[slot] as number);
  for (const slot of [0, 1, 2]) places.add(slot, hashes[slot] as number);
  t.same([...places.entries], [3, 0, 0, 0, 0, 0, 1, 2], 'the last one is followed by the first');
  places.add(3, hashes[3] as number);
  t.same([...places.entries], [3, 4, 0, 0, 0, 0, 1, 2]);
  t.equal(places.size, 4);
});

t.test('those behind a removed one are still found', async (t) => {
  const hashes = [6, 6, 0, 7];
  const places = new SlotPlaces(8, (slot) => hashes[slot] as number);
  for (const slot of [0, 1, 2, 3]) places.add(slot, hashes[slot] as number);
  t.same([...places.entries], [3, 4, 0, 0, 0, 0, 1, 2]);
  places.remove(0);
  t.same([...places.entries], [3, 0, 0, 0, 0, 0, 2, 4], 'slot 2 stays where it is looked for');
  t.equal(places.size, 3);
});

t.test('there are always twice as many places as slots', async (t) => {
  const hashes = [1, 9, 17, 2, 5];
  const places = new SlotPlaces(8, (slot) => hashes[slot] as number);
  for (const [slot, hash] of hashes.entries()) places.add(slot, hash);
  t.same([...places.entries], [0, 1, 3, 4, 0, 5, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]);
});

t.test('whatever comes and goes, each slot can be reached from its hash', async (t) => {
  const random = new SeededRandom(3);
  const hashes = Array.from({ length: 500 }, () => random.below(60) << random.below(3));
  const places = new SlotPlaces(8, (slot) => hashes[slot] as number);
  const added = new Set<number>();
  const isReached = (slot: number): boolean => {
    const mask = places.entries.length - 1;
    let place = (hashes[slot] as number) & mask;
    while (places.entries[place] !== 0 && places.entries[place] !== slot + 1) place = (place + 1) & mask;
    return places.entries[place] === slot + 1;
  };
  let wrong = 0;
  for (let round = 0; round < 3000; round++) {
    const slot = random.below(hashes.length);
    if (added.delete(slot)) places.remove(slot);
    else {
      added.add(slot);
      places.add(slot, hashes[slot] as number);
    }
    for (const each of added) if (!isReached(each)) wrong++;
    if (isReached(slot) !== added.has(slot)) wrong++;
  }
  t.equal(wrong, 0);
  t.equal(places.size, added.size);
  t.equal(places.entries.filter((entry) => entry !== 0).length, added.size);
});
