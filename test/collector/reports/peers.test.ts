import t from 'tap';
import { peers } from '../../../collector/reports/peers.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { biflow, halves, nowMicros, ping, protocols, unanswered } from '../../support/question-ledger.ts';

t.test('peers', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  await ledger.insert([
    // A laptop: what it always does, and what it began to do today.
    biflow({ from: '2026-11-17 10:00:00', client: '10.0.0.5', server: '10.1.0.1', port: 443 }),
    ...halves({ from: '2026-11-17 11:00:00', client: '10.9.0.1', server: '10.0.0.5', port: 22 }),
    biflow({ from: '2026-11-01 10:00:00', client: '10.0.0.5', server: '203.0.113.9', port: 443 }),
    biflow({ from: '10:00:00', client: '10.0.0.5', server: '10.1.0.1', port: 443, up: 10_000, down: 500 }),
    ...halves({
      from: '11:00:00',
      to: '11:00:05',
      client: '10.9.0.1',
      server: '10.0.0.5',
      port: 22,
      up: 70,
      down: 30,
    }),
    biflow({ from: '12:00:00', client: '10.0.0.5', server: '203.0.113.7', port: 6667, up: 4000, down: 100 }),
    ...halves({
      from: '12:30:00',
      client: '10.0.0.5',
      clientPort: 40001,
      server: '203.0.113.9',
      port: 443,
      up: 10,
      down: 20,
    }),
    unanswered({ from: '13:00:00', client: '10.0.0.5', server: '203.0.113.8', port: 445 }),
    ...ping({ from: '14:00:00', client: '10.0.0.5', server: '10.1.0.2', up: 5, down: 6 }),
    biflow({ from: '15:00:00', client: '127.0.0.1', server: '10.0.0.5', port: 80 }),
    biflow({ from: '15:00:00', client: '10.0.0.6', server: '203.0.113.7', port: 443 }),
    biflow({
      ...{ from: '16:00:00', client: '198.51.100.1', server: '192.0.2.1', port: 80, up: 1, down: 2 },
      more: { post_nat_dst_addr: '::ffff:10.0.0.5', post_nat_dst_port: 8080 },
    }),
    biflow({
      from: '17:00:00',
      client: '2001:db8::5',
      server: '2001:db8::1',
      port: 53,
      proto: protocols.udp,
    }),
    // It began before the range, and goes on.
    biflow({
      from: '2026-11-19 23:00:00',
      to: '00:30:00',
      client: '10.0.0.5',
      server: '10.1.0.3',
      port: 22,
      up: 300,
      down: 600,
    }),
  ]);
  const ask = async (argument: string, options: Readonly<Record<string, unknown>> = {}) => {
    const { err, status } = await ledger.run(peers, { argument, options });
    t.equal(status, 0, err);
    const rows = await ledger.rows(peers, { argument, options });
    return {
      err,
      lines: rows.map((r) =>
        [r.peer, r.began, r.proto, r.port, r.flows, r.bytes_sent, r.bytes_received, r.attempts].join(' '),
      ),
    };
  };

  await t.test('with whom, who began, octets each way', async (t) => {
    const { lines, err } = await ask('10.0.0.5');
    t.same(lines, [
      '10.1.0.1 host 6 443 1 10000 500 0',
      '203.0.113.7 host 6 6667 1 4000 100 0',
      // A third of its 90 minutes.
      '10.1.0.3 host 6 22 1 100 200 0',
      '10.9.0.1 peer 6 22 1 30 70 0',
      '203.0.113.8 host 6 445 0 60 0 1',
      '203.0.113.9 host 6 443 1 10 20 0',
      '10.1.0.2 host 1 0 1 5 6 0',
      '198.51.100.1 peer 6 8080 1 2 1 0',
    ]);
    t.match(err, 'Left out: 1 flow with itself or over loopback');
    t.same((await ask('2001:db8::5')).lines, ['2001:db8::1 host 17 53 1 1000 2000 0']);
    t.equal((await ask('10.0.0.5', { loopback: true })).lines.length, 9);
  });

  await t.test('who is new, by the first contact', async (t) => {
    const { lines, err } = await ask('10.0.0.5', { new: true });
    t.same(
      lines.map((line) => line.split(' ')[0]),
      ['203.0.113.7', '203.0.113.9', '203.0.113.8', '10.1.0.2', '198.51.100.1'],
    );
    t.match(err, 'New are those that are not among its 2 peers in the 7 d before.');
    const longer = await ask('10.0.0.5', { new: true, baseline: 30 * 86_400e6 });
    t.notOk(
      longer.lines.some((line) => line.startsWith('203.0.113.9')),
      'it was there on the first of the month',
    );
    t.match(longer.err, /its 3 peers in the 18 d 14 h before, from when the first flows are/);
    t.match(
      (await ask('10.0.0.6', { new: true })).err,
      'The host was not seen in the 7 d before: every peer is new.',
    );
  });

  await t.test('that there may be more', async (t) => {
    const said = async (limit: number, page = 1): Promise<string> =>
      (await ledger.run(peers, { argument: '10.0.0.5', limit, page })).err;
    t.match(await said(8), 'rows 1 to 8: there may be more');
    t.notMatch(await said(9), 'there may be more');
    t.notMatch(await said(5, 2), 'there may be more', 'three rows are left');
  });

  await t.test('history that was loaded', async (t) => {
    const loaded = await startAskLedger(t, { nowMicros });
    const received = { received: '2026-11-20 20:00:00' };
    await loaded.store.client.command({
      query: 'ALTER TABLE flows MODIFY TTL toDateTime(received) + toIntervalDay(30)',
    });
    await loaded.insert([
      biflow({
        from: '2026-11-18 10:00:00',
        client: '10.0.0.5',
        server: '10.1.0.1',
        port: 443,
        more: received,
      }),
      biflow({ from: '15:00:00', client: '10.0.0.5', server: '10.1.0.1', port: 443, more: received }),
      biflow({ from: '16:00:00', client: '10.0.0.5', server: '10.1.0.2', port: 443, more: received }),
    ]);
    const asked = { argument: '10.0.0.5', options: { new: true }, last: '12h' };
    t.match(await loaded.rows(peers, asked), [{ peer: '10.1.0.2' }]);
    t.match(
      (await loaded.run(peers, asked)).err,
      'New are those that are not among its 1 peer in the 2 d 2 h before, from when',
    );
  });

  await t.test('nobody', async (t) => {
    const { lines, err } = await ask('10.0.0.77');
    t.same(lines, []);
    t.match(err, 'No peer of it was seen in this time.');
    await t.rejects(ledger.run(peers, { argument: '10.0.0.5:80' }), {
      message: /not an address, such as 10.0.0.5 or/,
    });
  });
});
