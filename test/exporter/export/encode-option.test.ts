import t from 'tap';
import { encodeOption } from '../../../exporter/export/encode-option.ts';
import { variableLength } from '../../../shared/protocol/template.ts';

const field = (lengthBytes: number) => ({ pen: 0, id: 1, lengthBytes });
const hexOf = (lengths: readonly number[], ...values: readonly (number | string)[]): string =>
  Buffer.from(encodeOption(lengths.map(field), values)).toString('hex');

t.test('numbers in network order, as long as the Template says', async (t) => {
  t.equal(
    hexOf([1, 2, 4, 8], 1, 0x203, 0x4050607, 2 ** 40 + 1),
    '01020304050607000001 0000000001'.replace(' ', ''),
  );
});

t.test('texts of variable length have it in front (RFC 7011 7)', async (t) => {
  t.equal(hexOf([variableLength, 1], 'eth0', 7), '04657468 3007'.replace(' ', ''));
  t.equal(hexOf([variableLength], ''), '00');
});

t.test('texts of fixed length are filled up with zeros', async (t) => {
  t.equal(hexOf([6], 'eth0'), '657468300000');
});

t.test('texts that are too long are cut between two characters', async (t) => {
  // Two octets each: the third does not fit into five.
  t.equal(hexOf([5], 'äöü'), 'c3a4c3b600');
  const long = encodeOption([field(variableLength)], ['x'.repeat(300)]);
  t.same([long.length, long[0]], [255, 254]);
});
