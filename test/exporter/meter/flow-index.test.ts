import t from 'tap';
import { FlowIndex } from '../../../exporter/meter/flow-index.ts';
import { FlowSlots, keyWords, noSlot, slotWords, wordsPerSlot } from '../../../exporter/meter/flow-slots.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

t.test('finds what a Map finds, through collisions and growth', async (t) => {
  const slots = new FlowSlots(20_000);
  const index = new FlowIndex(slots);
  const known = new Map<number, number>();
  const random = new SeededRandom(5);
  const key = new Int32Array(keyWords);
  // Few hashes for many keys: runs of places that belong to several of them.
  const hashOf = (name: number): number => Math.imul(name % 3000, 0x9e3779b1) & ~7;
  let wrong = 0;
  for (let round = 0; round < 60_000; round++) {
    const name = random.below(15_000);
    key[0] = name;
    const hash = hashOf(name);
    const slot = index.find(key, hash);
    if (slot !== (known.get(name) ?? noSlot)) wrong++;
    if (slot === noSlot) {
      const fresh = slots.take();
      slots.words.fill(0, fresh * wordsPerSlot, (fresh + 1) * wordsPerSlot);
      slots.words[fresh * wordsPerSlot] = name;
      slots.words[fresh * wordsPerSlot + slotWords.hash] = hash;
      index.add(fresh);
      known.set(name, fresh);
    } else if (random.below(3) === 0) {
      index.remove(slot);
      slots.giveBack(slot);
      known.delete(name);
    }
  }
  t.equal(wrong, 0);
  t.ok(known.size > 5000, `${known.size} flows`);
});

t.test('each word of the key counts', async (t) => {
  const slots = new FlowSlots(10);
  const index = new FlowIndex(slots);
  index.add(slots.take());
  for (let word = 0; word < keyWords; word++) {
    const key = new Int32Array(keyWords);
    t.equal(index.find(key, 0), 0);
    key[word] = 1;
    t.equal(index.find(key, 0), noSlot, `word ${word}`);
  }
});
