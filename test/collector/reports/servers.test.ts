import t from 'tap';
import { servers } from '../../../collector/reports/servers.ts';
import { type FlowRow, startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { biflow, halves, nowMicros, refused, unanswered } from '../../support/question-ledger.ts';

/** Asked for 10.0.0.100:5432, and served by a database behind it. */
const behind = (server: string): FlowRow => ({
  post_nat_src_addr: '::ffff:10.0.0.5',
  post_nat_dst_addr: `::ffff:${server}`,
});

t.test('servers', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const [client, server, port] = ['10.0.0.5', '10.0.0.100', 5432];
  await ledger.insert([
    // One database until 14:02, the other one from then on; the port after translation is the same, and not said.
    ...[1, 2, 3].map((i) =>
      biflow({
        from: '14:00:10',
        to: '14:00:20',
        client,
        clientPort: i,
        server,
        port,
        up: 10,
        down: 20,
        more: behind('10.1.0.1'),
      }),
    ),
    biflow({
      from: '14:01:59',
      client,
      clientPort: 4,
      server,
      port,
      up: 10,
      down: 20,
      more: behind('10.1.0.1'),
    }),
    refused({ from: '14:02:05', client, clientPort: 5, server, port, more: behind('10.1.0.1') }),
    unanswered({ from: '14:02:06', client, clientPort: 6, server, port, more: behind('10.1.0.1') }),
    biflow({
      from: '14:02:30',
      to: '14:03:30',
      client,
      clientPort: 7,
      server,
      port,
      up: 600,
      down: 6000,
      more: behind('10.1.0.2'),
    }),
    // By a router, without translation; another port; another client.
    ...halves({ from: '14:04:00', client, clientPort: 40_008, server: '10.1.0.3', port, up: 7, down: 8 }),
    biflow({ from: '14:04:00', client, server: '10.1.0.4', port: 80 }),
    biflow({ from: '14:04:00', client: '10.0.0.6', server, port, more: behind('10.1.0.9') }),
    // What the client itself serves.
    biflow({ from: '14:04:00', client: '10.1.0.1', server: client, port }),
  ]);
  const ask = async (
    options: Readonly<Record<string, unknown>>,
    from = '2026-11-20 14:00',
    to = '2026-11-20 14:05',
  ) => {
    const { err, status } = await ledger.run(servers, { options, from, to });
    t.equal(status, 0, err);
    const rows = await ledger.rows(servers, { options, from, to });
    return {
      err,
      lines: rows.map((r) =>
        [
          String(r.at).slice(11, 16),
          r.asked,
          r.server,
          r.connections,
          r.begun_here,
          r.failed,
          r.bytes_to,
          r.bytes_from,
        ].join(' '),
      ),
    };
  };

  await t.test('minute by minute', async (t) => {
    const { lines, err } = await ask({ client, port });
    t.same(lines, [
      '14:00 10.0.0.100 10.1.0.1 3 3 0 30 60',
      '14:01 10.0.0.100 10.1.0.1 1 1 0 10 20',
      '14:02 10.0.0.100 10.1.0.2 1 1 0 300 3000',
      '14:02 10.0.0.100 10.1.0.1 0 0 2 120 40',
      '14:03 10.0.0.100 10.1.0.2 1 0 0 300 3000',
      '14:04 10.1.0.3 10.1.0.3 1 1 0 7 8',
    ]);
    t.match(
      err,
      /10.1.0.1 \(asked for 10.0.0.100\): 4 connections begun, 2 attempts failed, from 2026-11-20 14:00:00 to 2026-11-20 14:03:00/,
    );
  });

  await t.test('other steps, other ranges', async (t) => {
    t.same((await ask({ client, port, step: 300e6 })).lines, [
      '14:00 10.0.0.100 10.1.0.1 4 4 2 160 120',
      '14:00 10.0.0.100 10.1.0.2 1 1 0 600 6000',
      '14:00 10.1.0.3 10.1.0.3 1 1 0 7 8',
    ]);
    t.same((await ask({ client, port }, '2026-11-20 14:03', '2026-11-20 14:04')).lines, [
      '14:03 10.0.0.100 10.1.0.2 1 0 0 300 3000',
    ]);
    t.equal((await ask({ client })).lines.length, 7, 'any port');
    const said = async (limit: number): Promise<string> => {
      const range = { from: '2026-11-20 14:00', to: '2026-11-20 14:05' };
      return (await ledger.run(servers, { options: { client, port }, ...range, limit })).err;
    };
    t.match(await said(6), 'rows 1 to 6: there may be more');
    t.notMatch(await said(7), 'there may be more');
    t.same((await ask({ client, port: 5433 })).lines, []);
  });

  await t.test('mistakes', async (t) => {
    await t.rejects(ask({ port }), { message: /servers needs --client ADDRESS/ });
    await t.rejects(ask({ client, step: 1e6 }, '2026-11-19 00:00'), {
      message: /136800 steps are too many|steps are too many/,
    });
    t.throws(() => servers.options[2]?.parse?.('10ms'), { message: /a second at least/ });
    t.throws(() => servers.options[1]?.parse?.('0'), { message: /not a port/ });
    t.equal(servers.options[1]?.parse?.('postgresql'), 5432);
  });
});
