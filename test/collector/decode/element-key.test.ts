import t from 'tap';
import { elementKey, keyOfSpec } from '../../../collector/decode/element-key.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';

t.test('a number per element, whatever version carried it', async (t) => {
  t.equal(elementKey(9, { pen: 0, id: 8 }), keyOfSpec('sourceIPv4Address'));
  t.equal(elementKey(10, { pen: 0, id: 8 }), keyOfSpec('sourceIPv4Address'));
  t.equal(elementKey(10, { pen: 29305, id: 1 }), keyOfSpec('reverseOctetDeltaCount'));
  t.equal(elementKey(9, { pen: 0, id: 40005 }), keyOfSpec('v9/40005'));
  t.equal(elementKey(9, { pen: 0, id: 57472 + 168 }), keyOfSpec('35632/168'), 'nProbe in NetFlow v9');
  t.equal(elementKey(10, { pen: 35632, id: 168 }), keyOfSpec('35632/168'));
  t.not(elementKey(10, { pen: 35632, id: 168 }), elementKey(10, { pen: 35633, id: 168 }));
  t.equal(elementKey(10, { pen: 0xffffffff, id: 0x7fff }), 0xffffffff * 65536 + 0x7fff, 'exact');
});

t.test('every element of the flow table is known', async (t) => {
  for (const spec of flowColumns.flatMap((column) => column.from)) t.ok(keyOfSpec(spec) > 0, spec);
  t.equal(keyOfSpec('octetDeltaCount'), keyOfSpec('octetDeltaCount'));
  t.throws(() => keyOfSpec('noSuchElement'), /no element is called/);
});
