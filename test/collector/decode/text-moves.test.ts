import t from 'tap';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { ipfix, netflow9, type Specifier, set, templateRecord } from '../../support/message-hex.ts';

const rowsOf = (fields: readonly Specifier[], ...records: readonly string[]) =>
  new DecoderRig().send(ipfix({}, set(2, templateRecord(256, fields)), set(256, ...records))).rows();

t.test('texts of fixed and of variable length, without trailing NULs', async (t) => {
  const name: Specifier = [169, 65535, 35632];
  t.same(
    rowsOf([name], '03 617368', '00', '04 62000000', 'ff0001 63').map((row) => row.process_name),
    ['ash', '', 'b', 'c'],
  );
  t.same(
    rowsOf([[169, 6, 35632]], '617368000000', '000000000000').map((row) => row.process_name),
    ['ash', ''],
  );
  t.same(rowsOf([[169, 6, 35632]], '610062000000')[0]?.process_name, 'a\0b');
});

t.test('nProbe sends them in NetFlow v9 as 57472 + id', async (t) => {
  const rig = new DecoderRig().send(netflow9({}, set(0, templateRecord(256, [[8, 4], [57641, 4]])), set(256, 'c0000201 61736800'))); // biome-ignore format: short
  t.match(rig.row(), { process_name: 'ash', extra: {} });
});

t.test('labels: 20 bits each, top first, empty entries left out', async (t) => {
  const stack: readonly Specifier[] = [[72, 3], [70, 3], [71, 3]]; // biome-ignore format: short
  const rows = rowsOf(
    stack,
    '000000 03e8f0 07d0f1',
    '000031 000010 000021',
    '000000 000000 000000',
    '000000 000001 000000',
  );
  t.same(rows.map((row) => row.mpls_labels), [[16015, 32015], [1, 2, 3], [], [0]], 'the explicit null label has its bottom bit'); // biome-ignore format: short
  t.same(rows[0]?.extra, {});
});

t.test('a label of another length is no label', async (t) => {
  t.match(rowsOf([[70, 4]], '0003e8f0')[0], {
    mpls_labels: [],
    extra: { mplsTopLabelStackSection: '0x0003e8f0' },
  });
});
