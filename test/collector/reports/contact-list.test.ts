import t from 'tap';
import { parseContactList } from '../../../collector/reports/contact-list.ts';

t.test('entries and labels of feeds', async (t) => {
  const list = parseContactList(
    'bad',
    '; DROP\n1.2.3.4\n\n"5.6.7.8","a, ""b"""\r\n9.0.0.0/8 ; SBL9\n9.1.0.0/16 tab\tand more # why\n2001:DB8::/32,six\n1.2.3.4,again\n',
  );
  t.equal(list.entries, 5);
  t.same(list.find('1.2.3.4'), { entry: '1.2.3.4', label: 'again' });
  t.same(list.find('::ffff:5.6.7.8'), { entry: '5.6.7.8', label: 'a, "b"' });
  t.same(list.find('9.200.0.1'), { entry: '9.0.0.0/8', label: 'SBL9' });
  t.same(list.find('9.1.255.255'), { entry: '9.1.0.0/16', label: 'tab\tand more' });
  t.same(list.find('2001:db8:ffff::1'), { entry: '2001:db8::/32', label: 'six' });
  for (const other of ['1.2.3.5', '10.0.0.1', '2001:db9::', 'nonsense'])
    t.equal(list.find(other), undefined, other);
});

t.test('nothing of the list becomes SQL text', async (t) => {
  const list = parseContactList('bad', `203.0.113.7,'); DROP TABLE flows; --\n198.51.96.0/19\n`);
  t.notMatch(list.isListed('dst_addr'), /DROP|203|198/);
  t.same(
    list.params,
    { list_v4_128_0: 'ywBxBw==', list_v4_116_0: 'xjNgAMYzcAA=' },
    'a prefix of 19 bits is two of 20',
  );
});

t.test('values of parameters are not longer than a form takes', async (t) => {
  const text = Array.from({ length: 60_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`).join(
    '\n',
  );
  const sizes = Object.values(parseContactList('bad', text).params).map(({ length }) => length);
  t.same(sizes, [120_000, 120_000, 80_000]);
});

t.test('what is no list', async (t) => {
  const wrong = Array.from({ length: 9 }, () => 'x').join('\n');
  t.throws(() => parseContactList('bad', wrong), {
    name: 'ConfigError',
    message: /bad:5: x: .*\nand 4 more such lines$/s,
  });
  t.throws(() => parseContactList('bad', '0.0.0.0/0'), { message: /that is everybody/ });
  t.throws(() => parseContactList('bad', '::/0'), { message: /that is everybody/ });
  t.throws(() => parseContactList('bad', '10.0.0.0/33'), { message: /not an address or a network/ });
  t.throws(() => parseContactList('bad', ''), { message: /there is no address in it/ });
});
