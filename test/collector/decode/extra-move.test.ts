import t from 'tap';
import { DecoderRig, type RigOptions } from '../../support/decoder-rig.ts';
import { announcement } from '../../support/element-announcement.ts';
import { ipfix, netflow9, type Specifier, set, templateRecord, u32 } from '../../support/message-hex.ts';

const extraOf = (fields: readonly Specifier[], records: readonly string[], options: RigOptions = {}) =>
  new DecoderRig(options)
    .send(ipfix({}, set(2, templateRecord(256, fields)), set(256, ...records)))
    .rows()
    .map((row) => row.extra);
const extra9 = (fields: readonly Specifier[], record: string) =>
  new DecoderRig().send(netflow9({}, set(0, templateRecord(256, fields)), set(256, record))).row().extra;

t.test('elements without a column, by name', async (t) => {
  t.same(extraOf([[8, 4], [82, 4], [206, 1]], ['c0000201 65746800 04']), [{ interfaceName: 'eth', isMulticast: '4' }]); // biome-ignore format: short
});

t.test('elements that nobody knows, by number', async (t) => {
  t.same(extraOf([[1, 2, 99999], [900, 2], [8, 2, 29305]], ['abcd 0102 c000']), [{ '99999.1': '0xabcd', '0.900': '0x0102', reverseSourceIPv4Address: '0xc000' }]); // biome-ignore format: short
  t.same(extra9([[8, 4], [65000, 2]], 'c0000201 abcd'), { 'v9.65000': '0xabcd' }); // biome-ignore format: short
});

t.test('repeated elements: the first one has the column, the others a number', async (t) => {
  t.same(extraOf([[8, 4], [8, 4], [8, 4]], ['c0000201 c0000202 c0000203']), [{ 'sourceIPv4Address#2': '192.0.2.2', 'sourceIPv4Address#3': '192.0.2.3' }]); // biome-ignore format: short
  t.same(extraOf([[900, 1], [900, 1]], ['01 02']), [{ '0.900': '0x01', '0.900#2': '0x02' }]); // biome-ignore format: short
});

t.test('each row has its own map; empty values are left out', async (t) => {
  t.same(extraOf([[1, 4], [82, 65535]], [`${u32(1)} 00`, `${u32(2)} 02 6162`, `${u32(3)} 01 00`, `${u32(4)} 01 63`]), [{}, { interfaceName: 'ab' }, {}, { interfaceName: 'c' }]); // biome-ignore format: short
});

t.test('elements of a group that is off', async (t) => {
  const nat: readonly Specifier[] = [[225, 4], [230, 1]]; // biome-ignore format: short
  t.same(extraOf(nat, ['c0000201 04'], { groups: [] }), [
    { postNATSourceIPv4Address: '192.0.2.1', natEvent: '4' },
  ]);
  t.same(extraOf(nat, ['c0000201 04'], { groups: ['nat'] }), [{}]);
});

t.test('switched off', async (t) => {
  t.same(extraOf([[8, 4], [60, 1]], ['c0000201 04'], { keepExtra: false }), [{}]); // biome-ignore format: short
});

t.test('a Set without extra between two that have it', async (t) => {
  const rig = new DecoderRig();
  rig.send(ipfix({}, set(2, templateRecord(256, [[1, 4], [60, 1]]) + templateRecord(257, [[1, 4]])))); // biome-ignore format: short
  rig.send(ipfix({}, set(256, '00000001 04'), set(257, '00000002', '00000003'), set(256, '00000004 06')));
  t.same(rig.rows().map((row) => [row.bytes, row.extra]), [[1n, { ipVersion: '4' }], [2n, {}], [3n, {}], [4n, { ipVersion: '6' }]]); // biome-ignore format: short
});

t.test('types that were announced; a length that none of them has is hex', async (t) => {
  const fields: readonly Specifier[] = [[1, 4, 9], [2, 4, 9], [3, 1, 9], [4, 6, 9], [5, 4, 9], [6, 4, 9], [7, 3, 9], [1, 4, 9]]; // biome-ignore format: short
  const told = announcement(
    ...([[9, 1, 7, 'signed'], [9, 2, 9, 'float'], [9, 3, 11, 'yes'], [9, 4, 12, 'mac']] as const),
    ...([[9, 5, 14, 'at'], [9, 6, 18, 'address'], [9, 7, 18, 'short']] as const),
  ); // biome-ignore format: a table
  const record = 'fffffffe 3fc00000 01 021122334455 00000000 c0000201 010203 00000005';
  const rig = new DecoderRig().send(
    ipfix({}, ...told, set(2, templateRecord(256, fields)), set(256, record)),
  );
  t.same(rig.row().extra, {
    '9.signed': '-2',
    '9.float': '1.5',
    '9.yes': 'true',
    '9.mac': '02:11:22:33:44:55',
    '9.at': '1970-01-01T00:00:00Z',
    '9.address': '192.0.2.1',
    '9.short': '0x010203',
    '9.signed#2': '5',
  });
});
