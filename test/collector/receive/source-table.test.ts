import t from 'tap';
import { parseAllowList } from '../../../collector/receive/allow-list.ts';
import { SourceTable } from '../../../collector/receive/source-table.ts';

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

t.test('all forms in which a socket gives addresses', async (t) => {
  const table = new SourceTable(parseAllowList([]));
  const forms = [
    ['192.0.2.1', '192.0.2.1', 4, '00000000000000000000ffffc0000201'],
    ['::ffff:192.0.2.1', '192.0.2.1', 4, '00000000000000000000ffffc0000201'],
    ['2001:db8::1', '2001:db8::1', 6, '20010db8000000000000000000000001'],
    ['fe80::1%eth0', 'fe80::1', 6, 'fe800000000000000000000000000001'],
    ['::1', '::1', 6, '00000000000000000000000000000001'],
  ] as const;
  for (const [text, address, family, octets] of forms) {
    const source = table.source(text);
    t.equal(source.address, address, text);
    t.equal(source.family, family, text);
    t.equal(hex(source.octets), octets, text);
    t.equal(hex(new Uint8Array(source.octetWords.buffer)), octets, 'the words are the same memory');
    t.equal(table.source(text), source, 'kept');
  }
  t.equal(table.size, forms.length);
});

t.test('whether it may send is worked out once', async (t) => {
  let asked = 0;
  const table = new SourceTable((address) => {
    asked++;
    return address.kind() === 'ipv4';
  });
  t.equal(table.source('::ffff:192.0.2.1').allowed, true);
  t.equal(table.source('2001:db8::1').allowed, false);
  table.source('2001:db8::1');
  t.equal(asked, 2);
});

t.test('a flood of forged addresses pushes out itself, and the sums stay whole', async (t) => {
  const table = new SourceTable(parseAllowList([]), 100);
  const exporter = table.source('192.0.2.1');
  let sent = 0;
  const send = (address: string): void => {
    const source = table.source(address);
    source.datagrams++;
    source.refused++;
    source.bytes += 10;
    sent++;
  };
  for (let i = 0; i < 5000; i++) {
    send(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    if (i % 20 === 0) send('192.0.2.1');
  }
  t.equal(table.size, 100);
  t.equal(table.source('192.0.2.1'), exporter, 'the exporter kept its entry');
  let kept = 0;
  for (const source of table.values()) kept += source.refused;
  t.equal(kept + table.evicted.refused, sent);
  t.equal(table.evicted.sources, 5001 - 100);
  t.equal(table.evicted.bytes, 10 * table.evicted.datagrams);
});

t.test('when all entries are busy, one goes all the same', async (t) => {
  const table = new SourceTable(parseAllowList([]), 200);
  for (let i = 0; i < 200; i++) table.source(`10.0.0.${i}`).datagrams = 10;
  table.source('192.0.2.1');
  t.equal(table.size, 200);
  t.equal(table.evicted.sources, 1);
  t.equal(table.evicted.datagrams, 10);
});
