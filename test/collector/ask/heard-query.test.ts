import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const at = (time: string): number => Date.parse(`2026-11-21T${time}Z`) * 1000;
const minuteMicros = 60e6;
const [steady, broken, gone, later] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(
  (a) => `::ffff:${a}`,
);

t.test('who was heard, minute by minute', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { store, insert } = await startAskLedger(t, { nowMicros: 0 });
  const seen = (exporter: string | undefined, first: string) => ({
    ...{
      exporter: exporter ?? '',
      collector: 'here',
      first_seen: `2026-11-21 ${first}`,
      last_seen: '2026-11-21 13:59:59',
    },
  });
  await insert(
    [seen(steady, '09:00:00'), seen(broken, '09:00:00'), seen(gone, '09:00:00'), seen(later, '13:50:00')],
    'exporters',
  );
  const minuteOf = (minute: number): string => `2026-11-21 13:${String(minute).padStart(2, '0')}:00`;
  const loss = (exporter: string | undefined, minute: number, more = {}) => ({
    ...{ exporter: exporter ?? '', collector: 'here', minute: minuteOf(minute), datagrams: 5, ...more },
  });
  const heard = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  await insert(
    [
      ...heard.map((minute) => loss(steady, minute)),
      ...[0, 1, 5, 9].map((minute) => loss(broken, minute, { missing: 2, queue_drops: 1 })),
      loss('::', 3, { datagrams: 0, kernel_drops: 10 }),
      loss(broken, 20),
    ],
    'exporter_loss',
  );
  // A later row of a minute takes the place of the earlier one.
  await insert(
    [{ ...loss(broken, 9, { missing: 7, queue_drops: 1 }), written: '2099-01-01 00:00:00' }],
    'exporter_loss',
  );
  const ledger = openLedger(store.client, { nowMicros: at('14:00:00'), zone: 'UTC' });
  const of = (exporter: string | undefined) => ({ exporter, domain: 0, minutes: 10 });
  t.same(await ledger.heard(at('13:00:00'), at('13:10:00')), [
    { ...of(steady), minutesHeard: 10, longestSilence: 0, silentFrom: at('13:00:00'), missing: 0, lost: 10 },
    {
      ...of(broken),
      minutesHeard: 4,
      longestSilence: 3 * minuteMicros,
      silentFrom: at('13:02:00'),
      missing: 13,
      lost: 14,
    },
    {
      ...of(gone),
      minutesHeard: 0,
      longestSilence: 10 * minuteMicros,
      silentFrom: at('13:00:00'),
      missing: 0,
      lost: 10,
    },
  ]);
  const short = await ledger.heard(at('13:08:30'), at('13:08:40'));
  t.match(short[0], { minutes: 1, minutesHeard: 1 }, 'a part of a minute is that minute');
  const early = openLedger(store.client, { nowMicros: at('13:05:05'), zone: 'UTC' });
  t.match(
    (await early.heard(at('13:00:00'), at('13:10:00')))[0],
    { minutes: 4 },
    'what is to come is no silence',
  );
});
