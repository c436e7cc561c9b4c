import t from 'tap';
import { makeAttributionCounters } from '../../../exporter/observe/attribution.ts';
import { AttributionBook } from '../../../exporter/observe/attribution-book.ts';
import type { ProcessFacts } from '../../../exporter/observe/process-facts.ts';

const factsOf = (pid: number): ProcessFacts => ({ pid }) as ProcessFacts;

t.test('old numbers are forgotten, and those that a thread may still use are kept', (t) => {
  const book = new AttributionBook();
  const counters = { ...makeAttributionCounters(), exact: 5 };
  for (let number = 1; number <= 40_000; number++)
    book.learn({ facts: [[number, factsOf(number)]], counters, isDenied: false });
  t.equal(book.counters.exact, 5);
  t.equal(book.find(1), undefined);
  t.match(book.find(40_000), { pid: 40_000 });
  t.match(book.find(40_000 - 20_000), { pid: 20_000 });
  t.end();
});
