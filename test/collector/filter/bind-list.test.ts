import t from 'tap';
import { anyOf, bindList } from '../../../collector/filter/bind-list.ts';
import { FilterCursor } from '../../../collector/filter/filter-cursor.ts';

t.test('a list is one parameter', async (t) => {
  const cursor = new FilterCursor('');
  t.equal(bindList(cursor, 'UInt16', [80, 443])('port'), 'port IN {f0:Array(UInt16)}');
  t.equal(bindList(cursor, 'UInt64', [2n ** 64n - 1n, 5n])('x'), 'x IN {f1:Array(UInt64)}');
  t.same(cursor.params, { f0: [80, 443], f1: '[18446744073709551615,5]' });
});

t.test('or several, where ClickHouse would refuse it', async (t) => {
  const cursor = new FilterCursor('');
  const sql = bindList(cursor, 'String', Array(5).fill('x'.repeat(50_000)))('s');
  t.equal(sql, '(s IN {f0:Array(String)} OR s IN {f1:Array(String)} OR s IN {f2:Array(String)})');
  t.same(
    Object.values(cursor.params).map((list) => (list as string[]).length),
    [2, 2, 1],
  );
});

t.test('conditions', async (t) => {
  t.equal(anyOf(['a = 1']), 'a = 1');
  t.equal(anyOf(['a = 1', 'b = 2']), '(a = 1 OR b = 2)');
});
