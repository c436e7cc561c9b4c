import t from 'tap';
import { seen } from '../../../collector/reports/seen.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import {
  biflow,
  halves,
  heardMinutes,
  knownExporter,
  nowMicros,
  ping,
  protocols,
  refused,
  unanswered,
} from '../../support/question-ledger.ts';

t.test('seen', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  await ledger.insert([
    // A database: one client by biflow, one by two rows of a router, and a pool whose connection is still open.
    biflow({
      from: '10:00:00',
      to: '10:05:00',
      client: '10.0.0.5',
      server: '10.1.0.1',
      port: 5432,
      up: 3000,
      down: 7000,
    }),
    biflow({
      from: '22:00:00',
      to: '22:00:10',
      client: '10.0.0.5',
      server: '10.1.0.1',
      port: 5432,
      clientPort: 40001,
    }),
    ...halves({ from: '09:00:00', client: '10.0.0.6', server: '10.1.0.1', port: 5432 }),
    biflow({
      from: '08:00:00',
      to: '23:00:00',
      client: '10.0.0.7',
      server: '10.1.0.1',
      port: 5432,
      more: { record_kind: 'interim' },
    }),
    // Attempts: a SYN of a router's, one that conntrack saw refused; and a scanner of our own.
    unanswered({ from: '11:00:00', client: '10.0.0.8', server: '10.1.0.1', port: 22 }),
    refused({ from: '11:30:00', client: '10.0.0.8', server: '10.1.0.1', port: 22, clientPort: 40002 }),
    biflow({ from: '12:00:00', client: '10.9.0.1', server: '10.1.0.1', port: 5432 }),
    // What the server itself asks of others is no use of it.
    biflow({ from: '23:30:00', client: '10.1.0.1', server: '10.1.0.2', port: 53, proto: protocols.udp }),
    ...halves({ from: '23:31:00', client: '10.1.0.1', server: '10.1.0.3', port: 443 }),
    biflow({ from: '23:40:00', client: '127.0.0.1', server: '10.1.0.1', port: 5432 }),
    biflow({ from: '23:41:00', client: '10.1.0.1', server: '10.1.0.1', port: 5432 }),
    // An event has no counters.
    biflow({
      from: '23:50:00',
      client: '10.0.0.99',
      server: '10.1.0.1',
      port: 5432,
      more: { record_kind: 'event' },
    }),
    // A decommissioned one, which is only scanned.
    unanswered({ from: '13:00:00', client: '10.0.0.8', server: '10.1.0.4', port: 80 }),
    // A syslog server is never answered by what it gets; one that answers over two rows.
    unanswered({ from: '14:00:00', client: '10.0.0.9', server: '10.1.0.5', port: 514, proto: protocols.udp }),
    ...halves({
      from: '14:00:00',
      client: '10.0.0.9',
      server: '10.1.0.6',
      port: 123,
      clientPort: 123,
      proto: protocols.udp,
    }),
    ...ping({ from: '15:00:00', client: '10.0.0.9', server: '10.1.0.7' }),
    ...ping({ from: '15:00:00', client: '2001:db8::9', server: '2001:db8::7' }),
    biflow({ from: '16:00:00', client: '2001:db8::9', server: '2001:db8::7', port: 443 }),
    // Behind a translated destination: 198.51.100.1:443 is served by 10.1.0.8:8443.
    biflow({
      ...{ from: '17:00:00', client: '203.0.113.9', server: '198.51.100.1', port: 443 },
      more: {
        post_nat_src_addr: '::ffff:203.0.113.9',
        post_nat_src_port: 40000,
        post_nat_dst_addr: '::ffff:10.1.0.8',
        post_nat_dst_port: 8443,
      },
    }),
  ]);
  await ledger.insert([knownExporter('192.0.2.1', '2026-11-01 00:00:00')], 'exporters');
  await ledger.insert(heardMinutes('192.0.2.1', '00:00:00', 1440), 'exporter_loss');
  const ask = async (argument: string, options: Readonly<Record<string, unknown>> = {}, more = {}) => {
    const request = { argument, options, ...more };
    const rows = await ledger.rows(seen, request);
    const { err, status } = await ledger.run(seen, request);
    t.equal(status, 0, err);
    return { rows, err };
  };
  const short = (rows: readonly Record<string, unknown>[]): string[] =>
    rows.map((r) =>
      [
        r.client,
        r.proto,
        r.port,
        r.flows,
        r.bytes_to,
        r.bytes_from,
        r.attempts ?? 0,
        String(r.last).slice(11, 19),
      ].join(' '),
    );

  await t.test('who used it, last first, and who only tried', async (t) => {
    const { rows, err } = await ask('10.1.0.1');
    t.same(short(rows), [
      '10.0.0.7 6 5432 1 1000 2000 0 23:00:00',
      '10.0.0.5 6 5432 2 4000 9000 0 22:00:10',
      '10.9.0.1 6 5432 1 1000 2000 0 12:00:00',
      '10.0.0.6 6 5432 1 1000 2000 0 09:00:00',
      '10.0.0.8 6 22 0 120 40 2 11:30:00',
    ]);
    t.match(err, 'Last used 1 h ago by 10.0.0.7 (tcp 5432)');
    t.match(err, 'Left out: 2 flows with itself or over loopback (--loopback shows them)');
  });

  await t.test('that there may be more', async (t) => {
    t.match((await ask('10.1.0.1', {}, { limit: 5 })).err, 'rows 1 to 5: there may be more, with --page 2');
    t.match(
      (await ask('10.1.0.1', {}, { limit: 2, page: 2 })).err,
      'rows 3 to 4: there may be more, with --page 3',
    );
    t.notMatch((await ask('10.1.0.1', {}, { limit: 6 })).err, 'there may be more');
    t.notMatch(
      (await ask('10.1.0.1', {}, { limit: 4, page: 2 })).err,
      'there may be more',
      'one row is left',
    );
  });

  await t.test('one port of it', async (t) => {
    const { rows, err } = await ask('10.1.0.1:22');
    t.same(short(rows), ['10.0.0.8 6 22 0 120 40 2 11:30:00']);
    t.match(err, /Nobody was answered in this time. Last tried 12 h 30 min ago by 10.0.0.8 \(tcp 22\)/);
    t.match(err, '1 exporter was heard in all 1439 minutes, and nothing of it is known to be missing');
  });

  await t.test('monitoring does not count', async (t) => {
    const networks = [seen.options[0]?.parse?.('10.9.0.0/16'), seen.options[0]?.parse?.('10.0.0.6')];
    const { rows, err } = await ask('10.1.0.1:5432', { ignore: networks });
    t.same(
      rows.map((row) => row.client),
      ['10.0.0.7', '10.0.0.5'],
    );
    t.match(err, 'Left out: 2 flows of --ignore');
  });

  await t.test('its loopback, when that is asked for', async (t) => {
    const { rows } = await ask('10.1.0.1', { loopback: true });
    t.same(
      rows.slice(0, 2).map((row) => row.client),
      ['10.1.0.1', '127.0.0.1'],
    );
  });

  await t.test('nobody at all, and the proof', async (t) => {
    const { rows, err } = await ask('10.1.0.200');
    t.same(rows, []);
    t.match(err, 'Nobody began anything with it in this time');
    t.match(err, '1 exporter was heard in all 1439 minutes');
  });

  await t.test('a range before and after its use', async (t) => {
    t.same(
      (await ask('10.1.0.1:5432', {}, { from: '2026-11-20 06:00', to: '2026-11-20 07:59:59' })).rows,
      [],
    );
    const { rows } = await ask('10.1.0.1:5432', {}, { from: '2026-11-20 10:01', to: '2026-11-20 10:02' });
    const [client] = rows;
    t.equal(client?.client, '10.0.0.5');
    t.equal(client?.bytes_from, 1400, 'a fifth of five minutes');
  });

  await t.test('UDP, ICMP and IPv6', async (t) => {
    const syslog = await ask('10.1.0.5');
    t.same(short(syslog.rows), ['10.0.0.9 17 514 0 60 0 1 14:00:00']);
    t.match(syslog.err, 'syslog');
    t.same(short((await ask('10.1.0.6')).rows), ['10.0.0.9 17 123 1 1000 2000 0 14:00:00']);
    t.same(short((await ask('10.1.0.7')).rows), ['10.0.0.9 1 0 1 1000 2000 0 15:00:00']);
    t.same(short((await ask('2001:db8::7')).rows), [
      '2001:db8::9 6 443 1 1000 2000 0 16:00:00',
      '2001:db8::9 58 0 1 1000 2000 0 15:00:00',
    ]);
    t.same(short((await ask('[2001:db8::7]:443')).rows).length, 1);
  });

  await t.test('a name of a port', async (t) => {
    t.same(short((await ask('10.1.0.1:ssh')).rows), ['10.0.0.8 6 22 0 120 40 2 11:30:00']);
  });

  await t.test('behind translation: by both addresses', async (t) => {
    const outside = await ask('198.51.100.1:443');
    t.same(short(outside.rows), ['203.0.113.9 6 443 1 1000 2000 0 17:00:00']);
    t.same(outside.rows[0]?.via, ['10.1.0.8']);
    const inside = await ask('10.1.0.8:8443');
    t.same(short(inside.rows), ['203.0.113.9 6 8443 1 1000 2000 0 17:00:00']);
    t.same(inside.rows[0]?.via, ['198.51.100.1']);
    t.same((await ask('10.1.0.8:443')).rows, []);
  });

  await t.test('a typing mistake', async (t) => {
    await t.rejects(ledger.run(seen, { argument: '10.1.0' }), { message: /seen 10.1.0: not an address/ });
    await t.rejects(ledger.run(seen, { argument: '10.1.0.1:99999' }), { message: /99999 is not a port/ });
    t.match(
      (await ask('2001:db8::5:443')).err,
      'If the last group is meant as a port: seen [2001:db8::5]:443',
    );
    t.notMatch((await ask('2001:db8::7')).err, 'If the last group');
  });
});
