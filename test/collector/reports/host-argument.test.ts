import t from 'tap';
import {
  findMeantPort,
  inNetworks,
  isLoopback,
  parseHostArgument,
  parseNetworkOption,
} from '../../../collector/reports/host-argument.ts';

t.test('hosts and ports', (t) => {
  const read = (text: string): unknown => Object.values(parseHostArgument('seen', text));
  t.same(read('10.0.0.5'), ['::ffff:10.0.0.5', undefined]);
  t.same(read('10.0.0.5:5432'), ['::ffff:10.0.0.5', 5432]);
  t.same(read('2001:DB8::0:1'), ['2001:db8::1', undefined]);
  t.same(read('[2001:db8::1]:443'), ['2001:db8::1', 443]);
  t.same(read('[2001:db8::1]:https'), ['2001:db8::1', 443]);
  t.same(read('10.0.0.5:postgresql'), ['::ffff:10.0.0.5', 5432]);
  t.same(read('[2001:db8::1]'), ['2001:db8::1', undefined]);
  for (const wrong of ['', '10.0.0', '10.0.0.5:', 'db.example.org', '[::1', "1.1.1.1' OR '1"])
    t.throws(
      () => parseHostArgument('seen', wrong),
      { name: 'ConfigError', message: `seen ${wrong}: not an address` },
      wrong,
    );
  for (const port of ['0', '65536', '99999', 'nonsense'])
    t.throws(() => parseHostArgument('seen', `10.0.0.5:${port}`), {
      name: 'ConfigError',
      message: `seen 10.0.0.5:${port}: ${port} is not a port; ports are 1 to 65535, or a name such as https or postgresql`,
    });
  t.throws(() => parseHostArgument('peers', '10.0.0.5:80', false), { message: /not an address/ });
  t.same(
    ['127.0.0.1', '::1', '10.0.0.1'].map((text) => isLoopback(parseHostArgument('x', text).address)),
    [true, true, false],
  );
  t.end();
});

t.test('networks', (t) => {
  t.throws(() => parseNetworkOption('--ignore')('x'), {
    name: 'ConfigError',
    message: /--ignore x: not an address or a network/,
  });
  const network = parseNetworkOption('--ignore')('10.0.0.0/31');
  t.same(inNetworks('who', [network], 'i'), {
    sql: '(who BETWEEN {i0first:IPv6} AND {i0last:IPv6})',
    params: { i0first: '::ffff:10.0.0.0', i0last: '::ffff:10.0.0.1' },
  });
  t.equal(inNetworks('who', [], 'i').sql, '0');
  t.end();
});

t.test('a port that was taken for a part of the address', (t) => {
  t.equal(findMeantPort('2001:db8:80::1:443'), '[2001:db8:80::1]:443');
  for (const clear of [
    '2001:db8::1',
    '2001:db8:80::1',
    '2001:db8::1:dead',
    '1:2:3:4:5:6:7:443',
    '[2001:db8::1]:443',
    '10.0.0.5:443',
    '10.0.0.5',
  ])
    t.equal(findMeantPort(clear), undefined, clear);
  t.end();
});
