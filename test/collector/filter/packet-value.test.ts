import t from 'tap';
import { parseAddressRange, parseNetworkRange } from '../../../collector/filter/address-range.ts';
import { addressIn, numberIn, numberThat } from '../../../collector/filter/packet-value.ts';
import { parseAddress } from '../../../shared/wire/address.ts';
import { viewOf } from '../../support/capture-builder.ts';

t.test('numbers', async (t) => {
  const passed = (test: (value: number) => boolean) => [0, 1, 5, 6, 7, 9, 80, 81].filter(test);
  t.same(passed(numberIn([{ from: 5, to: 5 }])), [5]);
  t.same(passed(numberIn([{ from: 5n, to: 7n }])), [5, 6, 7]);
  t.same(
    passed(
      numberIn([
        { from: 5, to: 6 },
        { from: 80, to: 90 },
      ]),
    ),
    [5, 6, 80, 81],
  );
  t.same(
    passed(
      numberIn([
        { from: 1, to: 1 },
        { from: 80, to: 80 },
      ]),
    ),
    [1, 80],
  );
  t.same(
    passed(
      numberIn([
        { from: 1, to: 1 },
        { from: 6, to: 9 },
      ]),
    ),
    [1, 6, 7, 9],
  );
  t.same(passed(numberIn([])), []);
  t.same(passed(numberThat('<', 5)), [0, 1]);
  t.same(passed(numberThat('<=', 5)), [0, 1, 5]);
  t.same(passed(numberThat('>', 9n)), [80, 81]);
  t.same(passed(numberThat('>=', 9)), [9, 80, 81]);
  t.same(passed(numberThat('=', 9)), [9]);
});

const passes = (ranges: readonly string[], address: string): boolean => {
  const view = viewOf(parseAddress(address) ?? new Uint8Array(16));
  const test = addressIn(
    ranges.map((text) => {
      const range = text.includes('/') ? parseNetworkRange(text) : parseAddressRange(text);
      if (range === undefined) throw new Error(text);
      return range;
    }),
  );
  return test(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
};

t.test('addresses and networks of every length', async (t) => {
  t.ok(passes(['192.0.2.1'], '192.0.2.1'));
  t.notOk(passes(['192.0.2.1'], '192.0.2.2'));
  t.notOk(passes(['192.0.2.1'], '::192.0.2.1'), 'not mapped');
  t.ok(passes(['0.0.0.0/0'], '255.1.2.3'));
  t.notOk(passes(['0.0.0.0/0'], '2001:db8::1'), 'IPv4 alone');
  t.ok(passes(['::/0'], '2001:db8::1'));
  const inside = [
    '128.0.0.0/1 200.1.1.1',
    '10.0.0.0/31 10.0.0.1',
    '2001:db8::/33 2001:db8:7fff::',
    '2001:db8::8/125 2001:db8::f',
  ];
  const outside = [
    '128.0.0.0/1 127.1.1.1',
    '10.0.0.0/31 10.0.0.2',
    '2001:db8::/33 2001:db8:8000::',
    '2001:db8::8/125 2001:db8::10',
  ];
  for (const line of inside) t.ok(passes(line.split(' ').slice(0, 1), line.split(' ')[1] as string), line);
  for (const line of outside)
    t.notOk(passes(line.split(' ').slice(0, 1), line.split(' ')[1] as string), line);
});

t.test('many', async (t) => {
  const many = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.${i % 7}`);
  const mixed = [...many, '192.0.2.0/24', '198.51.100.0/25', '2001:db8::/32', '172.16.0.0/12'];
  for (const address of [
    '10.0.0.0',
    '10.1.1.5',
    '192.0.2.77',
    '198.51.100.127',
    '2001:db8:ffff::',
    '172.31.255.255',
  ])
    t.ok(passes(mixed, address), address);
  for (const address of [
    '10.0.1.2',
    '192.0.3.0',
    '198.51.100.128',
    '2001:db9::',
    '172.32.0.0',
    '10.19.255.0',
  ])
    t.notOk(passes(mixed, address), address);
});
