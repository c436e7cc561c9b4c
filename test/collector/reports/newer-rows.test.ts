import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { findNewerRows } from '../../../collector/reports/newer-rows.ts';
import { type FlowRow, startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const nowMicros = Date.parse('2026-11-21T00:00:00Z') * 1000;
const micros = (time: string): number => Date.parse(`2026-11-20T${time}Z`) * 1000;

t.test('rows that a rollup does not have yet', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const view = () => openLedger(ledger.store.client, { nowMicros, zone: 'UTC' });
  const find = async () => {
    const { newer, params, ...rest } = await findNewerRows(view(), 'nat_log');
    const where = newer === undefined ? '0' : newer;
    const sql = `SELECT src_port FROM flows WHERE ${where} ORDER BY src_port`;
    const rows = await view().ask<{ src_port: number }>({ sql, params });
    const plan = await view().ask<{ explain: string }>({ sql: `EXPLAIN indexes = 1 ${sql}`, params });
    const parts = /Min-Max.*?Parts: (\d+\/\d+)/s.exec(plan.map(({ explain }) => explain).join('\n'))?.[1];
    return { ...rest, newer, ports: rows.map(({ src_port }) => src_port), parts };
  };
  const flow = (src_port: number, received: string, collector: string): FlowRow => ({
    ...{ src_port, collector, received: `2026-11-20 ${received}` },
    ...{ flow_end: '2026-11-20 08:00:00', time: '2026-11-20 08:00:00' },
  });
  const progress = (collector: string, until: string, rollup = 'nat_log') =>
    ledger.insert(
      [{ rollup, collector, since: '2026-11-20 00:00:00', until: `2026-11-20 ${until}` }],
      'rollups',
    );
  const heard = (collector: string, last: string) =>
    ledger.insert(
      [{ exporter: '::1', collector, first_seen: '2026-11-20 00:00:00', last_seen: `2026-11-20 ${last}` }],
      'exporters',
    );
  const here = [flow(1, '10:00:00', 'here'), flow(2, '10:00:10', 'here')];
  for (const row of here) await ledger.insert([row]);
  await progress('here', '10:00:30', 'flows_1m');
  t.match(await find(), { had: undefined, until: undefined, ports: [1, 2] }, 'it has nothing');

  await progress('here', '10:00:10');
  await heard('here', '10:00:12');
  t.match(
    await find(),
    { until: micros('10:00:10'), ports: [2], parts: '1/2' },
    'what was received before is not read',
  );
  await progress('here', '10:00:20');
  t.match(await find(), { newer: undefined, until: micros('10:00:20') }, 'it has all');

  // One that was heard last long ago: its rows are of then.
  await progress('gone', '06:00:00');
  await heard('gone', '06:00:05');
  await ledger.insert([flow(3, '06:00:03', 'gone')]);
  await ledger.insert([flow(4, '05:59:59', 'gone')]);
  t.match(await find(), { ports: [3], parts: '1/4' });

  // Without progress, and named.
  await heard('plain', '09:00:00');
  await ledger.insert([flow(5, '08:30:00', 'plain')]);
  t.match(await find(), { ports: [3, 5] });
  // Without progress, and not named yet.
  await ledger.insert([flow(6, '10:00:21', 'new')]);
  t.match(await find(), { ports: [3, 5, 6] });
});

t.test('rows that connections has, though nothing was written down of it yet, are not newer', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const collector = 'here';
  const received = (second: number): string => `2026-11-20 10:00:0${second}`;
  const view = openLedger(ledger.store.client, { nowMicros, zone: 'UTC' });
  for (const second of [1, 2, 3])
    await ledger.insert([{ src_port: second, collector, received: received(second) }]);
  const until = (second: number) => ({ collector, until: received(second) });
  await ledger.insert([{ rollup: 'connections', since: received(0), ...until(2) }], 'rollups');
  /** Rows go a day after this. */
  const kept = { last_seen: '2100-01-01 00:00:00' };
  // The query is made before the INSERT, and asked after it.
  const { newer, params } = await findNewerRows(view, 'connections');
  const sql = `SELECT groupArray(src_port) AS ports FROM (SELECT src_port FROM flows WHERE ${newer} ORDER BY src_port)`;
  const ports = async () => (await view.ask<{ ports: number[] }>({ sql, params }))[0]?.ports;
  t.same(await ports(), [2, 3]);
  await ledger.insert([{ flow_id: 7, ...kept, ...until(3) }], 'connections');
  t.same(await ports(), [3]);
  await ledger.insert([{ flow_id: 8, ...kept, collector: 'other', until: received(9) }], 'connections');
  t.same(await ports(), [3], 'what another collector wrote says nothing');
});
