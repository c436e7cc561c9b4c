import t from 'tap';
import { macKind } from '../../../collector/filter/mac-value.ts';
import { readFilterValue } from '../../support/filter-value.ts';

t.test('MAC addresses', async (t) => {
  for (const text of ['00:11:22:aa:BB:cc', '0:11:22:aa:bb:cc', '00-11-22-aa-bb-cc', '0011.22AA.bbcc'])
    t.same(
      readFilterValue(macKind, text),
      { sql: 's = {f0:UInt64}', params: { f0: 0x0011_22aa_bbcc }, rest: '' },
      text,
    );
  t.same(readFilterValue(macKind, 'not in [00:00:00:00:00:01 ff:ff:ff:ff:ff:ff]'), {
    sql: 'NOT s IN {f0:Array(UInt64)}',
    params: { f0: [1, 2 ** 48 - 1] },
    rest: '',
  });
  t.equal(readFilterValue(macKind, '!= 00:00:00:00:00:01').sql, 'NOT s = {f0:UInt64}');
  for (const text of [
    '00:11:22:33:44',
    '001122334455',
    '00:11:22-33:44:55',
    'g0:11:22:33:44:55',
    '2001:db8::1',
  ])
    t.throws(() => readFilterValue(macKind, text), /a MAC address/, text);
});
