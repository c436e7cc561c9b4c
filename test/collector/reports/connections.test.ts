import t from 'tap';
import type { CompiledFilter } from '../../../collector/filter/compiled-filter.ts';
import { connections } from '../../../collector/reports/connections.ts';
import { insertConnections } from '../../../collector/rollup/connections.ts';
import { type AskLedger, startAskLedger } from '../../support/ask-ledger.ts';
import { clock, natEvent, natFlow, natNow } from '../../support/nat-ask-ledger.ts';

const server = '19.1.16.7 443';
const nowMicros = natNow - 9.5 * 3600e6;

/** What the tests need of a filter, without its language. */
const filterOf = (text: string): CompiledFilter => {
  const [column = '', value = ''] = text.split('=');
  return {
    sql: (columnSql = (name) => name) => `${columnSql(column)} = {f0:UInt64}`,
    params: { f0: Number(value) },
    columns: new Set([column]),
    text,
  };
};

const start = async (t: Parameters<typeof startAskLedger>[0]): Promise<AskLedger> => {
  const ledger = await startAskLedger(t, { nowMicros, compileFilter: filterOf });
  // 0.0.0.0: the destination is not translated.
  const open = { src: '192.168.1.8 1111', dst: server, postSrc: '1.2.3.4 2001', postDst: '0.0.0.0' };
  const interim = { record_kind: 'interim', flow_id: '900', end_reason: 2, vrf_in: 7, tcp_flags: 2 };
  await ledger.insert([
    // Goes on: 14:00 to, so far, 14:20.
    natFlow({
      from: '14:00:00',
      to: '14:10:00',
      ...open,
      more: { ...interim, total_bytes: 5000, reverse_total_bytes: 9000 },
    }),
    natFlow({
      from: '14:00:00',
      to: '14:20:00',
      ...open,
      more: { ...interim, total_bytes: 6000, reverse_total_bytes: 11_000 },
    }),
    // Has ended: 14:05 to 14:06.
    natFlow({
      from: '14:05:00',
      to: '14:05:30',
      src: '192.168.1.9 2222',
      dst: server,
      more: { ...interim, flow_id: '901' },
    }),
    natFlow({
      from: '14:05:00',
      to: '14:06:00',
      src: '192.168.1.9 2222',
      dst: server,
      more: { flow_id: '901', end_reason: 3 },
    }),
    // Has only begun.
    natEvent(0, {
      from: '14:29:00',
      src: 'fd00::5 3333',
      dst: '2001:db8::9 53',
      more: { proto: 17, firewall_event: 1, flow_id: '902' },
    }),
    // A server behind DNAT.
    natFlow({
      ...{
        from: '14:15:00',
        to: '14:25:00',
        src: '8.8.4.4 1000',
        dst: '1.2.3.5 443',
        postDst: '172.16.0.1 8443',
      },
      more: { ...interim, flow_id: '903', vrf_in: 0 },
    }),
    // A router's flow is no connection.
    natFlow({ from: '14:00:00', to: '14:20:00', src: '192.168.1.10 1', dst: server }),
  ]);
  return ledger;
};

const port = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map(({ src_port }) => src_port);

t.test('the table of connections', async (t) => {
  const ledger = await start(t);
  const check = async (): Promise<void> => {
    const rows = await ledger.rows(connections);
    t.same(port(rows), [3333, 1000, 1111], 'those that are open, the newest first');
    t.match(rows[2], {
      ...{
        since: '2026-11-20T14:00:00Z',
        duration: 1800,
        proto: 6,
        src_addr: '192.168.1.8',
        dst_addr: '19.1.16.7',
      },
      ...{
        dst_port: 443,
        nat_source: '1.2.3.4:2001',
        nat_destination: '',
        state: 'open',
        idle: 600,
        zone: 7,
      },
      ...{ bytes: 6000, reverse_bytes: 11_000, packets: 20, reverse_packets: 40, exporter: '10.0.0.1' },
    });
    t.match(rows[1], {
      nat_source: '',
      nat_destination: '172.16.0.1:8443',
      bytes: 1000,
      reverse_bytes: 2000,
    });
    t.match(rows[0], { src_addr: 'fd00::5', state: 'new', proto: 17, bytes: 0, duration: 60 });
    const all = await ledger.rows(connections, { options: { all: true } });
    t.same(port(all), [3333, 1000, 2222, 1111]);
    t.match(all[2], { state: 'closed', duration: 60, idle: null, bytes: 2000 });
    t.same(
      port(await ledger.rows(connections, { last: '7m' })),
      [3333, 1000],
      'heard of in the last minutes',
    );
    t.same(port(await ledger.rows(connections, { filter: 'proto=17' })), [3333]);
    t.same(port(await ledger.rows(connections, { filter: 'service=443' })), [1000, 1111]);
    const { err } = await ledger.run(connections, { limit: 1, layout: 'csv' });
    const { out } = await ledger.run(connections, { layout: 'table' }, { columns: 200 });
    t.match(out, /tcp +192\.168\.1\.8:1111 +19\.1\.16\.7:443 +1\.2\.3\.4:2001/);
    t.match(out, /\[fd00::5\]:3333 +\[2001:db8::9\]:53/);
    t.match(err, /3 connections in all, 1 of them shown/);
  };
  await t.test('out of flows', check);
  // It would forget them, a day after they were last seen.
  await ledger.store.client.command({ query: 'ALTER TABLE connections REMOVE TTL' });
  const until = clock('14:12:00');
  await ledger.store.client.command({
    query: insertConnections,
    query_params: { collector: 'here', from: 0, until },
  });
  await ledger.insert([{ rollup: 'connections', collector: 'here', since: 0, until }], 'rollups');
  await t.test('out of the table, and what came since', check);
  await ledger.store.client.command({
    query: "ALTER TABLE flows DELETE WHERE received < '2026-11-20 14:12:00' SETTINGS mutations_sync = 2",
  });
  await t.test('when flows has forgotten', check);
});

t.test('states', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros, compileFilter: filterOf });
  const flags = { fin: 1, syn: 2, rst: 4, ack: 16 };
  const event = (src_port: number, more: object) =>
    natEvent(0, {
      ...{ from: '14:29:00', src: `192.168.1.8 ${src_port}`, dst: server },
      more: { flow_id: String(src_port), ...more },
    });
  const open = flags.syn | flags.ack;
  await ledger.insert([
    event(1, { firewall_event: 1, tcp_flags: flags.syn }),
    event(2, { firewall_event: 5, tcp_flags: open, reverse_tcp_flags: open }),
    event(3, { firewall_event: 5, tcp_flags: open | flags.fin, reverse_tcp_flags: open }),
    event(4, { firewall_event: 5, tcp_flags: open, reverse_tcp_flags: open | flags.rst }),
    event(5, { firewall_event: 2, tcp_flags: open | flags.fin }),
    // Of other protocols, that octet is no flags.
    event(6, { firewall_event: 5, tcp_flags: flags.fin, proto: 17 }),
    // In one datagram, in any order of storing.
    event(7, { firewall_event: 5, tcp_flags: open }),
    event(7, { firewall_event: 1, tcp_flags: flags.syn }),
    event(8, { firewall_event: 2, tcp_flags: open }),
    event(8, { firewall_event: 5, tcp_flags: open }),
  ]);
  const rows = await ledger.rows(connections, { options: { all: true } });
  const states = {
    1: 'new',
    2: 'open',
    3: 'closing',
    4: 'closing',
    5: 'closed',
    6: 'open',
    7: 'open',
    8: 'closed',
  };
  t.same(Object.fromEntries(rows.map(({ src_port, state }) => [src_port, state])), states);
  await ledger.store.client.command({ query: 'ALTER TABLE connections REMOVE TTL' });
  await ledger.store.client.command({
    query: insertConnections,
    query_params: { collector: 'here', from: 0, until: nowMicros },
  });
  await ledger.insert([{ rollup: 'connections', collector: 'here', since: 0, until: nowMicros }], 'rollups');
  const fromTable = await ledger.rows(connections, { options: { all: true } });
  t.same(Object.fromEntries(fromTable.map(({ src_port, state }) => [src_port, state])), states);
});

t.test('a time in the past', async (t) => {
  const ledger = await start(t);
  const at = (time: string, more = {}) =>
    ledger.rows(connections, { options: { at: `2026-11-20 ${time}` }, ...more });
  const then = await at('14:05:45');
  t.same(port(then), [2222, 1111]);
  t.match(then[1], { bytes: 5000, duration: 345, since: '2026-11-20T14:00:00Z' }, 'as the next record tells');
  t.match(then[0], { bytes: 1000, state: 'open' });
  t.same(port(await at('14:18:00')), [1000, 1111]);
  t.same(port(await at('14:18:00', { filter: 'dst_port=443' })), [1000, 1111]);
  t.same(port(await at('13:59:59')), []);
});

t.test('what makes no sense', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros, compileFilter: filterOf });
  const refuses = (request: Parameters<AskLedger['run']>[1], message: RegExp) =>
    t.rejects(ledger.run(connections, request), { name: 'ConfigError', message });
  await refuses({ options: { at: 'teatime' } }, /--at teatime: not a time/);
  await refuses({ options: { at: 'now', all: true } }, /give one of them/);
  await refuses({ options: { at: 'now' }, from: '2026-11-20 10:00' }, /--at is one moment/);
  await refuses({ options: { at: 'now' }, last: '5m' }, /none of --from, --to and --last/);
  await refuses({ filter: 'tos=1' }, /--filter: tos: not known of connections/);
});
