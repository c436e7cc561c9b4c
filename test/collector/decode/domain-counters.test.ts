import t from 'tap';
import { addCounters, DomainCounters } from '../../../collector/decode/domain-counters.ts';

t.test('books are added up, reason by reason', async (t) => {
  const [sum, more] = [new DomainCounters(), new DomainCounters()];
  more.datagrams = 3;
  more.flowRecords = 5;
  more.count('set-length');
  more.count('set-length');
  sum.flowRecords = 1;
  sum.count('set-length');
  sum.count('template-id');
  addCounters(sum, more);
  t.match(sum, { datagrams: 3, flowRecords: 6, optionsRecords: 0 });
  t.same([...sum.reasons], [['set-length', 3], ['template-id', 1]]); // biome-ignore format: short
  t.same([...more.reasons], [['set-length', 2]], 'the summand is left alone');
});
