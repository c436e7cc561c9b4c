import t from 'tap';
import { measureSource } from '../../../collector/ask/measure-source.ts';

t.test('each source reads its tables, in its range', async (t) => {
  const range = { from: 3_600_000_000, to: 7_200_000_000, isRelative: false };
  const measure = { dimensions: [], filter: undefined, range: { ...range, from: 1 } };
  const tables = (table: 'flows' | 'flows_1m' | 'flows_1h') => {
    const source = {
      table,
      about: 'as',
      range,
      hourlyUntil: new Map([['here', 3_600_000_000]]),
      text: '',
    } as const;
    const { sql, params } = measureSource(measure, source);
    t.equal(params.from, range.from);
    if (table !== 'flows') t.match(sql, /WHERE about = 'as' AND/);
    return [...sql.matchAll(/FROM (flows\w*)/g)].map((match) => match[1]);
  };
  t.same(tables('flows'), ['flows', 'flows', 'flows', 'flows'], 'both directions, whole and shared');
  t.same(tables('flows_1m'), ['flows_1m']);
  t.same(tables('flows_1h'), ['flows_1h', 'flows_1m']);
});
