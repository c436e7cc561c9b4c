import t from 'tap';
import { ExtraKeys } from '../../../collector/decode/extra-keys.ts';

t.test('those that came first stay', async (t) => {
  const keys = new ExtraKeys(2);
  t.same(['a', 'b', 'a', 'c', 'b', 'c'].map((key) => keys.take(key)), [true, true, true, false, true, false]); // biome-ignore format: short
  t.same(keys.save(), ['a', 'b']);
});

t.test('restored, the answers are the same', async (t) => {
  const keys = new ExtraKeys(3);
  keys.restore(['b', 'a']);
  t.same(['c', 'd', 'a'].map((key) => keys.take(key)), [true, false, true]); // biome-ignore format: short
  t.same(keys.save(), ['b', 'a', 'c']);
});
