import t from 'tap';
import { addressText, networkText } from '../../../exporter/print/address-text.ts';

const octets = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const mapped = octets('00000000000000000000ffffc0000201');
const global = octets('20010db8000000000000000000000001');

t.test('the family decides', async (t) => {
  t.equal(addressText(4, mapped), '192.0.2.1');
  t.equal(addressText(6, mapped), '::ffff:192.0.2.1');
  t.equal(addressText(6, global), '2001:db8::1');
});

t.test('networks have their length, addresses none', async (t) => {
  t.equal(networkText(4, mapped, 24), '192.0.2.1/24');
  t.equal(networkText(4, mapped, 32), '192.0.2.1');
  t.equal(networkText(6, global, 32), '2001:db8::1/32');
  t.equal(networkText(6, global, 128), '2001:db8::1');
});
