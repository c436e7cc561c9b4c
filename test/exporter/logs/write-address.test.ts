import t from 'tap';
import { writeAddress } from '../../../exporter/logs/write-address.ts';
import { parseAddress } from '../../../shared/wire/address.ts';

/** What is read out of the middle of a line, into octets that have something in them. */
const read = (text: string): { family: number; octets: Uint8Array } => {
  const octets = new Uint8Array(16).fill(0xee);
  return { family: writeAddress(`src=${text} dst=::1`, 4, 4 + text.length, octets), octets };
};

const mapped = (...last: number[]): Uint8Array =>
  Uint8Array.from([...Array<number>(10).fill(0), 0xff, 0xff, ...last]);

t.test('IPv4', async (t) => {
  t.same(read('192.0.2.10'), { family: 4, octets: mapped(192, 0, 2, 10) });
  t.same(read('0.0.0.0'), { family: 4, octets: mapped(0, 0, 0, 0) });
  t.same(read('255.255.255.255'), { family: 4, octets: mapped(255, 255, 255, 255) });
});

t.test('IPv6, as people, the kernel and mapped addresses have it', async (t) => {
  const octets = Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10]);
  for (const text of ['2001:db8:1::10', '2001:0db8:0001:0000:0000:0000:0000:0010', '2001:DB8:1:0:0:0:0:10'])
    t.same(read(text), { family: 6, octets }, text);
  t.same(read('::'), { family: 6, octets: new Uint8Array(16) });
  t.same(read('::ffff:192.0.2.1'), { family: 6, octets: mapped(192, 0, 2, 1) });
  t.same([...read('fe80::').octets.subarray(0, 3)], [0xfe, 0x80, 0]);
});

t.test('what is no address', async (t) => {
  for (const text of [
    ...['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1..2.3', '1.2.3.4x', '192.0.2.10:80'],
    ...[
      ':',
      ':::',
      '1:2',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      '12345::',
      '1:2:3:4:5:6:7:',
      ':1::',
      'fe80::1%eth0',
    ],
    ...['1:2:3:4:5:6:7:1.2.3.4', '::1.2.3', 'host', '1:2:3:4::5:6:7:8'],
  ])
    t.equal(read(text).family, 0, text);
});

t.test('takes what parseAddress takes', async (t) => {
  const parts = ['', '0', '1', 'ff', '2001', '::', ':', '1.2.3.4', 'g', '12345'];
  let both = 0;
  for (let i = 0; i < 20_000; i++) {
    let text = '';
    for (let n = i, k = 0; k < 5; k++, n = Math.floor(n / 10))
      text += parts[(n * 7 + k) % 10] + (k % 2 ? ':' : '');
    const truth = parseAddress(text);
    const { family, octets } = read(text);
    if (truth !== undefined) both++;
    if ((truth === undefined) !== (family === 0) || (truth && Buffer.compare(truth, octets) !== 0))
      t.fail(text);
  }
  t.ok(both > 100, `${both} addresses`);
});
