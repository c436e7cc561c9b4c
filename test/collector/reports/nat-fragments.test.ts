import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { natFragments } from '../../../collector/reports/nat-fragments.ts';
import type { NatFragment } from '../../../collector/reports/nat-sessions.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { clock, fillNatLog, natEvent, natFlow, natNow } from '../../support/nat-ask-ledger.ts';

const dst = '19.1.16.7 443';
const choice = {
  where: 'public_addr = {public:IPv6}',
  flowsWhere: { snat: 'post_nat_src_addr = {public:IPv6}', dnat: 'dst_addr = {public:IPv6}' },
  orderBy: 'started',
  params: { public: '::ffff:1.2.3.4' },
};

t.test('each record once, from nat_log or from flows', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: natNow });
  const ask = async () => {
    const view = openLedger(ledger.store.client, { nowMicros: natNow, zone: 'UTC' });
    const made = await natFragments(view, choice);
    const rows = await view.ask<NatFragment>(made.query);
    return { ...made, ports: rows.map(({ first_port }) => first_port).join(' '), rows };
  };
  const flow = (from: string, port: number, more = {}) =>
    natFlow({ from, src: '192.168.1.5 5000', dst, postSrc: `1.2.3.4 ${port}`, more });
  await ledger.insert([
    flow('10:00:00', 1),
    flow('10:00:20', 2),
    flow('10:00:30', 3, { collector: 'other' }),
  ]);
  const before = await ask();
  t.equal(before.ports, '1 2 3', 'nothing is in nat_log yet');
  t.match(before, { source: 'flows', table: 'flows' });

  await fillNatLog(ledger, clock('10:00:10'));
  const { ports, source } = await ask();
  t.equal(ports, '1 2 3', 'some are, of one collector');
  t.equal(source, 'nat_log, received until 2026-11-20 10:00:10, and flows from then on');
  await ledger.insert(
    [{ public_addr: '::ffff:1.2.3.4', first_port: 2, collector: 'here', received: '2026-11-20 10:00:20' }],
    'nat_log',
  );
  t.equal((await ask()).ports, '1 2 3', 'a window that was written since the progress was read');
  await ledger.store.client.command({ query: 'TRUNCATE TABLE flows' });
  const after = await ask();
  t.equal(after.ports, '1', 'flows forgets, nat_log does not');
  t.equal(after.table, 'nat_log', 'whose data reach back further');
});

t.test('what a record is', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: natNow });
  const src = '192.168.1.5 5000';
  const tell = { src, dst, postSrc: '1.2.3.4 1' };
  await ledger.insert([
    natEvent(4, { from: '10:00:00', ...tell }),
    // Towards anybody, as NAT of IPv4 says it.
    natEvent(5, { from: '10:00:01', ...tell, dst: '0.0.0.0' }),
    natFlow({ from: '10:00:02', ...tell, more: { sampling_rate: 10, total_bytes: 5000 } }),
    natFlow({ from: '10:00:03', ...tell, more: { record_kind: 'interim', flow_id: '18446744073709551615' } }),
    natEvent(0, { from: '10:00:04', ...tell, more: { firewall_event: 5 } }),
    natEvent(0, { from: '10:00:05', ...tell, more: { firewall_event: 3 } }),
    natEvent(13, { from: '10:00:06', ...tell }),
  ]);
  const view = openLedger(ledger.store.client, { nowMicros: natNow, zone: 'UTC' });
  const rows = await view.ask<NatFragment>((await natFragments(view, choice)).query);
  t.same(
    rows.map(({ what }) => what),
    ['create', 'delete', 'flow', 'interim', 'interim'],
    'denied flows and alerts are none',
  );
  t.match(rows[2], {
    ...{ kind: 'snat', is_block: 0, public_addr: '::ffff:1.2.3.4', from_micros: clock('10:00:02') },
    ...{ bytes_out: 10_000, bytes_in: 20_000, packets_out: 100, packets_in: 200, total_bytes_out: 50_000 },
  });
  t.match(rows[1], { what: 'delete', remote_addr: '::' });
  t.match(rows[0], { remote_addr: '::ffff:19.1.16.7' });
  t.equal(rows[3]?.flow_id, '18446744073709551615', 'an identifier is exact');
  const [one] = await view.ask<NatFragment>((await natFragments(view, { ...choice, limit: 1 })).query);
  t.match(one, { what: 'create' }, 'no more than asked for');
});
