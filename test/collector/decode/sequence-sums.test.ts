import t from 'tap';
import { addSequence } from '../../../collector/decode/sequence-sums.ts';

t.test('each number by itself', async (t) => {
  const sum = { missing: 1, reordered: 2, duplicate: 3, unknown: 4, restarts: 5 };
  const more = { missing: 10, reordered: 20, duplicate: 30, unknown: 40, restarts: 50 };
  addSequence(sum, more);
  t.same(sum, { missing: 11, reordered: 22, duplicate: 33, unknown: 44, restarts: 55 });
  t.equal(more.missing, 10, 'the summand is left alone');
});
