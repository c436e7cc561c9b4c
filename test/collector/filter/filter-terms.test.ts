import t from 'tap';
import { compileFilter } from '../../../collector/filter/compile-filter.ts';
import { filterTerms } from '../../../collector/filter/filter-terms.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';

t.test('each example is a filter with the columns of its term', async (t) => {
  const known = new Set(['service', ...flowColumns.map(({ name }) => name)]);
  for (const { title, example, phrases } of filterTerms) {
    const { columns } = compileFilter(example);
    const own = new Set(phrases.flatMap(({ subjects }) => subjects.flatMap((subject) => subject.columns)));
    t.same(
      [...columns].filter((column) => !known.has(column)),
      [],
      title,
    );
    t.ok(own.size === 0 || [...columns].some((column) => own.has(column)), `${title}: ${example}`);
  }
});

t.test('nothing is said twice', async (t) => {
  const words = filterTerms.flatMap(({ phrases }) => phrases.map((phrase) => phrase.words));
  t.same(
    words.filter((one, i) => words.indexOf(one) !== i),
    [],
  );
  t.same(
    words.filter((one) => !/^[a-z0-9]+(?:[ -][a-z0-9]+)*$/.test(one)),
    [],
  );
});
