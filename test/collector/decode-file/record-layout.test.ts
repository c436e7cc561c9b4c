import t from 'tap';
import { fieldElement, fieldName, recordLayout } from '../../../collector/decode-file/record-layout.ts';
import { netflow5Template } from '../../../shared/protocol/netflow5.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';

const field = (id: number, lengthBytes = 4, pen = 0) => ({ pen, id, lengthBytes });
const names = (named: readonly { name: string; fields: readonly number[] }[]) =>
  named.map((n) => [n.name, ...n.fields]);

t.test('an element that occurs again is kept with its first', async (t) => {
  const template = makeTemplate(10, 256, [
    field(8),
    field(70, 3),
    field(70, 3),
    field(12),
    field(1, 4, 29305),
  ]);
  const { scope, values } = recordLayout(template);
  t.same(scope, []);
  t.same(names(values), [
    ['sourceIPv4Address', 0],
    ['mplsTopLabelStackSection', 1, 2],
    ['destinationIPv4Address', 3],
    ['reverseOctetDeltaCount', 4],
  ]);
  t.equal(recordLayout(template), recordLayout(template), 'made once');
});

t.test('two elements with one name are kept apart', async (t) => {
  const template = makeTemplate(10, 256, [
    field(61, 1),
    field(954, 1, 6876),
    field(4, 1, 9789),
    field(954, 1, 6876),
  ]);
  t.same(names(recordLayout(template).values), [
    ['flowDirection', 0],
    ['pen6876/954', 1, 3],
    ['pen9789/4', 2],
  ]);
});

t.test('scopes', async (t) => {
  const ipfix = makeTemplate(10, 256, [field(149), field(10), field(82, 10)], { scopeCount: 2 });
  t.same(names(recordLayout(ipfix).scope), [
    ['observationDomainId', 0],
    ['ingressInterface', 1],
  ]);
  t.same(names(recordLayout(ipfix).values), [['interfaceName', 2]]);
  const fields = [field(1), field(2), field(3), field(4), field(5), field(6), field(2, 4)];
  const netflow9 = makeTemplate(9, 256, fields, { scopeCount: 6 });
  t.same(
    names(recordLayout(netflow9).scope).flat().filter(String),
    [
      ['system', 0],
      ['interface', 1],
      ['lineCard', 2],
      ['cache', 3],
      ['template', 4],
      ['scope/6', 5],
    ].flat(),
  );
  t.same(names(recordLayout(netflow9).values), [['packetDeltaCount', 6]], 'the same number, another meaning');
  t.equal(fieldElement(netflow9, 0, field(1))?.dataType, 'unsigned64', 'printed as a number');
  t.equal(fieldName(netflow9, 6, field(2)), 'packetDeltaCount');
});

t.test("the padding of NetFlow v5 is nobody's field", async (t) => {
  const { values } = recordLayout(netflow5Template);
  t.equal(values.length, 18);
  t.notOk(values.some((v) => v.name === 'paddingOctets'));
  const ipfix = makeTemplate(10, 256, [field(8), field(210, 2)]);
  t.same(names(recordLayout(ipfix).values)[1], ['paddingOctets', 1], 'that of others is');
});
