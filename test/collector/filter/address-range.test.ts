import t from 'tap';
import {
  parseAddressRange,
  parseNetmask,
  parseNetworkRange,
} from '../../../collector/filter/address-range.ts';

t.test('addresses', async (t) => {
  t.same(parseAddressRange('192.0.2.1'), { from: '::ffff:192.0.2.1', to: '::ffff:192.0.2.1', prefix: 128 });
  t.same(parseAddressRange('2001:DB8::1'), { from: '2001:db8::1', to: '2001:db8::1', prefix: 128 });
  for (const text of ['', '192.0.2', '192.0.2.256', '192.0.2.0/24', ':::', 'eth0', '1.2.3.4.5'])
    t.equal(parseAddressRange(text), undefined, text);
});

t.test('networks', async (t) => {
  const network = (text: string) => {
    const range = parseNetworkRange(text);
    return range && `${range.from} ${range.to} ${range.prefix}`;
  };
  t.equal(network('192.0.2.77/24'), '::ffff:192.0.2.0 ::ffff:192.0.2.255 120');
  t.equal(network('192.0.2.77/26'), '::ffff:192.0.2.64 ::ffff:192.0.2.127 122');
  t.equal(network('10/8'), '::ffff:10.0.0.0 ::ffff:10.255.255.255 104');
  t.equal(network('10.1/16'), '::ffff:10.1.0.0 ::ffff:10.1.255.255 112');
  t.equal(network('0.0.0.0/0'), '::ffff:0.0.0.0 ::ffff:255.255.255.255 96', 'IPv4 and no IPv6');
  t.equal(network('192.0.2.1/32'), '::ffff:192.0.2.1 ::ffff:192.0.2.1 128');
  t.equal(network('2001:db8:ffff::/33'), '2001:db8:8000:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 33');
  t.equal(network('::/0'), ':: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 0');
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '/8',
    'x/8',
    '1.2.3.4.5/8',
    '10.0.0.0/8/8',
  ])
    t.equal(network(text), undefined, text);
});

t.test('netmasks', async (t) => {
  t.equal(parseNetmask('255.255.0.0'), 16);
  t.equal(parseNetmask('255.255.255.128'), 25);
  t.equal(parseNetmask('255.255.255.255'), 32);
  t.equal(parseNetmask('0.0.0.0'), 0);
  for (const text of ['255.0.255.0', '16', '::ffff:255.0.0.0', 'and'])
    t.equal(parseNetmask(text), undefined, text);
});
