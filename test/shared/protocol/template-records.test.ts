import t from 'tap';
import { makeTemplate, type Template } from '../../../shared/protocol/template.ts';
import {
  maxEmptyFields,
  maxTemplateFields,
  readTemplateSet,
  templateRecordBytes,
  writeTemplateRecord,
} from '../../../shared/protocol/template-records.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';
import { u16 } from '../../support/message-hex.ts';

interface Read {
  readonly templates: readonly Template[];
  readonly refused: readonly (readonly [id: number, code: string])[];
}

const read = (version: 9 | 10, setId: number, hex: string): Read => {
  const octets = hexBytes(`ffff ${hex} ffff`);
  const templates: Template[] = [];
  const refused: [number, string][] = [];
  readTemplateSet(
    viewOf(octets), version, setId, 2, octets.length - 2,
    (template) => templates.push(template),
    (id, error) => refused.push([id, error.code]),
  ); // biome-ignore format: short
  return { templates, refused };
};

const field = (id: number, lengthBytes: number, pen = 0) => ({ pen, id, lengthBytes });

t.test('IPFIX Template Records, RFC 7011 3.4.1', async (t) => {
  // 256: sourceIPv4Address/4, interfaceName/variable; 257: the reverse octetDeltaCount of RFC 5103 and one of enterprise 9
  const { templates, refused } = read(
    10,
    2,
    '0100 0002 0008 0004 0052 ffff  0101 0002 8001 0008 00007279 b001 0002 00000009',
  );
  t.same(refused, []);
  t.same(templates, [
    makeTemplate(10, 256, [field(8, 4), field(82, 65535)]),
    makeTemplate(10, 257, [field(1, 8, 29305), field(0x3001, 2, 9)]),
  ]);
});

t.test('IPFIX Options Template Records, RFC 7011 3.4.2.2', async (t) => {
  const { templates } = read(10, 3, '0102 0003 0002 0095 0004 000a 0004 0052 0010');
  t.same(templates, [makeTemplate(10, 258, [field(149, 4), field(10, 4), field(82, 16)], { scopeCount: 2 })]);
});

t.test('NetFlow v9: the first bit is no enterprise bit', async (t) => {
  const { templates } = read(9, 0, '0100 0002 0008 0004 9c41 0004');
  t.same(templates, [makeTemplate(9, 256, [field(8, 4), field(40001, 4)])]);
});

t.test('NetFlow v9 Options Templates count octets, RFC 3954 6.1', async (t) => {
  const { templates } = read(9, 1, '0101 0004 0008 0001 0004 0022 0004 0023 0001 0000');
  t.same(templates, [makeTemplate(9, 257, [field(1, 4), field(34, 4), field(35, 1)], { scopeCount: 1 })]);
  const { templates: unscoped } = read(9, 1, '0101 0000 0004 0022 0004');
  t.same(unscoped, [makeTemplate(9, 257, [field(34, 4)], { scopeCount: 0 })], 'Juniper SRX');
});

t.test('withdrawals, RFC 7011 8.1', async (t) => {
  t.same(
    read(10, 2, '0100 0000 0101 0000').templates.map((x) => [x.id, x.fields.length]),
    [
      [256, 0],
      [257, 0],
    ],
  );
  t.same(
    read(10, 2, '0002 0000').templates.map((x) => x.id),
    [2],
    'of all Templates',
  );
  t.same(
    read(10, 3, '0003 0000').templates.map((x) => [x.id, x.isOptions]),
    [[3, true]],
  );
  t.same(
    read(10, 3, '0103 0000').templates.map((x) => x.id),
    [259],
    'an Options Template needs no scope count then',
  );
  t.same(read(9, 0, '0100 0000').refused, [[256, 'template-empty']], 'v9 has none');
});

t.test('padding ends the Set', async (t) => {
  for (const padding of ['', '00', '000000', '00000000', '0000000000000000'])
    t.match(
      read(10, 2, `0100 0001 0008 0004 ${padding}`),
      { templates: { length: 1 }, refused: [] },
      padding,
    );
});

t.test('a wrong Template does not cost the ones behind it, where its end is known', async (t) => {
  const good = '0100 0001 0008 0004';
  const wrong = (hex: string, version: 9 | 10 = 10, setId = 2): readonly unknown[] => {
    const { templates, refused } = read(version, setId, hex);
    return [templates.map((x) => x.id), ...refused];
  };
  t.same(wrong(`00ff 0001 0008 0004 ${good}`), [[256], [255, 'template-id']]);
  t.same(wrong(`0101 0001 0008 0000 ${good}`), [[256], [257, 'template-zero-length']]);
  const empty = '0008 0000'.repeat(maxEmptyFields + 1);
  t.same(wrong(`0101 ${u16(maxEmptyFields + 2)} ${empty} 0008 0004 ${good}`), [
    [256],
    [257, 'template-fields'],
  ]);
  t.same(wrong(`0101 0000 ${good}`, 9, 0), [[256], [257, 'template-empty']]);
});

t.test('a Template of which the end is not known costs the rest of the Set, and is named', async (t) => {
  const refused = (hex: string, version: 9 | 10 = 10, setId = 2): unknown =>
    read(version, setId, hex).refused;
  t.same(refused('0101 0002 0008 0004'), [[257, 'template-truncated']]);
  t.same(
    refused('0101 0001 8001 0004 0000'),
    [[257, 'template-truncated']],
    'no room for the enterprise number',
  );
  t.same(refused('0101 0001 0008'), [[257, 'template-truncated']]);
  t.same(refused('0101 0001', 10, 3), [[257, 'template-truncated']], 'no room for the scope count');
  t.same(refused(`0101 ${u16(maxTemplateFields + 1)} 0008 0004`), [[257, 'template-fields']]);
  t.same(refused('0101 ffff 0008 0004'), [[257, 'template-fields']]);
  t.same(refused('0101 0001 0002 0095 0004', 10, 3), [[257, 'template-scope']]);
  t.same(refused('0101 0003 0004 0001 0004 0022 0004', 9, 1), [[257, 'template-scope']]);
  t.same(refused('0101 0004 0006 0001 0004 0022 0004', 9, 1), [[257, 'template-scope']]);
});

t.test('written as it is read', async (t) => {
  const cases: readonly (readonly [number, string, Template])[] = [
    [2, '0100 0002 0008 0004 8001 0008 00007279', makeTemplate(10, 256, [field(8, 4), field(1, 8, 29305)])],
    [
      3,
      '0102 0002 0001 0095 0004 0052 0010',
      makeTemplate(10, 258, [field(149, 4), field(82, 16)], { scopeCount: 1 }),
    ],
    [
      1,
      '0101 0004 0004 0001 0004 0022 0004',
      makeTemplate(9, 257, [field(1, 4), field(34, 4)], { scopeCount: 1 }),
    ],
    [0, '0101 0001 9c41 0004', makeTemplate(9, 257, [field(40001, 4)])],
    [2, '0100 0000', makeTemplate(10, 256, [])],
    [3, '0100 0000', makeTemplate(10, 256, [], { scopeCount: 0 })],
  ];
  for (const [, hex, template] of cases) {
    const octets = hexBytes(hex);
    const written = new Uint8Array(octets.length + 2);
    t.equal(templateRecordBytes(template), octets.length);
    t.equal(writeTemplateRecord(viewOf(written), 1, template), 1 + octets.length);
    t.same(written, hexBytes(`00 ${hex} 00`), hex);
  }
});
