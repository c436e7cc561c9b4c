import t from 'tap';
import { parseAddress } from '../../../shared/wire/address.ts';
import { formatNetwork, networkOf, parseNetwork } from '../../../shared/wire/network.ts';

t.test('networks', async (t) => {
  const ends = (text: string): unknown => {
    const network = parseNetwork(text);
    return network && [network.first, network.last, network.prefixBits, formatNetwork(network)];
  };
  t.same(ends('10.1.2.3/8'), ['::ffff:10.0.0.0', '::ffff:10.255.255.255', 104, '10.0.0.0/8']);
  t.same(ends('198.51.100.77/29'), ['::ffff:198.51.100.72', '::ffff:198.51.100.79', 125, '198.51.100.72/29']);
  t.same(ends('192.0.2.1'), ['::ffff:192.0.2.1', '::ffff:192.0.2.1', 128, '192.0.2.1']);
  t.same(ends('2001:db8:ffff::/33'), [
    '2001:db8:8000::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    33,
    '2001:db8:8000::/33',
  ]);
  for (const wrong of ['10.0.0.0/33', '::/129', '10.0.0.0/', '/8', 'ten/8'])
    t.equal(ends(wrong), undefined, wrong);
  t.same(ends('0.0.0.0/0'), ['::ffff:0.0.0.0', '::ffff:255.255.255.255', 96, '0.0.0.0/0']);
  t.same(ends('::/0'), ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 0, '::/0']);
});

t.test('the octets that are given stay as they are', async (t) => {
  const octets = parseAddress('10.1.2.3') as Uint8Array;
  t.equal(networkOf(octets, 96 + 8).first, '::ffff:10.0.0.0');
  t.equal(networkOf(octets).first, '::ffff:10.1.2.3');
});
