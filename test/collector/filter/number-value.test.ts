import t from 'tap';
import { decimalUnits, numberKind } from '../../../collector/filter/number-value.ts';
import { readFilterValue } from '../../support/filter-value.ts';

const port = numberKind({
  syntax: 'PORT',
  expected: 'a port',
  bits: 16,
  names: new Map<string, number | readonly number[]>([
    ['https', 443],
    ['web', [80, 443]],
  ]),
});
const counter = numberKind({ syntax: 'N', expected: 'a number', bits: 64, units: decimalUnits });
const named = numberKind({
  syntax: 'IF',
  expected: 'an interface',
  bits: 32,
  name: (cursor, text) => {
    const place = cursor.bind('String', text);
    return { test: (subject, column) => `${column('x')}(${subject}) = ${place}`, columns: ['x'] };
  },
});

t.test('numbers, names, ranges and lists', async (t) => {
  const cases: readonly (readonly [text: string, sql: string, ...values: unknown[]])[] = [
    ['80', 's = {f0:UInt16}', 80],
    ['= HTTPS', 's = {f0:UInt16}', 443],
    ['!= 80', 'NOT s = {f0:UInt16}', 80],
    ['web', 's IN {f0:Array(UInt16)}', [80, 443]],
    ['>= 1024', 's >= {f0:UInt16}', 1024],
    ['lt 0x50', 's < {f0:UInt16}', 80],
    ['8000-8080', 's BETWEEN {f0:UInt16} AND {f1:UInt16}', 8000, 8080],
    ['!= 1-2', 'NOT s BETWEEN {f0:UInt16} AND {f1:UInt16}', 1, 2],
    ['in [web, 22]', 's IN {f0:Array(UInt16)}', [80, 443, 22]],
    ['not in [1 5-6]', 'NOT (s = {f0:UInt16} OR s BETWEEN {f1:UInt16} AND {f2:UInt16})', 1, 5, 6],
  ];
  for (const [text, sql, ...values] of cases) {
    const read = readFilterValue(port, text);
    t.same([read.sql, Object.values(read.params), read.rest], [sql, values, ''], text);
  }
});

t.test('units', async (t) => {
  const value = (text: string) => readFilterValue(counter, text).params.f0;
  t.same([value('1k'), value('1.5K'), value('2m'), value('3G'), value('4T')], [1000, 1500, 2e6, 3e9, 4e12]);
  t.equal(value('18446744073709551615'), '18446744073709551615', 'more than a double holds');
  t.equal(value('in [18446744073709551615 1]'), '[18446744073709551615,1]');
  for (const text of ['1x', '1.5', '1.0005k', '.5k', '-1', '1e3', ''])
    t.throws(() => value(text), /expected a number\n/, text);
  t.throws(() => value('18446744073709551616'), /a number up to 18446744073709551615/);
});

t.test('names that are looked up', async (t) => {
  t.same(readFilterValue(named, 'in [3 eth0]'), {
    sql: '(s = {f1:UInt32} OR c.x(s) = {f0:String})',
    params: { f0: 'eth0', f1: 3 },
    rest: '',
  });
  t.same(readFilterValue(named, '"3"').params, { f0: '3' }, 'a number in quotes is a name');
  t.throws(() => readFilterValue(named, '> eth0'), /expected an interface/);
});

t.test('mistakes', async (t) => {
  t.throws(() => readFilterValue(port, 'htps'), /a port \(did you mean https\?\)/);
  t.throws(() => readFilterValue(port, '65536'), /a number up to 65535/);
  t.throws(() => readFilterValue(port, '9-1'), /begins with the smaller/);
  t.throws(() => readFilterValue(port, '> 1-9'), /one number after >/);
  t.throws(() => readFilterValue(port, '> web'), /one number after >/);
  t.throws(() => readFilterValue(port, '~ 80'), /a port, after one of = != < <= > >=/);
  t.throws(() => readFilterValue(port, 'in []'), /a port/);
});
