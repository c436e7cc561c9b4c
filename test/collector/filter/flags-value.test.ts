import t from 'tap';
import { FilterCursor } from '../../../collector/filter/filter-cursor.ts';
import { flagsKind } from '../../../collector/filter/flags-value.ts';
import { readFilterValue } from '../../support/filter-value.ts';

t.test('flags', async (t) => {
  t.same(readFilterValue(flagsKind, 'sA and'), {
    sql: 'bitAnd(s, {f0:UInt16}) = {f0:UInt16}',
    params: { f0: 0x12 },
    rest: 'and',
  });
  t.same(readFilterValue(flagsKind, 'FSRPAUEC').params, { f0: 0xff });
  t.same(readFilterValue(flagsKind, 'X').params, { f0: 0x3f });
  t.same(readFilterValue(flagsKind, '18'), {
    sql: 'bitAnd(s, 255) = {f0:UInt16}',
    params: { f0: 18 },
    rest: '',
  });
  t.same(readFilterValue(flagsKind, '0x1b').params, { f0: 27 });
  const below = flagsKind.read(new FilterCursor('AF')).sqlBelowNot?.('s', (column) => column);
  t.equal(below, 'bitAnd(s, {f0:UInt16}) != 0', 'NOT denies each of them');
  for (const text of ['SZ', '256', '""', ')', '= S'])
    t.throws(() => readFilterValue(flagsKind, text), /TCP flags/, text);
});
