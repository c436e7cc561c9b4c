import t from 'tap';
import { extraKind } from '../../../collector/filter/extra-value.ts';
import { readFilterValue } from '../../support/filter-value.ts';

t.test('elements without a column', async (t) => {
  t.same(readFilterValue(extraKind, 'samplerName and x'), {
    sql: 'mapContains(s, {f0:String})',
    params: { f0: 'samplerName' },
    rest: 'and x',
  });
  t.same(readFilterValue(extraKind, '9.1 = "a b"'), {
    sql: 's[{f0:String}] = {f1:String}',
    params: { f0: '9.1', f1: 'a b' },
    rest: '',
  });
  t.equal(
    readFilterValue(extraKind, 'x !~ y').sql,
    'NOT positionCaseInsensitiveUTF8(s[{f0:String}], {f1:String}) > 0',
  );
  t.equal(readFilterValue(extraKind, 'x not in [a b]').sql, 'NOT s[{f0:String}] IN {f1:Array(String)}');
  t.same(readFilterValue(extraKind, 'x not'), {
    sql: 'mapContains(s, {f0:String})',
    params: { f0: 'x' },
    rest: 'not',
  });
});

t.test('order is that of numbers', async (t) => {
  t.same(readFilterValue(extraKind, 'x >= -1.5'), {
    sql: 'ifNull(toFloat64OrNull(s[{f0:String}]) >= {f1:Float64}, 0)',
    params: { f0: 'x', f1: -1.5 },
    rest: '',
  });
  t.throws(() => readFilterValue(extraKind, 'x > y'), /a number after >/);
  t.throws(() => readFilterValue(extraKind, '= 3'), /the name of an element/);
  t.throws(() => readFilterValue(extraKind, 'y'.repeat(1001)), /the name of an element/);
});
