import t from 'tap';
import { ByteColumn } from '../../../collector/store/byte-column.ts';

const written = (write: (column: ByteColumn) => void): string => {
  const column = new ByteColumn();
  write(column);
  return column.bytes.subarray(0, column.length).toString('hex');
};

t.test('varints are LEB128', async (t) => {
  const cases = [[0, '00'], [1, '01'], [127, '7f'], [128, '8001'], [300, 'ac02'], [16383, 'ff7f'], [16384, '808001'], [0xffff_ffff, 'ffffffff0f']] as const; // biome-ignore format: short
  for (const [value, hex] of cases) t.equal(written((c) => c.writeVarint(value)), hex, String(value)); // biome-ignore format: short
});

t.test('a text has its length in octets before it', async (t) => {
  t.equal(
    written((c) => c.writeString('aé€')),
    '06 61 c3a9 e282ac'.replaceAll(' ', ''),
  );
  t.equal(
    written((c) => c.writeString('')),
    '00',
  );
  t.equal(
    written((c) => c.writeText(Buffer.from('..ab..'), 2, 2)),
    '026162',
  );
  t.equal(
    written((c) => c.writeString('x'.repeat(200))),
    `c801${'78'.repeat(200)}`,
  );
});

t.test('a u32 is little-endian', async (t) => {
  t.equal(
    written((c) => {
      c.writeUint32(0x01020304);
      c.writeUint32(0xffff_ffff);
    }),
    '04030201ffffffff',
  );
});

t.test('growing keeps what was written', async (t) => {
  const column = new ByteColumn();
  const text = 'abcdefg';
  for (let i = 0; i < 5000; i++) column.writeString(text);
  t.equal(column.length, 5000 * 8);
  t.equal(column.bytes.subarray(0, column.length).toString('latin1'), `\u0007${text}`.repeat(5000));
  const long = Buffer.alloc(1 << 20, 1);
  column.writeText(long, 0, long.length);
  t.equal(column.bytes.subarray(column.length - long.length, column.length).equals(long), true);
});

t.test('memory is used again after length = 0', async (t) => {
  const column = new ByteColumn();
  column.writeString('first');
  const { bytes } = column;
  column.length = 0;
  column.writeString('2nd');
  t.equal(column.bytes, bytes);
  t.equal(column.bytes.subarray(0, column.length).toString('latin1'), '\u00032nd');
});
