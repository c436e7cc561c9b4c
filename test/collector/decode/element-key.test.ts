import t from 'tap';
import { elementKey, keyOfSpec, ownElementKey } from '../../../collector/decode/element-key.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';
import type { AbstractType } from '../../../shared/elements/abstract-types.ts';

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
  for (const spec of flowColumns.flatMap((column) => column.from))
    t.ok(keyOfSpec(spec) > 0 !== spec.startsWith('announced/'), spec);
  t.equal(keyOfSpec('octetDeltaCount'), keyOfSpec('octetDeltaCount'));
  t.throws(() => keyOfSpec('noSuchElement'), /no element is called/);
});

t.test('an element of ours has the key of its name, whatever its number', async (t) => {
  const told = (name: string, dataType: AbstractType | undefined, pen = 32473) =>
    ownElementKey({ pen, id: 7, dataType, name });
  t.equal(told('proxyRequestId', 'string'), keyOfSpec('announced/proxyRequestId'));
  t.equal(told('proxyRequestId', 'string', 99), keyOfSpec('announced/proxyRequestId'));
  t.not(told('proxyRequestId', 'string'), told('proxySessionId', 'string'));
  t.equal(told('proxyRequestId', 'unsigned32'), undefined, 'of another type it is another element');
  t.equal(told('noSuchElement', 'string'), undefined);
  t.equal(told('noSuchElement', undefined), undefined);
  t.equal(told('', undefined), undefined);
  t.equal(ownElementKey(undefined), undefined);
  t.throws(() => keyOfSpec('announced/noSuchElement'), /no element is called/);
});
