import t from 'tap';
import { readNumber } from '../../../exporter/logs/read-number.ts';

const read = (text: string): number => readNumber(`=${text} `, 1, 1 + text.length);

t.test('decimal and hexadecimal', async (t) => {
  t.equal(read('0'), 0);
  t.equal(read('65535'), 65535);
  t.equal(read('0x1234'), 0x1234);
  t.equal(read('0xCAfe'), 0xcafe);
  t.equal(read('9007199254740991'), Number.MAX_SAFE_INTEGER);
});

t.test('what is no number, or not exact', async (t) => {
  for (const text of ['', '-1', '1.5', '1a', '0x', '0xg', '0x:', '0x1@', ' 1', '9007199254740992', '1e3'])
    t.equal(read(text), -1, text);
});
