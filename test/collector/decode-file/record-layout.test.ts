import t from 'tap';
import { fieldElement, fieldName, recordLayout } from '../../../collector/decode-file/record-layout.ts';
import { netflow5Template } from '../../../shared/protocol/netflow5.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';

const field = (id: number, lengthBytes = 4, pen = 0) => ({ pen, id, lengthBytes });
const nobody = { elementChanges: 0, findAnnounced: () => undefined };
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
  const { scope, values } = recordLayout(template, nobody);
  t.same(scope, []);
  t.same(names(values), [
    ['sourceIPv4Address', 0],
    ['mplsTopLabelStackSection', 1, 2],
    ['destinationIPv4Address', 3],
    ['reverseOctetDeltaCount', 4],
  ]);
  t.equal(recordLayout(template, nobody), recordLayout(template, nobody), 'made once');
});

t.test('two elements with one name are kept apart', async (t) => {
  const template = makeTemplate(10, 256, [
    field(61, 1),
    field(954, 1, 6876),
    field(4, 1, 9789),
    field(954, 1, 6876),
  ]);
  t.same(names(recordLayout(template, nobody).values), [
    ['flowDirection', 0],
    ['pen6876/954', 1, 3],
    ['pen9789/4', 2],
  ]);
});

t.test('scopes', async (t) => {
  const ipfix = makeTemplate(10, 256, [field(149), field(10), field(82, 10)], { scopeCount: 2 });
  t.same(names(recordLayout(ipfix, nobody).scope), [
    ['observationDomainId', 0],
    ['ingressInterface', 1],
  ]);
  t.same(names(recordLayout(ipfix, nobody).values), [['interfaceName', 2]]);
  const fields = [field(1), field(2), field(3), field(4), field(5), field(6), field(2, 4)];
  const netflow9 = makeTemplate(9, 256, fields, { scopeCount: 6 });
  t.same(
    names(recordLayout(netflow9, nobody).scope).flat().filter(String),
    [
      ['system', 0],
      ['interface', 1],
      ['lineCard', 2],
      ['cache', 3],
      ['template', 4],
      ['scope/6', 5],
    ].flat(),
  );
  t.same(
    names(recordLayout(netflow9, nobody).values),
    [['packetDeltaCount', 6]],
    'the same number, another meaning',
  );
  t.equal(fieldElement(netflow9, 0, field(1), nobody)?.dataType, 'unsigned64', 'printed as a number');
  t.equal(fieldName(netflow9, 6, field(2), nobody), 'packetDeltaCount');
});

t.test("the padding of NetFlow v5 is nobody's field", async (t) => {
  const { values } = recordLayout(netflow5Template, nobody);
  t.equal(values.length, 18);
  t.notOk(values.some((v) => v.name === 'paddingOctets'));
  const ipfix = makeTemplate(10, 256, [field(8), field(210, 2)]);
  t.same(names(recordLayout(ipfix, nobody).values)[1], ['paddingOctets', 1], 'that of others is');
});

t.test('what was announced has its name; when that changes the layout is made again', async (t) => {
  const template = makeTemplate(10, 256, [field(1, 1, 9), field(2, 1, 9), field(3, 1, 9)]);
  const announcer = (elementChanges: number, said: string) => ({
    elementChanges,
    findAnnounced: (pen: number, id: number) =>
      id === 3 ? undefined : ({ pen, id, dataType: 'boolean', name: id === 1 ? said : '' } as const),
  });
  const layout = recordLayout(template, announcer(1, 'a'));
  t.same(names(layout.values), [['9.a', 0], ['pen9/2', 1], ['pen9/3', 2]]); // biome-ignore format: short
  t.same(layout.values.map((v) => v.element?.dataType), ['boolean', 'boolean', undefined]); // biome-ignore format: short
  t.equal(recordLayout(template, announcer(1, 'b')), layout);
  t.same(names(recordLayout(template, announcer(2, 'b')).values)[0], ['9.b', 0]);
});
