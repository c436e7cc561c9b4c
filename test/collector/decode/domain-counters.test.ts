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

t.test('the outcome of a datagram', async (t) => {
  const counters = new DomainCounters();
  for (const [faults, readable] of [[0, 0], [0, 3], [1, 2], [1, 0], [2, 0]] as const) // biome-ignore format: short
    counters.countDatagram(faults, readable);
  t.match(counters, { datagrams: 5, decoded: 2, partly: 1, malformed: 2 });
});

t.test('saved and restored', async (t) => {
  const counters = new DomainCounters();
  counters.flowRecords = 2 ** 60;
  counters.count('template-id');
  counters.count('set-length');
  t.same(counters.save(), { numbers: { flowRecords: 2 ** 60 }, reasons: [['template-id', 1], ['set-length', 1]] }); // biome-ignore format: short
  const next = new DomainCounters();
  next.restore(JSON.parse(JSON.stringify(counters.save())));
  t.strictSame(next, counters);
});
