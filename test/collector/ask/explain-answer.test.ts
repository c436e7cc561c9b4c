import t from 'tap';
import { explainEmpty, readCoverage } from '../../../collector/ask/explain-answer.ts';
import type { HeardExporter, LedgerView } from '../../../collector/ask/ledger-view.ts';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { prepareFlowTable } from '../../../collector/store/prepare-flow-table.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const at = (text: string): number => Date.parse(text) * 1000;
const nowMicros = at('2026-11-21T14:00:00Z');
const range = (from: string, to: string) => ({ from: at(from), to: at(to), isRelative: false });
const early = range('2026-09-01T00:00Z', '2026-11-21T13:00Z');

t.test('what is no more there', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { store, insert } = await startAskLedger(t, { nowMicros });
  const read = () => readCoverage(openLedger(store.client, { nowMicros, zone: 'UTC' }), 'flows', early);
  t.same(await read(), { since: undefined, remarks: [] });
  await insert([{ flow_end: '2026-10-22 08:00:00.5' }]);
  const since = at('2026-10-22T08:00:00.5Z');
  t.same(await read(), {
    since,
    remarks: ['nothing was received before 2026-10-22 08:00:00: the ledger begins there'],
  });
  await insert(
    [{ exporter: '::1', first_seen: '2026-03-01 00:00:00', last_seen: '2026-11-21 13:00:00' }],
    'exporters',
  );
  t.same(await read(), { since, remarks: ['flows received before 2026-10-22 08:00:00 are gone'] });
  const columns = columnsOfGroups(['nat']);
  // In a ledger of this day such rows are dropped at once, so that the days are what matters here.
  await prepareFlowTable(store.client, { database: 'flowledger', columns, ttlDays: 30_000 });
  t.same(await read(), {
    since,
    remarks: ['flows received before 2026-10-22 08:00:00 are gone (kept 30000 days)'],
  });
  const inside = range('2026-10-23T00:00Z', '2026-11-21T13:00Z');
  const ledger = openLedger(store.client, { nowMicros, zone: 'UTC' });
  t.same(await readCoverage(ledger, 'flows', inside), { since, remarks: [] });
});

const heardRow = (exporter: string, minutesHeard: number): HeardExporter => ({
  ...{ exporter, domain: 0, minutesHeard, minutes: 60, missing: 0, lost: 0 },
  ...{ longestSilence: (60 - minutesHeard) * 60e6, silentFrom: at('2026-11-21T12:00Z') },
});

t.test('why there is nothing', async (t) => {
  let heardFrom = 0;
  const explain = (
    heard: readonly HeardExporter[],
    asked: Partial<ReturnType<typeof range>>,
    since: number | undefined,
  ) => {
    heardFrom = 0;
    const ledger: LedgerView = {
      ...{ nowMicros, zone: 'UTC', ask: async () => [], since: async () => since, progress: async () => [] },
      ...{
        heard: async (from) => {
          heardFrom = from;
          return heard;
        },
        hasColumn: async () => true,
        formatTime: (micros) => new Date(micros / 1000).toISOString(),
      },
    };
    const whole = { ...range('2026-11-21T12:00Z', '2026-11-21T13:00Z'), ...asked };
    return explainEmpty(ledger, whole, { since, remarks: [] }, true);
  };
  const since = at('2026-11-01T00:00Z');
  t.same(await explain([], {}, undefined), ['there is no data in the ledger yet']);
  t.same(await explain([], { from: nowMicros + 1, to: nowMicros + 2 }, since), [
    'nothing found: the range lies in the future',
  ]);
  t.same(await explain([], { from: since - 2, to: since }, since), [
    'nothing found: the range ends before the ledger begins',
  ]);
  t.same(await explain([heardRow('::ffff:192.0.2.1', 0)], {}, since), [
    'nothing found: no exporter was heard in this time',
  ]);
  t.same(await explain([heardRow('::ffff:192.0.2.1', 60)], {}, since), [
    'nothing found: no flow matches',
    'the exporter was heard in all 60 minutes',
  ]);
  t.same(await explain([heardRow('::ffff:192.0.2.1', 60), heardRow('2001:db8::1', 50)], {}, since), [
    'nothing found: no flow matches',
    'exporter 2001:db8::1 domain 0 was heard in 50 of 60 minutes, and silent for 10 min from 2026-11-21T12:00:00.000Z on',
  ]);
  const many = Array.from({ length: 8 }, (_, i) => heardRow(`2001:db8::${i}`, i === 0 ? 60 : 50));
  const said = await explain(many, {}, since);
  t.equal(said.length, 7, 'five are named');
  t.equal(said.at(-1), '2 more exporters silent for some of the time');
  t.equal(heardFrom, at('2026-11-21T12:00Z'));
  await explain(many, {}, at('2026-11-21T12:30Z'));
  t.equal(heardFrom, at('2026-11-21T12:30Z'), 'nobody was silent before the ledger began');
});
