import t from 'tap';
import { compileFilter } from '../../../collector/filter/compile-filter.ts';
import { flows } from '../../../collector/reports/flows.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const nowMicros = Date.parse('2026-11-21T14:00:00Z') * 1000;
const day = '2026-11-21';
const fields = (text: string) => ({
  options: { fields: flows.options.find(({ flags }) => flags.startsWith('--fields'))?.parse?.(text) },
});

const web = {
  ...{ flow_start: `${day} 13:59:00.250`, flow_end: `${day} 13:59:01.500`, exporter: '::ffff:192.0.2.1' },
  ...{ src_addr: '::ffff:10.0.0.5', dst_addr: '2001:db8::80', src_port: 40000, dst_port: 443, proto: 6 },
  ...{ tcp_flags: 27, bytes: 1500, packets: 3, in_if: 3, out_if: 4 },
};
const sampled = {
  ...{
    received: `${day} 13:58:00.5`,
    time: `${day} 13:58:00`,
    time_source: 'received',
    sampling_rate: 100,
    bytes: 40,
  },
  ...{ packets: 2, src_addr: '::ffff:10.0.0.6', dst_addr: '::ffff:192.0.2.53', dst_port: 53, proto: 17 },
};
const translated = {
  ...{
    flow_start: `${day} 13:57:00`,
    flow_end: `${day} 13:57:00`,
    record_kind: 'event',
    proto: 6,
    dst_port: 80,
  },
  ...{
    src_addr: '::ffff:10.0.0.7',
    src_port: 5000,
    post_nat_src_addr: '::ffff:198.51.100.7',
    post_nat_src_port: 53500,
  },
  ...{ dst_addr: '::ffff:192.0.2.80', post_nat_dst_addr: '::ffff:192.0.2.80', post_nat_dst_port: 80 },
};
const long = { ...web, flow_start: `${day} 13:00:00`, flow_end: `${day} 13:50:00`, src_port: 40001 };
const before = { ...web, flow_start: `${day} 12:00:00`, flow_end: `${day} 12:00:01` };

t.test('records, newest first', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, compileFilter });
  await ledger.insert([before, long, web, sampled, translated]);
  const names = { exporter: '::ffff:192.0.2.1', domain: 0, seen: `${day} 13:00:00` };
  await ledger.insert([{ ...names, interface: 3, name: 'Gi0/3' }], 'interfaces');
  const rows = await ledger.rows(flows);
  t.match(rows, [
    {
      ...{ time: '2026-11-21T13:59:01.5Z', duration: 1.25, proto: 6, src_addr: '10.0.0.5', src_port: 40000 },
      ...{
        dst_addr: '2001:db8::80',
        dst_port: 443,
        nat_src_addr: null,
        bytes: 1500,
        packets: 3,
        tcp_flags: 27,
      },
      ...{
        in_if: 3,
        in_name: 'Gi0/3',
        out_if: 4,
        out_name: null,
        exporter: '192.0.2.1',
        sampling_rate: 1,
        kind: 'flow',
        icmp: null,
      },
    },
    {
      time: '2026-11-21T13:58:00Z',
      duration: null,
      bytes: 4000,
      packets: 200,
      sampling_rate: 100,
      kind: 'flow',
    },
    {
      kind: 'event',
      nat_src_addr: '198.51.100.7',
      nat_src_port: 53500,
      nat_dst_addr: null,
      nat_dst_port: null,
    },
    { src_port: 40001, duration: 3000 },
  ]);
  t.equal(rows.length, 4, 'what ended before is not in the range');
  t.match(
    await ledger.rows(flows, { from: '13:20', to: '13:30' }),
    [{ src_port: 40001 }],
    'what covers the range',
  );
  t.match(await ledger.rows(flows, { filter: 'dst port 53' }), [{ dst_port: 53 }]);
  t.match(
    await ledger.rows(flows, { filter: 'bytes < 100' }),
    [{ dst_port: 53 }, { kind: 'event' }],
    'as it is stored',
  );
  const { err } = await ledger.run(flows);
  t.match(err, 'packets and bytes are estimates where packets are sampled: what was counted x 100');
});

t.test('pages, columns of the table, tables for people', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, groups: [], compileFilter });
  await ledger.insert([long, web, sampled]);
  t.match(
    await ledger.rows(flows, { limit: 1, page: 2 }),
    [{ dst_port: 53 }],
    'a ledger without columns of NAT',
  );
  t.match(
    (await ledger.run(flows, { limit: 1, page: 2 })).err,
    'rows 2 to 2, newest first; older ones with --page 3',
  );
  t.match((await ledger.run(flows, { limit: 3, page: 2 })).err, 'there is no page 2');
  t.same(await ledger.rows(flows, { limit: 1, ...fields('time,src_addr,record_kind,bytes,flow_start') }), [
    {
      ...{ time: '2026-11-21T13:59:01Z', src_addr: '10.0.0.5', record_kind: 'flow', bytes: 1500 },
      flow_start: '2026-11-21T13:59:00.25Z',
    },
  ]);
  await t.rejects(ledger.rows(flows, fields('ct_mark')), {
    message:
      '--fields: ct_mark is not stored; it needs the column group nat: start the collector with --columns nat',
  });
  t.throws(() => fields('nonsense'), {
    message: /^--fields: there is no column nonsense; there are received, time,/,
  });
  const { out } = await ledger.run(flows, { layout: 'table', limit: 1 }, { columns: 150 });
  t.equal(
    out.split('\n').slice(0, 3).join('\n'),
    `end                      proto  source          destination            bytes  packets  duration  flags     in  out  exporter
-----------------------  -----  --------------  ------------------  --------  -------  --------  --------  --  ---  ---------
2026-11-21 13:59:01.500  tcp    10.0.0.5:40000  [2001:db8::80]:443  1.46 KiB        3    1.25 s  ...AP.SF  3   4    192.0.2.1`,
  );
});

t.test('ICMP, what was not translated, and little room', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const ping = { ...web, proto: 1, dst_addr: '::ffff:10.0.0.9', src_port: 0, dst_port: 2048, tcp_flags: 0 };
  const none = { post_nat_src_addr: '::ffff:0.0.0.0', post_nat_dst_addr: '::ffff:0.0.0.0' };
  await ledger.insert([{ ...ping, ...none }]);
  t.match(await ledger.rows(flows), [
    { dst_port: 0, icmp: '8/0', icmp_name: 'echo request', nat_src_addr: null, nat_dst_addr: null },
  ]);
  const table = async (columns: number): Promise<string> =>
    (await ledger.run(flows, { layout: 'table' }, { columns })).out;
  t.match(await table(200), /10\.0\.0\.5 +10\.0\.0\.9 +1.46 KiB +echo request/);
  await ledger.store.client.command({ query: 'TRUNCATE TABLE flows' });
  const nat = { post_nat_src_addr: '::ffff:198.51.100.7', post_nat_src_port: 53500, reverse_bytes: 2048 };
  await ledger.insert([{ ...web, ...nat, dst_addr: '::ffff:203.0.113.80' }]);
  const narrow = await table(80);
  t.match(narrow, /^end +proto +source +destination +bytes +bytes back/);
  t.match(narrow, /not shown for want of room: .*source becomes.*duration/);
});
