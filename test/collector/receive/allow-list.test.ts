import ipaddr from 'ipaddr.js';
import t from 'tap';
import { parseAllowList } from '../../../collector/receive/allow-list.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const allows = (list: readonly string[], address: string): boolean =>
  parseAllowList(list)(ipaddr.process(address));

t.test('an empty list allows everybody', async (t) => {
  t.equal(allows([], '198.51.100.1'), true);
  t.equal(allows([], '2001:db8::1'), true);
});

t.test('networks and single addresses', async (t) => {
  t.equal(allows(['192.0.2.0/24'], '192.0.2.255'), true);
  t.equal(allows(['192.0.2.0/24'], '192.0.3.0'), false);
  t.equal(allows(['192.0.2.7'], '192.0.2.7'), true);
  t.equal(allows(['192.0.2.7'], '192.0.2.8'), false);
  t.equal(allows(['2001:db8::/32'], '2001:db8:ffff::1'), true);
  t.equal(allows(['2001:db8::/32'], '2001:db9::1'), false);
  t.equal(allows(['0.0.0.0/0'], '198.51.100.1'), true);
  t.equal(allows(['0.0.0.0/0'], '2001:db8::1'), false, 'all of IPv4 is not IPv6');
  t.equal(allows(['10.0.0.0/8', '2001:db8::/32'], '2001:db8::1'), true);
});

t.test('mapped forms mean IPv4, on both sides', async (t) => {
  t.equal(allows(['192.0.2.0/24'], '::ffff:192.0.2.1'), true);
  t.equal(allows(['::ffff:192.0.2.0/120'], '192.0.2.1'), true);
  t.equal(allows(['::ffff:192.0.2.0/120'], '192.0.3.1'), false);
});

t.test('every wrong entry is named at once', async (t) => {
  const wrong = [
    '10.0.0.0/33',
    '010.0.0.0/8',
    '10.1',
    'fe80::/129',
    'router1',
    '10.0.0.0/',
    '',
    '10.0.0.0/ 8',
  ];
  t.throws(() => parseAllowList([...wrong, '10.0.0.0/8']), ConfigError);
  try {
    parseAllowList([...wrong, '10.0.0.0/8']);
  } catch (error) {
    t.equal((error as Error).message.split('\n').length, wrong.length);
  }
});
