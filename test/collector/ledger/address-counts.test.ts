import t from 'tap';
import { AddressCounts } from '../../../collector/ledger/address-counts.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const one = '00000000000000000000ffffc0000201';
const two = '20010db8000000000000000000000002';
const three = '20010db8000000000000000000000003';
const zeros = '0'.repeat(32);

t.test('addresses are counted apart, in the order in which they came', async (t) => {
  const counts = new AddressCounts(4);
  counts.add(hexBytes(`ffff${two}`), 2, 1);
  counts.add(hexBytes(one), 0, 5);
  counts.add(hexBytes(`${two}00`), 0, 2);
  t.same([...counts.entries()], [[two, 3], [one, 5]]); // biome-ignore format: short
  t.equal(counts.get(hexBytes(`00${one}`), 1), 5);
  t.equal(counts.get(hexBytes(three), 0), 0);
  t.equal(counts.size, 2);
});

t.test('those for which there is no room are counted together', async (t) => {
  const counts = new AddressCounts(2);
  for (const address of [one, two, three, one, three]) counts.add(hexBytes(address), 0, 1);
  const all = [[one, 2], [two, 1], [zeros, 2]]; // biome-ignore format: short
  t.same([...counts.entries()], all);
  t.equal(counts.get(hexBytes(three), 0), 0);
  const again = new AddressCounts(2);
  for (const [address, count] of counts.entries()) again.add(hexBytes(address), 0, count);
  t.same([...again.entries()], all, 'also when they are put back');
  counts.clear();
  t.same([...counts.entries()], []);
  counts.add(hexBytes(three), 0, 1);
  t.same([...counts.entries()], [[three, 1]]);
});

t.test('thousands of them, as a Map counts them', async (t) => {
  const random = new SeededRandom(1);
  const truth = new Map<string, number>();
  const counts = new AddressCounts(3000);
  for (let i = 0; i < 20_000; i++) {
    const address = `${'0'.repeat(28)}${(random.below(3000) * 21).toString(16).padStart(4, '0')}`;
    truth.set(address, (truth.get(address) ?? 0) + i);
    counts.add(hexBytes(address), 0, i);
  }
  t.same([...counts.entries()], [...truth]);
});
