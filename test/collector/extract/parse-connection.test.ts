import t from 'tap';
import { parseConnection } from '../../../collector/extract/parse-connection.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { formatAddress } from '../../../shared/wire/address.ts';

const read = (text: string): string => {
  const { proto, a, b } = parseConnection(text);
  return `${proto} ${formatAddress(a.address, 0)} ${a.port} ${formatAddress(b.address, 0)} ${b.port}`;
};

t.test('connections as people write them', async (t) => {
  const first = '6 172.18.60.2 18982 172.18.60.225 80';
  t.equal(read('tcp 172.18.60.2:18982 172.18.60.225:80'), first);
  t.equal(read(' TCP  172.18.60.2:18982 -> 172.18.60.225:80 '), first);
  t.equal(read('6, 172.18.60.2:18982, 172.18.60.225:80'), first);
  t.equal(read('udp [2001:db8::1]:53 <-> [2001:db8::2]:4000'), '17 2001:db8::1 53 2001:db8::2 4000');
  t.equal(read('icmp 192.0.2.1 192.0.2.2'), '1 192.0.2.1 0 192.0.2.2 0');
  t.equal(read('esp 2001:db8::1 2001:db8::2'), '50 2001:db8::1 0 2001:db8::2 0');
  const { fromMicros, toMicros } = parseConnection('icmp 192.0.2.1 192.0.2.2');
  t.same([fromMicros, toMicros], [-Infinity, Infinity]);
});

t.test('mistakes', async (t) => {
  for (const text of [
    '',
    'tcp',
    'tcp 192.0.2.1:5',
    'tcp 192.0.2.1 192.0.2.2',
    'tcp 192.0.2.1:5 192.0.2.2:6 7',
    'tcp host:5 192.0.2.2:6',
    'tcp 192.0.2.1:65536 192.0.2.2:6',
    'tpc 192.0.2.1:5 192.0.2.2:6',
    '256 192.0.2.1 192.0.2.2',
    'icmp 192.0.2.1:5 192.0.2.2:6',
  ])
    t.throws(() => parseConnection(text), ConfigError, text);
  t.throws(() => parseConnection('x'), /--connection x: expected a protocol and two ends, such as "tcp /);
});
