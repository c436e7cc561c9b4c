import t from 'tap';
import { readAddressWord, writeAddressWords } from '../../../exporter/meter/address-words.ts';

t.test('words are read in network order', async (t) => {
  const octets = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0xff, 0, 0, 2, 0x7f, 0xff, 0xff, 0xff);
  t.same(
    [0, 1, 2, 3].map((index) => readAddressWord(octets, index)),
    [0x20010db8, 1, 0xff000002 | 0, 0x7fffffff],
  );
});

t.test('words are written in network order', async (t) => {
  const octets = new Uint8Array(16);
  writeAddressWords(octets, Int32Array.of(9, 0x20010db8, 1, -2, 0x7f000001), 1);
  t.same([...octets], [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 127, 0, 0, 1]);
});
