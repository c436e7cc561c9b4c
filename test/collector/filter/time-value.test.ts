import t from 'tap';
import { timeKind } from '../../../collector/filter/time-value.ts';
import { readFilterValue } from '../../support/filter-value.ts';

t.test('times', async (t) => {
  t.same(readFilterValue(timeKind, '>= 1970-01-01T00:01:00.5'), {
    sql: 's >= fromUnixTimestamp64Micro({f0:Int64})',
    params: { f0: 60_500_000 },
    rest: '',
  });
  t.same(readFilterValue(timeKind, '!= "1970-01-02 00:00"'), {
    sql: 'NOT s = fromUnixTimestamp64Micro({f0:Int64})',
    params: { f0: 86_400_000_000 },
    rest: '',
  });
  t.same(readFilterValue(timeKind, '< 1970-01-01T01:00+01:00').params, { f0: 0 });
  t.throws(() => readFilterValue(timeKind, '> yesterday'), /a time, such as/);
  t.throws(() => readFilterValue(timeKind, 'in [1970-01-01]'), /after one of/);
});
