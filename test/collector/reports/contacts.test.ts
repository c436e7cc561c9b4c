import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { contacts } from '../../../collector/reports/contacts.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { biflow, halves, nowMicros, protocols, refused, unanswered } from '../../support/question-ledger.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

t.test('contacts', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const path = join(temporaryDirectory(t), 'bad.csv');
  const ledger = await startAskLedger(t, { nowMicros });
  const udp = protocols.udp;
  await ledger.insert([
    // Outwards, behind source NAT; and by a router, without.
    biflow({
      ...{
        from: '10:00:00',
        to: '10:01:00',
        client: '10.0.0.5',
        server: '203.0.113.7',
        port: 443,
        up: 500,
        down: 9000,
      },
      more: {
        post_nat_src_addr: '::ffff:192.0.2.99',
        post_nat_src_port: 61000,
        post_nat_dst_addr: '::ffff:203.0.113.7',
        post_nat_dst_port: 443,
      },
    }),
    ...halves({
      from: '11:00:00',
      client: '10.0.0.6',
      server: '198.51.100.9',
      port: 53,
      proto: udp,
      up: 70,
      down: 300,
    }),
    // Inwards, to a server behind destination NAT; and an attempt.
    biflow({
      ...{
        from: '12:00:00',
        client: '203.0.113.7',
        clientPort: 50000,
        server: '192.0.2.99',
        port: 25,
        up: 4000,
        down: 800,
      },
      more: {
        post_nat_src_addr: '::ffff:203.0.113.7',
        post_nat_src_port: 50000,
        post_nat_dst_addr: '::ffff:10.1.0.25',
        post_nat_dst_port: 2525,
      },
    }),
    refused({ from: '13:00:00', client: '198.51.100.200', server: '10.1.0.1', port: 22 }),
    unanswered({ from: '14:00:00', client: '2001:db8:bad::1', server: '2001:db8::5', port: 22 }),
    // Beside the networks.
    biflow({ from: '15:00:00', client: '10.0.0.5', server: '203.0.113.8', port: 443 }),
    biflow({ from: '15:00:00', client: '10.0.0.5', server: '198.51.101.0', port: 443 }),
    biflow({ from: '15:00:00', client: '10.0.0.5', server: '198.51.99.255', port: 443 }),
    biflow({ from: '15:00:00', client: '2001:db8:bae::1', server: '2001:db8::5', port: 443 }),
    // Before the range.
    biflow({ from: '2026-11-18 15:00:00', client: '10.0.0.7', server: '203.0.113.7', port: 443 }),
  ]);
  const ask = async (list: string): Promise<string[]> => {
    writeFileSync(path, list);
    const { err, status } = await ledger.run(contacts, { options: { list: path } });
    t.equal(status, 0, err);
    const rows = await ledger.rows(contacts, { options: { list: path } });
    return rows.map((r) =>
      [
        r.listed,
        r.label,
        r.began,
        r.inside,
        r.public ?? '-',
        r.proto,
        r.port,
        r.flows,
        r.bytes_to,
        r.bytes_from,
        r.attempts,
        r.entry,
      ].join(' '),
    );
  };

  await t.test('both directions, behind translation, networks, IPv6', async (t) => {
    t.same(await ask('# feed\n203.0.113.7,evil\n198.51.100.0/24 ; SBL1\n2001:db8:bad::/48,"six"\n'), [
      '2001:db8:bad::1 six listed 2001:db8::5 - 6 22 0 0 60 1 2001:db8:bad::/48',
      '198.51.100.200 SBL1 listed 10.1.0.1 - 6 22 0 40 60 1 198.51.100.0/24',
      '203.0.113.7 evil listed 10.1.0.25 192.0.2.99 6 25 1 800 4000 0 ',
      '198.51.100.9 SBL1 inside 10.0.0.6 - 17 53 1 70 300 0 198.51.100.0/24',
      '203.0.113.7 evil inside 10.0.0.5 192.0.2.99 6 443 1 500 9000 0 ',
    ]);
  });

  await t.test('prefixes of odd lengths, and the most specific label', async (t) => {
    t.same(
      (await ask('198.51.96.0/19,wide\n198.51.100.8/29,narrow\n')).map((row) =>
        row.split(' ').slice(0, 2).join(' '),
      ),
      ['198.51.99.255 wide', '198.51.101.0 wide', '198.51.100.200 wide', '198.51.100.9 narrow'],
    );
  });

  await t.test('that there may be more', async (t) => {
    writeFileSync(path, '203.0.113.7\n');
    const said = async (limit: number): Promise<string> =>
      (await ledger.run(contacts, { options: { list: path }, limit })).err;
    t.match(await said(2), 'rows 1 to 2: there may be more');
    t.notMatch(await said(3), 'there may be more');
  });

  await t.test('nobody', async (t) => {
    t.same(await ask('192.0.2.250\n10.99.0.0/16\n'), []);
    t.match(
      (await ledger.run(contacts, { options: { list: path } })).err,
      'The list has 2 entries; no flow with any of them.',
    );
  });

  await t.test('a list of a hundred thousand', async (t) => {
    const others = Array.from(
      { length: 100_000 },
      (_, i) => `100.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255},feed`,
    );
    const rows = await ask(`${others.join('\n')}\n203.0.113.7,evil\n`);
    t.same(
      rows.map((row) => row.split(' ')[0]),
      ['203.0.113.7', '203.0.113.7'],
    );
  });

  await t.test('mistakes', async (t) => {
    await t.rejects(ask('10.0.0.300\nexample.org,x\n'), {
      message: `${path}:1: 10.0.0.300: not an address or a network\n${path}:2: example.org: not an address or a network`,
    });
    await t.rejects(ask('# nothing\n'), { message: /no address in it/ });
    await t.rejects(ledger.run(contacts, {}), { message: /needs --list FILE/ });
    await t.rejects(ledger.run(contacts, { options: { list: '/nowhere' } }), {
      message: '--list /nowhere: cannot be read: no such file',
    });
    const watch = (more: object) => ledger.run(contacts, { options: { list: path, follow: true }, ...more });
    await t.rejects(watch({ last: '7d' }), { message: /--follow begins now: it goes with none of --from/ });
    await t.rejects(watch({ from: '2026-11-19' }), { message: /--follow begins now/ });
    await t.rejects(watch({ layout: 'sql' }), { message: /--sql and --follow: give one of them/ });
  });
});
