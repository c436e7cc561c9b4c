import t from 'tap';
import { addressKind } from '../../../collector/filter/address-value.ts';
import { readFilterValue } from '../../support/filter-value.ts';

const address = addressKind({ syntax: 'IP', expected: 'an address' });
const network = addressKind({ syntax: 'NET', expected: 'a network', networksOnly: true });
const named = addressKind({
  syntax: 'WHO',
  expected: 'an address or a name',
  name: (cursor, text) => {
    const place = cursor.bind('String', text);
    return (subject) => `name(${subject}) = ${place}`;
  },
});

t.test('one address, one network', async (t) => {
  t.same(readFilterValue(address, '192.0.2.1 and'), {
    sql: 's = {f0:IPv6}',
    params: { f0: '::ffff:192.0.2.1' },
    rest: 'and',
  });
  t.same(readFilterValue(address, '!= 2001:db8::/32'), {
    sql: 'NOT s BETWEEN {f0:IPv6} AND {f1:IPv6}',
    params: { f0: '2001:db8::', f1: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff' },
    rest: '',
  });
  t.same(readFilterValue(network, '10.0.0.0 255.0.0.0 or').params, {
    f0: '::ffff:10.0.0.0',
    f1: '::ffff:10.255.255.255',
  });
  t.equal(readFilterValue(network, '10.0.0.0 255.0.0.0 or').rest, 'or');
  t.equal(readFilterValue(network, '10.0.0.0/8').rest, '');
});

t.test('lists', async (t) => {
  const { sql, params } = readFilterValue(address, 'not in [::1, 10/8 ::2]');
  t.equal(sql, 'NOT (s IN {f0:Array(IPv6)} OR s BETWEEN {f1:IPv6} AND {f2:IPv6})');
  t.same(params, { f0: ['::1', '::2'], f1: '::ffff:10.0.0.0', f2: '::ffff:10.255.255.255' });
  t.equal(readFilterValue(network, 'in [::1]').sql, 's = {f0:IPv6}', 'a list of networks may have addresses');
  const many = Array.from({ length: 17 }, (_, i) => `10.${i}.0.0/16`);
  t.same(readFilterValue(network, `in [${many.join(' ')} ::/32]`), {
    sql:
      '(tupleElement(IPv6CIDRToRange(s, 112), 1) IN {f0:Array(IPv6)}' +
      ' OR tupleElement(IPv6CIDRToRange(s, 32), 1) IN {f1:Array(IPv6)})',
    params: { f0: many.map((text) => `::ffff:${text.slice(0, -3)}`), f1: ['::'] },
    rest: '',
  });
});

t.test('names', async (t) => {
  t.same(readFilterValue(named, 'in [core-1 ::1]'), {
    sql: '(s = {f1:IPv6} OR name(s) = {f0:String})',
    params: { f0: 'core-1', f1: '::1' },
    rest: '',
  });
  t.same(readFilterValue(named, '"10.0.0.300"').params, { f0: '10.0.0.300' }, 'quoted it is a name');
});

t.test('what is none', async (t) => {
  t.throws(() => readFilterValue(address, 'example.com'), /expected an address \(names are not looked up\)/);
  t.throws(() => readFilterValue(address, '10.0.0.300'), /expected an address\n/);
  t.throws(() => readFilterValue(address, '> ::1'), /expected an address, after one of = !=\n/);
  t.throws(() => readFilterValue(network, '10.0.0.0'), /its length is missing: 10\.0\.0\.0\/24/);
  t.throws(() => readFilterValue(network, '10.0.0.0 255.0.255.0'), /expected a network/);
  t.throws(() => readFilterValue(named, '10.0.0.300'), /expected an address or a name/);
  t.throws(() => readFilterValue(address, 'in ::1'), /expected \[ and a list/);
  t.throws(() => readFilterValue(address, 'in [::1'), /expected an address, or \]/);
});
