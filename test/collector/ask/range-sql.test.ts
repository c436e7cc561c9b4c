import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { overlapsRange, rangeParams, rangeSql } from '../../../collector/ask/range-sql.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const at = (time: string): number => Date.parse(`2026-11-21T${time}Z`) * 1000;
const day = '2026-11-21';

t.test('records that overlap a range', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { store, insert } = await startAskLedger(t, { nowMicros: 0 });
  const flow = (src_port: number, start: string, end: string, more = {}) => ({
    ...{ src_port, flow_start: `${day} ${start}`, flow_end: `${day} ${end}`, ...more },
  });
  await insert([
    flow(1, '12:00:00', '12:59:59'),
    flow(2, '12:00:00', '13:00:00'),
    flow(3, '13:10:00', '13:20:00'),
    flow(4, '13:59:59', '14:30:00'),
    flow(5, '14:00:00', '14:00:01'),
    flow(6, '12:00:00', '14:59:59'),
    flow(7, '13:30:00', '15:00:00'),
    flow(8, '13:30:00', '13:30:00', { record_kind: 'event' }),
    { src_port: 9, received: `${day} 14:10:00`, time: `${day} 14:10:00`, time_source: 'received' },
  ]);
  const ledger = openLedger(store.client, { nowMicros: 0, zone: 'UTC' });
  const range = { from: at('13:00:00'), to: at('14:00:00'), isRelative: false };
  const ask = (where: string, params: object) =>
    ledger.ask<{ n: number[] }>({
      sql: `SELECT arraySort(groupArray(src_port)) AS n FROM flows WHERE ${where}`,
      params: { ...params },
    });
  t.same(
    await ask(overlapsRange, rangeParams(range)),
    [{ n: [2, 3, 4, 6, 8] }],
    'what ends an hour later is not looked at',
  );
  t.same(await ask(rangeSql('x_').overlaps, rangeParams(range, 'x_')), [{ n: [2, 3, 4, 6, 8] }]);
});
