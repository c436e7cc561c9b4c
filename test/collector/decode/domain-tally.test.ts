import t from 'tap';
import { newDomainTally } from '../../../collector/decode/domain-tally.ts';

t.test('nothing is there, and each decoder counts for itself', async (t) => {
  const tally = newDomainTally();
  t.same(Object.values(tally), [0, 0, 0, 0, 0]);
  tally.sessions++;
  t.equal(newDomainTally().sessions, 0);
});
