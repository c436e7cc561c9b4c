import t from 'tap';
import {
  chosenRows,
  conversationRows,
  countConversations,
  evidence,
} from '../../../collector/reports/conversation-sql.ts';
import { type FlowRow, startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { at, nowMicros, protocols, tcpFlags } from '../../support/question-ledger.ts';

const { syn, ack, rst, fin, push } = tcpFlags;
const { used, attempt, asked, reply, refusal, notice } = evidence;
const { tcp, udp, icmp, icmp6 } = protocols;

interface Case {
  readonly what: string;
  readonly row: FlowRow;
  /** 1: the source. */
  readonly began: 0 | 1;
  readonly evidence: number;
}

const ports = (src_port: number, dst_port: number): FlowRow => ({ src_port, dst_port });
const cases: readonly Case[] = [
  {
    what: 'a biflow',
    row: { proto: tcp, ...ports(40000, 443), tcp_flags: syn | ack, reverse_packets: 3 },
    began: 1,
    evidence: used,
  },
  {
    what: 'a biflow to a higher port',
    row: { proto: udp, ...ports(53, 40000), reverse_packets: 3 },
    began: 1,
    evidence: used,
  },
  {
    what: 'a biflow that is silent just now',
    row: { proto: udp, ...ports(40000, 53), reverse_total_packets: 3 },
    began: 1,
    evidence: used,
  },
  {
    what: 'a biflow that was refused',
    row: {
      proto: tcp,
      ...ports(40000, 443),
      tcp_flags: syn,
      reverse_packets: 1,
      reverse_tcp_flags: rst | ack,
    },
    began: 1,
    evidence: attempt,
  },
  { what: 'a SYN', row: { proto: tcp, ...ports(443, 40000), tcp_flags: syn }, began: 1, evidence: attempt },
  {
    what: 'a SYN, then RST: half open',
    row: { proto: tcp, ...ports(40000, 443), tcp_flags: syn | rst },
    began: 1,
    evidence: attempt,
  },
  {
    what: 'a sampled SYN',
    row: { proto: tcp, ...ports(40000, 443), tcp_flags: syn, sampling_rate: 100 },
    began: 1,
    evidence: asked,
  },
  {
    what: 'the half from the client',
    row: { proto: tcp, ...ports(40000, 443), tcp_flags: syn | ack | push | fin },
    began: 1,
    evidence: used,
  },
  {
    what: 'the half from the server',
    row: { proto: tcp, ...ports(443, 40000), tcp_flags: syn | ack | push | fin },
    began: 0,
    evidence: reply,
  },
  {
    what: 'a refusal',
    row: { proto: tcp, ...ports(50000, 40000), tcp_flags: rst | ack },
    began: 0,
    evidence: refusal,
  },
  {
    what: 'a SYN+ACK, and no more',
    row: { proto: tcp, ...ports(443, 40000), tcp_flags: syn | ack },
    began: 0,
    evidence: refusal,
  },
  { what: 'TCP without flags', row: { proto: tcp, ...ports(40000, 443) }, began: 1, evidence: asked },
  { what: 'two high ports', row: { proto: udp, ...ports(51820 - 1, 40001) }, began: 1, evidence: asked },
  {
    what: 'two high ports, back',
    row: { proto: udp, ...ports(40001, 51820 - 1) },
    began: 0,
    evidence: reply,
  },
  { what: 'two services', row: { proto: udp, ...ports(9000, 53) }, began: 1, evidence: asked },
  { what: 'a ping', row: { proto: icmp, icmp_type_code: 8 * 256 }, began: 1, evidence: asked },
  { what: 'a ping of NetFlow v5', row: { proto: icmp, dst_port: 8 * 256 }, began: 1, evidence: asked },
  { what: 'its answer', row: { proto: icmp, icmp_type_code: 0 }, began: 0, evidence: reply },
  { what: 'unreachable', row: { proto: icmp, icmp_type_code: 3 * 256 + 3 }, began: 1, evidence: notice },
  { what: 'a ping over IPv6', row: { proto: icmp6, icmp_type_code: 128 * 256 }, began: 1, evidence: asked },
  {
    what: 'its answer over IPv6',
    row: { proto: icmp6, icmp_type_code: 129 * 256 },
    began: 0,
    evidence: reply,
  },
  {
    what: 'neighbour discovery',
    row: { proto: icmp6, icmp_type_code: 135 * 256 },
    began: 1,
    evidence: notice,
  },
  { what: 'equal ports, by address', row: { proto: udp, ...ports(123, 123) }, began: 1, evidence: asked },
  {
    what: 'said by the exporter',
    row: { proto: udp, ...ports(40000, 53), biflow_direction: 2 },
    began: 0,
    evidence: reply,
  },
];

t.test('rows as conversations', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, groups: ['nat', 'aggregate'] });
  const rules = { hasNat: true, hasAggregate: true, settings: '' };
  const params = {
    from: at('12:00:00'),
    to: at('13:00:00'),
    from_second: at('12:00:00') / 1e6,
    to_second: at('13:00:00') / 1e6,
  };
  const ask = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await ledger.store.client.query({ query: sql, query_params: params, format: 'JSONEachRow' })).json();
  const put = async (rows: readonly FlowRow[]): Promise<void> => {
    await ledger.store.client.command({ query: 'TRUNCATE TABLE flows' });
    await ledger.insert(rows);
  };
  const flow: FlowRow = {
    record_kind: 'flow',
    src_addr: '::ffff:10.0.0.1',
    dst_addr: '::ffff:10.0.0.2',
    packets: 1,
    bytes: 100,
  };
  const rowsSql = conversationRows({ rules, filter: undefined, where: '1' });

  await t.test('who began, and what it proves', async (t) => {
    // Each is told from the others by its time.
    const time = (i: number): string => `2026-11-20 12:00:${String(i).padStart(2, '0')}`;
    await put(cases.map(({ row }, i) => ({ ...flow, flow_start: time(i), flow_end: time(i), ...row })));
    const found = await ask(`SELECT * FROM (${rowsSql}) ORDER BY begun`);
    t.equal(found.length, cases.length);
    for (const [i, { what, began, evidence }] of cases.entries())
      t.match(found[i], { began, evidence }, what);
  });

  await t.test('both ends, before and behind translation, from both halves', async (t) => {
    const time = {
      flow_start: '2026-11-20 12:00:00',
      flow_end: '2026-11-20 12:00:00',
      proto: tcp,
      tcp_flags: syn | ack | fin,
    };
    await put([
      {
        ...flow,
        ...time,
        dst_addr: '::ffff:192.0.2.1',
        ...ports(40000, 443),
        post_nat_dst_addr: '::ffff:10.1.0.9',
        post_nat_dst_port: 8443,
        post_nat_src_addr: '::ffff:10.0.0.1',
      },
      {
        ...flow,
        ...time,
        src_addr: '::ffff:10.1.0.9',
        dst_addr: '::ffff:10.0.0.1',
        ...ports(8443, 40000),
        post_nat_src_addr: '::ffff:192.0.2.1',
        post_nat_src_port: 443,
        // As exporters say that it was not translated.
        post_nat_dst_addr: '::ffff:0.0.0.0',
      },
    ]);
    const ends = {
      client: '::ffff:10.0.0.1',
      client_port: 40000,
      asked: '::ffff:192.0.2.1',
      asked_port: 443,
      server: '::ffff:10.1.0.9',
      server_port: 8443,
    };
    const found = await ask(`SELECT * FROM (${rowsSql}) ORDER BY up_bytes DESC`);
    t.match(found, [
      { ...ends, up_bytes: 100, down_bytes: 0 },
      { ...ends, up_bytes: 0, down_bytes: 100 },
    ]);
  });

  await t.test('what lies in the range, sampled counters scaled up', async (t) => {
    const counted = { proto: udp, ...ports(40000, 53), bytes: 900, reverse_bytes: 300, reverse_packets: 3 };
    await put([
      // A third of it; all; none, because it ended before; and none of an event.
      { ...flow, ...counted, flow_start: '2026-11-20 11:58:00', flow_end: '2026-11-20 12:01:00' },
      {
        ...flow,
        ...counted,
        flow_start: '2026-11-20 12:58:00',
        flow_end: '2026-11-20 13:01:00',
        sampling_rate: 10,
      },
      { ...flow, ...counted, flow_start: '2026-11-20 11:58:00', flow_end: '2026-11-20 11:59:59' },
      { ...flow, ...counted, flow_start: '2026-11-20 13:00:00', flow_end: '2026-11-20 13:00:01' },
      {
        ...flow,
        ...counted,
        flow_start: '2026-11-20 12:30:00',
        flow_end: '2026-11-20 12:30:00',
        record_kind: 'event',
      },
    ]);
    const found = await ask(`SELECT * FROM (${rowsSql}) ORDER BY begun`);
    t.match(found, [
      { up_bytes: 300, down_bytes: 100 },
      { up_bytes: 6000, down_bytes: 2000 },
    ]);
    t.equal(found.length, 2);
  });

  await t.test('answered and not', async (t) => {
    const time = { flow_start: '2026-11-20 12:00:00', flow_end: '2026-11-20 12:00:00', proto: udp };
    const there = { ...flow, ...time, dst_port: 53 };
    const back = {
      ...flow,
      ...time,
      src_addr: flow.dst_addr,
      dst_addr: flow.src_addr,
      src_port: 53,
    } as FlowRow;
    const open = { record_kind: 'interim', proto: tcp, dst_port: 22, tcp_flags: syn | ack };
    await put([
      ...[1, 2, 3].map((i) => ({ ...there, src_port: 40000 + i })),
      ...[1, 2].map((i) => ({ ...back, dst_port: 40000 + i })),
      ...[1, 2, 3].map(() => ({ ...there, ...open, src_port: 40009 })),
    ]);
    const counts = countConversations({
      keys: { client: 'client', asked_port: 'asked_port' },
      sums: 'count() AS rows',
      rows: rowsSql,
    });
    t.match(await ask(`SELECT * FROM (${counts}) ORDER BY asked_port`), [
      { asked_port: 22, flows: 1, attempts: 0, rows: 3 },
      { asked_port: 53, flows: 2, attempts: 1, rows: 5 },
    ]);
  });
});

t.test('a filter on the service', (t) => {
  const filter = {
    sql: (column = (name: string) => name) => `${column('service')} = {f0:UInt16}`,
    params: {},
    columns: new Set(['service']),
    text: '',
  };
  t.match(chosenRows('1', filter), /AND \(if\(proto NOT IN .* = \{f0:UInt16\}\)/s);
  t.equal(chosenRows('1', undefined), "record_kind != 'event' AND 1");
  t.end();
});
