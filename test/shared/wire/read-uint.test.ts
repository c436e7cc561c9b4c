import t from 'tap';
import { readUint } from '../../../shared/wire/read-uint.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

t.test('every width, in network order', async (t) => {
  const view = viewOf(hexBytes('ff 0102030405060708 ff'));
  const expected = [0, 0x01, 0x0102, 0x010203, 0x01020304, 0x0102030405, 0x010203040506, 0x01020304050607];
  for (const [length, value] of expected.entries())
    t.equal(readUint(view, 1, length), value, `${length} octets`);
  t.equal(BigInt(readUint(view, 1, 8)), BigInt(Number(0x0102030405060708n)), 'above 2^53 the nearest double');
});

t.test('the upper half is not negative', async (t) => {
  t.equal(readUint(viewOf(hexBytes('ffffffff')), 0, 4), 4294967295);
  t.equal(readUint(viewOf(hexBytes('001fffffffffffff')), 0, 8), Number.MAX_SAFE_INTEGER);
});
