import t from 'tap';
import { knownElement } from '../../../collector/decode/known-element.ts';

const said = (name: string) => (pen: number, id: number) =>
  ({ pen, id, dataType: 'unsigned16', name }) as const;

t.test('the registry stands', async (t) => {
  t.match(knownElement(10, 0, 8, said('x')), { name: 'sourceIPv4Address', dataType: 'ipv4Address' });
  t.match(knownElement(10, 6871, 21, said('x')), {
    name: 'reverseFlowDeltaMilliseconds',
    dataType: 'unsigned32',
  });
  t.match(knownElement(10, 29305, 1, said('x')), {
    name: 'reverseOctetDeltaCount',
    dataType: 'unsigned64',
  });
});

t.test('where it has no type, the exporter says it', async (t) => {
  t.match(
    knownElement(10, 35632, 182, () => undefined),
    { name: 'HTTP_REFERER', dataType: undefined },
  );
  t.match(knownElement(10, 35632, 182, said('x')), { name: 'HTTP_REFERER', dataType: 'unsigned16' });
});

t.test('what it does not know is what was announced', async (t) => {
  t.same(knownElement(10, 32473, 8, said('x')), { pen: 32473, id: 8, name: '32473.x', dataType: 'unsigned16', semantics: '' }); // biome-ignore format: short
  t.match(knownElement(10, 32473, 8, said('')), { name: '', dataType: 'unsigned16' });
  t.equal(
    knownElement(10, 32473, 8, () => undefined),
    undefined,
  );
  t.equal(knownElement(9, 0, 60000, said('x')), undefined, 'NetFlow v9 has no enterprises');
});
