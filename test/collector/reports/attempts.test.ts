import t from 'tap';
import { attemptsByTarget } from '../../../collector/reports/attempts.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import {
  at,
  biflow,
  halves,
  nowMicros,
  protocols,
  refused,
  tcpFlags,
  unanswered,
} from '../../support/question-ledger.ts';

t.test('attempts by target', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const [from, client, udp] = ['12:00:00', '10.0.0.66', protocols.udp];
  const said = {
    packets: 4,
    bytes: 216,
    reverse_packets: 3,
    reverse_bytes: 164,
    tcp_flags: tcpFlags.syn | tcpFlags.ack,
  };
  await ledger.insert([
    unanswered({ from, client, server: '10.1.0.1', port: 1 }),
    unanswered({ from: '12:00:05', client, server: '10.1.0.1', port: 1 }),
    refused({ from, client, server: '10.1.0.1', port: 2 }),
    biflow({ from, client, server: '10.1.0.1', port: 3 }),
    biflow({ from, client, server: '10.1.0.1', port: 4, more: said }),
    // Answered at the second attempt.
    unanswered({ from, client, server: '10.1.0.1', port: 5 }),
    biflow({ from, client, server: '10.1.0.1', port: 5 }),
    unanswered({ from, client, server: '10.1.0.1', port: 6, proto: udp }),
    ...halves({ from, client, server: '10.1.0.1', port: 7, proto: udp }),
    // Half a connection: by one row, and by two.
    refused({
      from,
      client,
      server: '10.1.0.1',
      port: 8,
      more: { reverse_tcp_flags: tcpFlags.syn | tcpFlags.ack },
    }),
    unanswered({ from, client, clientPort: 40009, server: '10.1.0.1', port: 9 }),
    unanswered({
      ...{ from, client: '10.1.0.1', clientPort: 9, server: client, port: 40009 },
      more: { tcp_flags: tcpFlags.syn | tcpFlags.ack },
    }),
    // Too few to be looked at.
    unanswered({ from, client: '10.0.0.67', server: '10.1.0.1', port: 1 }),
  ]);
  const [first, last] = [at('11:00:00'), at('13:00:00')];
  const params = {
    from: first,
    to: last,
    from_second: first / 1e6,
    to_second: last / 1e6,
    hosts: 50,
    ports: 4,
  };
  const sql = attemptsByTarget({ filter: undefined, hasAggregate: false });
  const answer = await ledger.store.client.query({
    query: `SELECT * FROM (${sql}) ORDER BY port`,
    query_params: params,
    format: 'JSONEachRow',
  });
  const rows = await answer.json<Record<string, unknown>>();
  t.same(
    rows.map((r) =>
      [r.scanner, r.target, r.proto, r.port, r.tried, r.is_failed, r.is_empty, r.is_open]
        .join(' ')
        .replaceAll('::ffff:', ''),
    ),
    [
      '10.0.0.66 10.1.0.1 6 1 2 1 0 0',
      '10.0.0.66 10.1.0.1 6 2 1 1 0 0',
      '10.0.0.66 10.1.0.1 6 3 1 0 0 1',
      '10.0.0.66 10.1.0.1 6 4 1 1 1 1',
      '10.0.0.66 10.1.0.1 6 5 2 0 0 1',
      '10.0.0.66 10.1.0.1 17 6 1 1 0 0',
      '10.0.0.66 10.1.0.1 17 7 1 0 0 0',
      '10.0.0.66 10.1.0.1 6 8 1 1 0 1',
      '10.0.0.66 10.1.0.1 6 9 1 1 0 1',
    ],
  );
  t.same([Number(rows[0]?.begun), Number(rows[0]?.ended)], [at('12:00:00'), at('12:00:05')]);
});
