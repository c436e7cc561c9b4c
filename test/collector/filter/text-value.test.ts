import t from 'tap';
import { choiceKind, textKind } from '../../../collector/filter/text-value.ts';
import { readFilterValue } from '../../support/filter-value.ts';

t.test('texts', async (t) => {
  const kind = textKind('TEXT', 'a text');
  t.same(readFilterValue(kind, 'Fra1 and'), { sql: 's = {f0:String}', params: { f0: 'Fra1' }, rest: 'and' });
  t.same(readFilterValue(kind, `!= "a 'b'"`), {
    sql: 'NOT s = {f0:String}',
    params: { f0: "a 'b'" },
    rest: '',
  });
  t.equal(readFilterValue(kind, '~ fra').sql, 'positionCaseInsensitiveUTF8(s, {f0:String}) > 0');
  t.equal(readFilterValue(kind, '!~ fra').sql, 'NOT positionCaseInsensitiveUTF8(s, {f0:String}) > 0');
  t.same(readFilterValue(kind, 'in [a, "b c"]').params, { f0: ['a', 'b c'] });
  t.throws(() => readFilterValue(kind, '> a'), /a text, after one of = != ~ !~/);
  t.throws(() => readFilterValue(kind, 'a'.repeat(10_001)), /at most 10000 characters/);
  t.throws(() => readFilterValue(kind, '='), /expected a text/);
});

t.test('choices', async (t) => {
  const kind = choiceKind('X', 'up or down', { up: 'Up', down: 'Down' });
  t.same(readFilterValue(kind, 'UP').params, { f0: 'Up' });
  t.same(readFilterValue(kind, 'not in [up down]'), {
    sql: 'NOT s IN {f0:Array(String)}',
    params: { f0: ['Up', 'Down'] },
    rest: '',
  });
  t.throws(() => readFilterValue(kind, 'dwon'), /up or down \(did you mean down\?\)/);
  t.throws(() => readFilterValue(kind, '__proto__'), /up or down/);
  t.throws(() => readFilterValue(kind, '~ up'), /after one of = !=/);
});
