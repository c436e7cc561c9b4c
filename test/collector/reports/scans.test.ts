import t from 'tap';
import { scans } from '../../../collector/reports/scans.ts';
import { type FlowRow, startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import {
  biflow,
  halves,
  nowMicros,
  ping,
  protocols,
  refused,
  tcpFlags,
  unanswered,
} from '../../support/question-ledger.ts';

const many = <Made>(count: number, make: (i: number) => Made): Made[] =>
  Array.from({ length: count }, (_, i) => make(i));
const host = (net: string, i: number): string => `${net}.${Math.floor(i / 250)}.${1 + (i % 250)}`;
const from = '23:30:00';
/** Nothing but the handshake and the end of it, or less. */
const empty = {
  packets: 4,
  bytes: 216,
  reverse_packets: 3,
  reverse_bytes: 164,
  tcp_flags: tcpFlags.syn | tcpFlags.ack | tcpFlags.fin,
};

t.test('scans', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, groups: ['nat', 'aggregate'] });
  const found = async (
    rows: readonly FlowRow[],
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<string[]> => {
    await ledger.store.client.command({ query: 'TRUNCATE TABLE flows' });
    await ledger.insert(rows);
    const { status, err } = await ledger.run(scans, { options });
    t.equal(status, 0, err);
    const shown = await ledger.rows(scans, { options });
    return shown.map((r) =>
      [r.scan, r.scanner, r.proto, r.hosts, r.ports, r.attempts, Number(r.answered).toFixed(2)].join(' '),
    );
  };

  await t.test('many ports of a host: no answer, or refused', async (t) => {
    const rows = many(150, (i) => {
      const talk = { from, client: '10.0.0.66', server: '10.1.0.1', port: 1 + i };
      return i % 10 === 0 ? biflow(talk) : i % 2 ? unanswered(talk) : refused(talk);
    });
    t.same(await found(rows), ['vertical 10.0.0.66 6 1 135 150 0.10']);
    t.same(await found(rows, { ports: 200 }), []);
    const [row] = await ledger.rows(scans);
    t.match((await ledger.run(scans, { limit: 1 })).err, 'rows 1 to 1: there may be more');
    t.notMatch((await ledger.run(scans, { limit: 2 })).err, 'there may be more');
    t.same(row?.examples, ['10.1.0.1:10', '10.1.0.1:100', '10.1.0.1:102']);
  });

  await t.test('what it found open', async (t) => {
    const open = { reverse_tcp_flags: tcpFlags.syn | tcpFlags.ack };
    const rows = many(150, (i) =>
      refused({ from, client: '10.0.0.66', server: '10.1.0.1', port: 1 + i, more: i === 21 ? open : {} }),
    );
    t.same(await found(rows), ['vertical 10.0.0.66 6 1 150 150 0.00']);
    t.same((await ledger.rows(scans))[0]?.open, ['10.1.0.1:22']);
  });

  await t.test('a connect scan, which is answered and says nothing', async (t) => {
    const rows = many(120, (i) =>
      biflow({ from, client: '10.0.0.66', server: '10.1.0.1', port: 1 + i, more: empty }),
    );
    t.same(await found(rows), ['vertical 10.0.0.66 6 1 120 120 0.00']);
  });

  await t.test('one port of many hosts, as routers tell it', async (t) => {
    const rows = many(60, (i) => [
      unanswered({ from, client: '10.0.0.66', server: host('10.2', i), port: 445 }),
      // The refusals that come back are no scan of the refusing hosts.
      ...(i % 3 === 0
        ? [
            unanswered({
              from,
              client: host('10.2', i),
              clientPort: 445,
              server: '10.0.0.66',
              port: 40000,
              more: { tcp_flags: tcpFlags.rst | tcpFlags.ack },
            }),
          ]
        : []),
    ]).flat();
    t.same(await found(rows), ['horizontal 10.0.0.66 6 60 1 60 0.00']);
  });

  await t.test('UDP from the port of a service, IPv6, and ICMP', async (t) => {
    t.same(
      await found(
        many(130, (i) =>
          unanswered({
            from,
            client: '2001:db8::66',
            clientPort: 53,
            server: '2001:db8::1',
            port: 1000 + i,
            proto: protocols.udp,
          }),
        ),
      ),
      ['vertical 2001:db8::66 17 1 130 130 0.00'],
    );
    const pings = many(80, (i) =>
      ping({ from, client: '10.0.0.66', server: host('10.2', i) }).slice(0, i % 4 === 0 ? 2 : 1),
    ).flat();
    t.same(await found(pings), ['horizontal 10.0.0.66 1 60 0 80 0.25']);
  });

  await t.test('much of both is one sweep', async (t) => {
    const rows = many(60, (h) =>
      many(110, (p) => unanswered({ from, client: '10.0.0.66', server: host('10.2', h), port: 1 + p })),
    ).flat();
    t.same(await found(rows), ['sweep 10.0.0.66 6 60 110 6600 0.00']);
  });

  await t.test('an aggregated record stands for many hosts', async (t) => {
    const talk = {
      from,
      client: '10.0.0.66',
      clientPort: 0,
      server: '10.2.0.0',
      port: 445,
      more: { distinct_dst: 200 },
    };
    t.same(await found([unanswered(talk)]), ['horizontal 10.0.0.66 6 200 1 1 0.00']);
    t.same(await found([{ ...unanswered(talk), distinct_dst: 20 }]), []);
  });

  await t.test('no scanners: who is answered', async (t) => {
    const udp = protocols.udp;
    const innocent: Readonly<Record<string, readonly FlowRow[]>> = {
      // One in thirty of a proxy's servers is down.
      proxy: many(3000, (i) =>
        (i % 30 ? biflow : unanswered)({ from, client: '10.0.0.10', server: host('20.1', i), port: 443 }),
      ),
      'proxy, by two rows': many(300, (i) =>
        halves({ from, client: '10.0.0.10', server: host('20.1', i), port: 443 }),
      ).flat(),
      resolver: many(2000, (i) =>
        i % 20
          ? halves({
              from,
              client: '10.0.0.53',
              clientPort: 1024 + i,
              server: host('20.2', i),
              port: 53,
              proto: udp,
            })
          : [unanswered({ from, client: '10.0.0.53', server: host('20.2', i), port: 53, proto: udp })],
      ).flat(),
      'resolver, from its clients': many(500, (i) =>
        halves({
          from,
          client: host('10.3', i),
          clientPort: 1024 + i,
          server: '10.0.0.53',
          port: 53,
          proto: udp,
        }),
      ).flat(),
      'one client of a resolver': many(500, (i) =>
        halves({ from, client: '10.3.0.1', clientPort: 1024 + i, server: '10.0.0.53', port: 53, proto: udp }),
      ).flat(),
      gateway: many(400, (i) =>
        halves({
          from,
          client: '192.0.2.1',
          clientPort: 20_000 + i,
          server: host('20.3', i),
          port: 80 + (i % 300),
        }),
      ).flat(),
      'monitoring by ping': many(200, (i) =>
        ping({ from, client: '10.0.0.9', server: host('10.4', i) }),
      ).flat(),
      'monitoring by connecting': many(200, (i) =>
        biflow({ from, client: '10.0.0.9', server: host('10.4', i), port: 22, more: empty }),
      ),
      'web client': many(500, (i) =>
        biflow({ from, client: '10.0.0.20', clientPort: 30_000 + i, server: '20.5.0.1', port: 443 }),
      ),
      'web server': many(500, (i) =>
        halves({ from, client: host('10.3', i), clientPort: 30_000 + i, server: '20.5.0.1', port: 443 }),
      ).flat(),
      // Half of those whom it asks are gone.
      'file sharing': many(400, (i) =>
        (i % 2 ? halves : (talk: Parameters<typeof halves>[0]) => [unanswered(talk)])({
          from,
          client: '10.0.0.30',
          clientPort: 6881,
          server: host('20.6', i),
          port: 10_000 + i,
          proto: udp,
        }),
      ).flat(),
      'a dead server': many(500, (i) =>
        unanswered({ from, client: '10.0.0.40', clientPort: 30_000 + i, server: '10.1.0.9', port: 5432 }),
      ),
      announcements: many(500, (i) =>
        unanswered({
          from,
          client: '10.0.0.50',
          clientPort: 1900,
          server: `239.255.255.${i % 250}`,
          port: 1900 + i,
          proto: udp,
        }),
      ),
      sampled: many(300, (i) =>
        unanswered({
          from,
          client: '10.0.0.60',
          server: host('20.7', i),
          port: 53,
          proto: udp,
          more: { sampling_rate: 1000 },
        }),
      ),
      // A web client, of whose connections one packet in a thousand was looked at: seldom the SYN.
      'sampled TCP': many(600, (i) =>
        unanswered({
          from,
          client: '10.0.0.60',
          server: host('20.7', i),
          port: 443,
          more: { sampling_rate: 1000, tcp_flags: i % 10 ? 16 : 2 },
        }),
      ),
    };
    for (const [who, rows] of Object.entries(innocent)) t.same(await found(rows), [], who);
  });

  await t.test('no data', async (t) => {
    t.same(await found([]), []);
    const { err } = await ledger.run(scans);
    t.match(err, 'there is no data in the ledger yet');
    t.match(err, 'Looked for: who tried 100 ports of a host, or 50 hosts, and got nowhere.');
  });

  await t.test('another time', async (t) => {
    const rows = many(150, (i) =>
      unanswered({ from: '20:00:00', client: '10.0.0.66', server: '10.1.0.1', port: 1 + i }),
    );
    t.same(await found(rows), [], 'the last hour is asked for');
    t.match((await ledger.run(scans, { last: '6h' })).out, '"scan":"vertical"');
    t.throws(() => scans.options[0]?.parse?.('1'), { message: /--ports 1: a whole number/ });
  });
});
