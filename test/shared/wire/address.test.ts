import t from 'tap';
import {
  formatAddress,
  formatHex,
  formatIpv4,
  formatIpv6,
  formatMac,
  isIpv4Mapped,
  parseAddress,
  shownAddress,
} from '../../../shared/wire/address.ts';
import { hexBytes } from '../../support/capture-builder.ts';

const canonical = [
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'], // RFC 5952 4.2.2: a single group stays
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'], // 4.2.3: the first of two runs
  ['20010000000000010000000000000001', '2001:0:0:1::1'], // 4.2.3: the longest run
  ['20010db8aaaabbbbccccddddeeeeaaaa', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa'],
  ['fe800000000000000000000000000000', 'fe80::'],
  ['0001000000000000000000000000000f', '1::f'],
  ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['0000000000000000000000000a000001', '::a00:1'],
  ['0064ff9b0000000000000000c0000221', '64:ff9b::c000:221'],
] as const;

t.test('octets to text', async (t) => {
  for (const [hex, text] of canonical) {
    t.equal(formatIpv6(hexBytes(hex), 0), text);
    t.equal(formatIpv6(hexBytes(`ffff${hex}`), 2), text, 'at an offset');
  }
  t.equal(formatIpv4(hexBytes('00 0a 00 ff 01'), 1), '10.0.255.1');
  t.equal(formatAddress(hexBytes('00000000000000000000ffffc0000201'), 0), '192.0.2.1');
  t.equal(formatAddress(hexBytes('20010db8000000000000000000000001'), 0), '2001:db8::1');
  t.equal(shownAddress('::ffff:10.0.0.5'), '10.0.0.5');
  t.equal(shownAddress('::ffff:0:1'), '::ffff:0:1');
  t.equal(isIpv4Mapped(hexBytes('00000000000000000000fffec0000201'), 0), false);
  t.equal(formatMac(hexBytes('00 11 22 aa bb 05'), 0), '00:11:22:aa:bb:05');
  t.equal(formatHex(hexBytes('00 01 fe ff'), 1, 2), '0x01fe');
  t.equal(formatHex(hexBytes('00'), 0, 0), '0x');
});

t.test('text to octets', async (t) => {
  for (const [hex, text] of canonical) t.same(parseAddress(text), hexBytes(hex), text);
  t.same(parseAddress('192.0.2.1'), hexBytes('00000000000000000000ffffc0000201'));
  t.same(parseAddress('2001:DB8:0:0:0:0:0:1'), hexBytes('20010db8000000000000000000000001'));
  t.same(parseAddress('1:2:3:4:5:6:7::'), hexBytes('00010002000300040005000600070000'));
  t.same(parseAddress('64:ff9b::192.0.2.33'), hexBytes('0064ff9b0000000000000000c0000221'));
  const wrong = [
    '', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.a', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::', '12345::', 'g::', 'fe80::1%eth0', '::1.2.3', '1.2.3.4::', '::1.2.3.4:5', ' ::1',
  ]; // biome-ignore format: one list
  for (const text of wrong) t.equal(parseAddress(text), undefined, text);
});
