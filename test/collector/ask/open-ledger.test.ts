import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const at = (text: string): number => Date.parse(text) * 1000;

t.test('what reports may know of a ledger', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { store, insert } = await startAskLedger(t, { nowMicros: 0, groups: ['l2'] });
  const open = () => openLedger(store.client, { nowMicros: 5, zone: 'Europe/Zurich' });
  const empty = open();
  t.equal(empty.nowMicros, 5);
  t.equal(await empty.since('flows'), undefined);
  t.equal(await empty.since('nowhere'), undefined);
  t.same(await empty.progress(), []);
  t.same([await empty.hasColumn('src_vlan'), await empty.hasColumn('ct_mark')], [true, false]);
  t.equal(empty.formatTime(at('2026-11-21T14:03:22Z')), '2026-11-21 15:03:22');

  await insert([{ flow_end: '2026-11-21 13:00:00.250001' }, { flow_end: '2026-11-21 12:59:59.5' }]);
  await insert([{ received_hour: '2026-11-21 12:00:00', bytes: 1 }], 'flows_1m');
  const progress = { rollup: 'flows_1m', collector: 'here', since: '2026-11-21 12:00:00', written_until: 0 };
  await insert([{ ...progress, until: '2026-11-21 12:59:50', at: '2026-11-21 13:00:00' }], 'rollups');
  await insert([{ ...progress, until: '2026-11-21 13:00:00.5', at: '2026-11-21 13:00:01' }], 'rollups');
  const filled = open();
  t.equal(await filled.since('flows'), at('2026-11-21T12:59:59.5Z'));
  t.equal(await filled.since('flows_1m'), at('2026-11-21T12:00:00Z'));
  t.same(await filled.progress(), [
    {
      rollup: 'flows_1m',
      collector: 'here',
      since: at('2026-11-21T12:00Z'),
      until: at('2026-11-21T13:00:00.5Z'),
    },
  ]);
  const rows = await filled.ask({
    sql: 'SELECT 1 / 0 AS x, 9007199254740991 AS y, {list:Array(IPv6)} AS z',
    params: { list: ['::1'] },
  });
  t.same(rows, [{ x: null, y: 9_007_199_254_740_991, z: ['::1'] }]);
  await t.rejects(filled.ask({ sql: 'TRUNCATE TABLE flows', params: {} }), {
    message: /readonly/,
  });
  const list = Array.from({ length: 5000 }, (_, i) => `2001:db8:1234:5678::${i.toString(16)}`);
  const lists = Array.from({ length: 12 }, (_, i) => `l${i}`);
  const counted = {
    sql: `SELECT ${lists.map((name) => `length({${name}:Array(IPv6)})`).join(' + ')} AS n`,
    params: Object.fromEntries(lists.map((name) => [name, list])),
  };
  t.same(await filled.ask(counted), [{ n: 60_000 }], 'longer than an URL');
});
