import t from 'tap';
import {
  encodeOperations,
  operationBytes,
  specialCodes,
  storageCodes,
} from '../../../collector/kernel/kernel-layout.ts';

t.test('an operation is six words: code, flags and length in the first', async (t) => {
  const words = encodeOperations([
    { code: 3, flags: 1, lengthBytes: 0xffff, operands: [5, 40, 7] },
    { code: 11, lengthBytes: 4, operands: [1, 2, 3, 4, 5] },
  ]);
  t.equal(words.byteLength, 2 * operationBytes);
  t.same([...words], [0xffff0103, 5, 40, 7, 0, 0, 0x0004000b, 1, 2, 3, 4, 5]);
});

t.test('no operation', async (t) => t.equal(encodeOperations([]).length, 0));

t.test('each code means one thing', async (t) => {
  const codes = [...Object.values(storageCodes), ...Object.values(specialCodes)];
  t.equal(new Set(codes).size, codes.length);
});
