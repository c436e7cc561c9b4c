import t from 'tap';
import { makeRecordScan, scanRecords } from '../../../collector/decode/record-scan.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

/** Offsets and lengths of each record, or false. */
const scanned = (lengths: readonly number[], hex: string, at = 0): unknown => {
  const octets = hexBytes(hex);
  const scan = makeRecordScan();
  const template = makeTemplate(
    10,
    256,
    lengths.map((lengthBytes) => ({ pen: 0, id: 1, lengthBytes })),
  );
  if (!scanRecords(scan, template, viewOf(octets), at, octets.length)) return false;
  const { count, fieldCount, offsets } = scan;
  const one = (r: number, f: number): readonly unknown[] => [
    offsets[r * fieldCount + f],
    scan.lengths[r * fieldCount + f],
  ];
  return Array.from({ length: count }, (_, r) => lengths.map((_, f) => one(r, f)));
};
const variable = 65535;

t.test('fixed lengths, and padding shorter than a record', async (t) => {
  t.same(scanned([2, 1], 'aaaabb aaaabb'), [[[0, 2], [2, 1]], [[3, 2], [5, 1]]]); // biome-ignore format: short
  t.same(scanned([2, 1], 'ffff aaaabb 0000', 2), [[[2, 2], [4, 1]]]); // biome-ignore format: short
  t.same(scanned([2, 0, 1], 'aaaabb'), [[[0, 2], [2, 0], [2, 1]]], 'a field of no length'); // biome-ignore format: short
});

t.test('variable lengths of one octet and of three, RFC 7011 7', async (t) => {
  t.same(scanned([variable, 1], '02 6162 bb 00 cc'), [[[1, 2], [3, 1]], [[5, 0], [5, 1]]]); // biome-ignore format: short
  t.same(scanned([variable], 'ff0003 616263'), [[[3, 3]]], 'three octets are right for any length');
  t.same(scanned([variable], `fe ${'61'.repeat(254)}`), [[[1, 254]]]);
  t.same(scanned([variable], `ff00ff ${'61'.repeat(255)}`), [[[3, 255]]]);
  t.same(scanned([variable], `ff1000 ${'61'.repeat(4096)}`), [[[3, 4096]]]);
});

t.test('fewer than four zeros behind variable lengths are padding', async (t) => {
  t.same(scanned([variable], '01aa 0000'), [[[1, 1]]]);
  t.same(scanned([variable], '01aa 000000'), [[[1, 1]]]);
  t.same(scanned([4, variable], '00000001 00 000000'), [[[0, 4], [5, 0]]]); // biome-ignore format: short
});

t.test('a length that points past the Set', async (t) => {
  t.same(scanned([variable], '03 6162'), false);
  t.same(scanned([variable], 'ff'), false);
  t.same(scanned([variable], 'ff00'), false);
  t.same(scanned([variable], 'ff0003 6162'), false);
  t.same(scanned([variable, 4], '01aa bbbbbb'), false, 'and what stands behind it');
  t.same(scanned([4, variable], '00000001 02 61'), false);
  t.same(scanned([variable], '01aa 05bb'), false, 'in the second record');
});

t.test('many fields', async (t) => {
  const found = scanned(new Array(500).fill(variable), '00'.repeat(1500)) as unknown[];
  t.equal(found.length, 3);
});
