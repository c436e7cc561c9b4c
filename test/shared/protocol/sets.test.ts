import t from 'tap';
import { forEachSet, writeSetHeader } from '../../../shared/protocol/sets.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

/** Sets as [id, from, to], and what was thrown. */
const setsOf = (hex: string, at = 0, end?: number): readonly unknown[] => {
  const octets = hexBytes(hex);
  const found: unknown[] = [];
  try {
    forEachSet(viewOf(octets), at, end ?? octets.length, octets.length, (...set) => found.push(set));
  } catch (error) {
    found.push((error as { code: string }).code);
  }
  return found;
};

t.test('one behind the other', async (t) => {
  t.same(setsOf('0002 0004 0100 0006 abcd 0101 0005 01'), [
    [2, 4, 4],
    [256, 8, 10],
    [257, 14, 15],
  ]);
  t.same(setsOf('ffff 0100 0006 abcd', 2), [[256, 6, 8]]);
  t.same(setsOf(''), []);
});

t.test('padding behind the last one', async (t) => {
  for (const padding of [
    '00',
    '0000',
    '000000',
    '00000000',
    '0000000000',
    '00'.repeat(40),
    'ff',
    'ffff',
    'ffffff',
  ]) {
    t.same(setsOf(`0100 0006 abcd ${padding}`), [[256, 4, 6]], padding);
  }
});

t.test('a length that leads nowhere', async (t) => {
  for (const length of ['0000', '0001', '0002', '0003'])
    t.same(setsOf(`0100 ${length} abcd`), ['set-length'], length);
  t.same(setsOf('0000 0000 0001'), ['set-length'], 'zeros up to something');
  t.same(setsOf('0100 0006 abcd 0100 0007 abcd'), [[256, 4, 6], 'set-length']);
  t.same(setsOf('0100 ffff'), ['set-length']);
});

t.test('a Message that is counted short: its last Set may end behind it, none may begin there', async (t) => {
  t.same(setsOf('0100 0008 abcdef01', 0, 6), [[256, 4, 8]]);
  t.same(setsOf('0100 0006 abcd 0101 0004', 0, 6), [[256, 4, 6]]);
});

t.test('a Set Header is written', async (t) => {
  const octets = new Uint8Array(6);
  writeSetHeader(viewOf(octets), 1, 256, 1400);
  t.same(octets, hexBytes('00 0100 0578 00'));
});
