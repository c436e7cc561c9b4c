import t from 'tap';
import { formatValue, formatValueText } from '../../../collector/decode/format-value.ts';
import { type AbstractType, abstractTypes } from '../../../shared/elements/abstract-types.ts';
import type { Element } from '../../../shared/elements/registry.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const elementOf = (dataType: AbstractType | undefined): Element => ({
  pen: 0,
  id: 1,
  name: 'x',
  dataType,
  semantics: '',
});

/** The value of these octets, with others before and behind them. */
const formatted = (dataType: AbstractType | undefined, hex: string) => {
  const octets = hexBytes(hex);
  const bytes = hexBytes(`ffffff${Buffer.from(octets).toString('hex')}ffff`);
  return formatValue(elementOf(dataType), bytes, viewOf(bytes), 3, octets.length);
};

t.test('unsigned integers of any width', async (t) => {
  t.equal(formatted('unsigned8', 'fe'), 254);
  t.equal(formatted('unsigned64', '01'), 1, 'reduced-size encoding');
  t.equal(formatted('unsigned64', '0102'), 258);
  t.equal(formatted('unsigned32', '010203'), 66051);
  t.equal(formatted('unsigned32', 'ffffffff'), 4294967295);
  t.equal(formatted('unsigned64', '0102030405'), 4328719365);
  t.equal(formatted('unsigned64', 'ffffffffffff'), 281474976710655);
  t.equal(formatted('unsigned64', '1fffffffffffff'), 9007199254740991, '2^53 - 1 is a number');
  t.equal(formatted('unsigned64', '20000000000000'), '9007199254740992', 'and what is above is text');
  t.equal(formatted('unsigned64', '0020000000000001'), '9007199254740993');
  t.equal(formatted('unsigned64', 'ffffffffffffffff'), '18446744073709551615');
  t.equal(formatted('unsigned8', '00000101'), 257, 'wider than its type: samplerId of Cisco and Huawei');
  t.equal(formatted('unsigned64', '000000000000000001'), '0x000000000000000001');
  t.equal(formatted('unsigned256', '000000000000000001'), 1);
  t.equal(formatted('unsigned256', '00001000'), 4096);
  t.equal(formatted('unsigned256', `01${'00'.repeat(16)}`), '340282366920938463463374607431768211456');
  t.equal(formatted('unsigned256', '00'.repeat(33)), `0x${'00'.repeat(33)}`);
});

t.test('a wide integer at the very beginning', async (t) => {
  const bytes = hexBytes('ffffffffffffff');
  t.equal(formatValue(elementOf('unsigned64'), bytes, viewOf(bytes), 0, 7), '72057594037927935');
});

t.test('signed integers', async (t) => {
  t.equal(formatted('signed8', 'ff'), -1);
  t.equal(formatted('signed32', 'fffe'), -2);
  t.equal(formatted('signed32', '7fffffff'), 2147483647);
  t.equal(formatted('signed32', '80000000'), -2147483648);
  t.equal(formatted('signed64', 'ffffff'), -1);
  t.equal(formatted('signed64', 'ffe0000000000001'), -9007199254740991);
  t.equal(formatted('signed64', 'ffe0000000000000'), '-9007199254740992');
  t.equal(formatted('signed64', '8000000000000000'), '-9223372036854775808');
  t.equal(formatted('signed64', '7fffffffffffffff'), '9223372036854775807');
});

t.test('floats and booleans', async (t) => {
  t.equal(formatted('float32', '3fc00000'), 1.5);
  t.equal(formatted('float64', '3ff8000000000000'), 1.5);
  t.equal(formatted('float64', 'bfc00000'), -1.5, 'a float64 sent as float32');
  t.equal(formatted('float32', '7fc00000'), 'NaN');
  t.equal(formatted('float32', 'ff800000'), '-Infinity');
  t.equal(formatted('float64', '3ff8'), '0x3ff8');
  t.equal(formatted('boolean', '01'), true);
  t.equal(formatted('boolean', '02'), false);
  t.equal(formatted('boolean', '00'), '0x00');
  t.equal(formatted('boolean', '0001'), '0x0001');
});

t.test('addresses', async (t) => {
  t.equal(formatted('ipv4Address', 'c0000201'), '192.0.2.1');
  t.equal(formatted('ipv4Address', 'c000'), '0xc000', 'H3C sends two octets');
  t.equal(formatted('ipv6Address', '20010db8000000000000000000000001'), '2001:db8::1');
  t.equal(formatted('ipv6Address', '00000000000000000000ffffc0000201'), '::ffff:192.0.2.1');
  t.equal(formatted('ipv6Address', 'c0000201'), '0xc0000201');
  t.equal(formatted('macAddress', '001122334455'), '00:11:22:33:44:55');
  t.equal(formatted('macAddress', '0011223344556677'), '0x0011223344556677');
});

t.test('strings', async (t) => {
  t.equal(formatted('string', '476967000000'), 'Gig', 'without trailing NULs');
  t.equal(formatted('string', '00610062'), '\u0000a\u0000b');
  t.equal(formatted('string', '0000'), '');
  t.equal(formatted('string', 'c3bc62'), 'üb');
  t.equal(formatted('string', 'efbbbf61'), '\ufeffa');
  t.equal(formatted('string', '61ff62'), 'a\ufffdb', 'what is no UTF-8');
});

t.test('times', async (t) => {
  t.equal(formatted('dateTimeSeconds', '65e07240'), '2024-02-29T12:02:08Z');
  t.equal(formatted('dateTimeMilliseconds', '0000018df4e9affb'), '2024-02-29T12:49:32.155Z');
  t.equal(formatted('dateTimeMicroseconds', 'e98af0c080000000'), '2024-02-29T12:02:08.500000Z');
  t.equal(formatted('dateTimeNanoseconds', 'e98af0c040000000'), '2024-02-29T12:02:08.250000000Z');
  t.equal(
    formatted('dateTimeMilliseconds', 'ffffffffffffffff'),
    '0xffffffffffffffff',
    'no year of four digits',
  );
  t.equal(formatted('dateTimeMilliseconds', '65e07240'), '0x65e07240');
  t.equal(formatted('dateTimeSeconds', '0000000065e07240'), '0x0000000065e07240');
});

t.test('octets, and what nobody knows', async (t) => {
  t.equal(formatted('octetArray', '00ff10'), '0x00ff10');
  t.equal(formatted('basicList', 'ff0001'), '0xff0001');
  t.equal(formatted(undefined, '0a'), '0x0a');
  const bytes = hexBytes('0a0b');
  t.equal(formatValue(undefined, bytes, viewOf(bytes), 1, 1), '0x0b');
});

t.test('an empty field of any type', async (t) => {
  for (const type of Object.keys(abstractTypes) as AbstractType[]) {
    const empty = formatValue(elementOf(type), new Uint8Array(0), new DataView(new ArrayBuffer(0)), 0, 0);
    t.equal(empty, type === 'string' ? '' : '0x', type);
  }
});

t.test('no length makes it throw', async (t) => {
  for (const type of Object.keys(abstractTypes) as AbstractType[]) {
    for (let length = 1; length <= 40; length++) {
      const bytes = new Uint8Array(length).fill(length * 7);
      t.match(
        typeof formatValue(elementOf(type), bytes, viewOf(bytes), 0, length),
        /^(?:string|number|boolean)$/,
      );
    }
  }
});

t.test('as text', async (t) => {
  const bytes = hexBytes('01');
  t.equal(formatValueText(elementOf('boolean'), bytes, viewOf(bytes), 0, 1), 'true');
  t.equal(formatValueText(elementOf('unsigned8'), bytes, viewOf(bytes), 0, 1), '1');
});
