import t from 'tap';
import { evictHalf } from '../../../collector/decode/evict-half.ts';

t.test('the older half goes', async (t) => {
  const table = new Map([[1, 30], [2, 10], [3, 20]]); // biome-ignore format: short
  t.same(
    evictHalf(table, (v) => v),
    [10, 20],
  );
  t.same([...table], [[1, 30]]);
});

t.test('of the same age, those that were there first', async (t) => {
  const table = new Map([[9, 5], [1, 5], [5, 5], [3, 4]]); // biome-ignore format: short
  evictHalf(table, (v) => v);
  t.same([...table.keys()], [1, 5]);
});
