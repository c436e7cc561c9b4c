import t from 'tap';
import { parseDimensions } from '../../../collector/ask/dimension.ts';
import { compileFilter } from '../../../collector/filter/compile-filter.ts';
import { series } from '../../../collector/reports/series.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { rollUp } from '../../support/rolled-up.ts';
import { summedExporters, summedFlows } from '../../support/summed-flows.ts';

const at = (text: string): number => Date.parse(text) * 1000;
const nowMicros = at('2026-11-21T14:05:00Z');
const minute = 60e6;

t.test('values over time of which the truth is known', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, compileFilter });
  t.same(await ledger.rows(series), [], 'there is nothing');
  await ledger.insert(summedFlows);
  await ledger.insert(summedExporters, 'exporters');
  const ask = async (options: Record<string, unknown>, more = {}) =>
    (await ledger.rows(series, { options, ...more })).filter(
      ({ bytes, flows }) => bytes !== 0 || flows !== 0,
    );
  const points = (rows: readonly Record<string, unknown>[], key = 'row') =>
    rows.map((row) => [
      String(row.time).slice(11, 19),
      row.row || row[key],
      row.bytes,
      row.packets,
      row.flows,
    ]);

  const tenMinutes = { from: '2026-11-21 13:00', to: '2026-11-21 14:10' };
  const step = 10 * minute;
  const truth = [
    ['13:00:00', '10.0.0.6', 600_000, 600, 0],
    ['13:10:00', '10.0.0.6', 600_000, 600, 0],
    ['13:10:00', '10.0.0.5', 3000, 3, 1],
    ['13:20:00', '10.0.0.6', 600_000, 600, 1],
    ['13:20:00', '10.0.0.5', 500, 1, 1],
    ['13:20:00', 'others', 7000, 2, 0],
    ['13:50:00', '10.0.0.6', 300, 30, 0],
    ['13:50:00', '10.0.0.5', 4000, 100, 1],
    ['14:00:00', '10.0.0.6', 300, 30, 0],
  ];
  const bySource = { by: parseDimensions('src_addr'), step };
  t.same(points(await ask(bySource, { ...tenMinutes, limit: 2 }), 'src_addr'), truth);

  const whole = [
    ['13:00:00', '', 600_000, 600, 0],
    ['13:10:00', '', 603_000, 603, 1],
    ['13:20:00', '', 607_500, 603, 2],
    ['13:50:00', '', 4300, 130, 1],
    ['14:00:00', '', 300, 30, 0],
  ];
  t.same(points(await ask({ step }, tenMinutes)), whole, 'from flows');
  const hours = { from: '2026-11-21 12:00', to: '2026-11-21 15:00' };
  const hourly = [
    ['12:00:00', '', 1_800_000, 1800, 0],
    ['13:00:00', '', 1_814_800, 1936, 4],
    ['14:00:00', '', 300, 30, 0],
  ];
  t.same(points(await ask({ step: 60 * minute }, hours)), hourly, 'by the hour, from flows');

  const seconds = { from: '2026-11-21 13:59:50', to: '2026-11-21 14:00:05' };
  t.same(
    points(await ask({ step: 5e6, by: parseDimensions('exporter') }, seconds), 'exporter'),
    [
      ['13:59:50', '192.0.2.2', 4000, 100, 1],
      ['13:59:50', '192.0.2.1', 50, 5, 0],
      ['13:59:55', '192.0.2.1', 50, 5, 0],
      ['14:00:00', '192.0.2.1', 50, 5, 0],
    ],
    'finer than minutes',
  );

  const since = at('2026-11-21T09:00:00Z');
  const until = at('2026-11-21T14:04:55Z');
  await rollUp(ledger.store.client, {
    collector: 'here',
    since,
    until,
    hourlyUntil: at('2026-11-21T13:00:00Z'),
  });
  t.same(points(await ask({ step }, tenMinutes)), whole, 'from flows_1m');
  t.match(
    (await ledger.run(series, { ...tenMinutes, options: { step } })).err,
    /from flows_1m, received until/,
  );
  t.same(points(await ask({ step: 60 * minute }, hours)), hourly, 'by the hour, from flows_1h');
  t.match(
    (await ledger.run(series, { ...hours, options: { step: 60 * minute } })).err,
    /from flows_1h and flows_1m/,
  );
  const filtered = await ask({ step }, { ...tenMinutes, filter: 'proto udp' });
  t.same(points(filtered), [['13:20:00', '', 7500, 3, 1]]);
});

t.test('all buckets, rates, and the drawing', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  await ledger.insert(summedFlows);
  const request = { from: '2026-11-21 13:00', to: '2026-11-21 14:00', options: { step: 20 * minute } };
  t.same(
    (await ledger.rows(series, request)).map(({ time, rate }) => [time, rate]),
    [
      ['2026-11-21T13:00:00Z', (1_203_000 * 8) / 1200],
      ['2026-11-21T13:20:00Z', (607_500 * 8) / 1200],
      ['2026-11-21T13:40:00Z', (4300 * 8) / 1200],
    ],
  );
  const now = await ledger.rows(series, { last: '10m', options: {} });
  t.match(now[0], { time: '2026-11-21T13:55:00Z' });
  t.match(now.at(-1), { time: '2026-11-21T14:04:50Z' }, 'nothing of the future');
  const drawn = await ledger.run(series, { ...request, layout: 'table' }, { columns: 40 });
  const plot = `8.02 kb/s ┤█████████
          ┤█████████
          ┤█████████
          ┤█████████▁▁▁▁▁▁▁▁▁
4.01 kb/s ┤██████████████████
          ┤██████████████████
          ┤██████████████████
          ┤██████████████████▁▁▁▁▁▁▁▁▁
        0 └───────────────────────────
           13:00             13:40`;
  t.ok(drawn.out.startsWith(plot), drawn.out);
  const options = { step: 20 * minute, by: parseDimensions('service'), plot: false };
  const table = await ledger.run(series, { ...request, layout: 'table', options }, { columns: 80 });
  t.match(
    table.out,
    /^time +service +rate +bytes +packets +flows\n[- ]+\n2026-11-21 13:00:00 +443 https +8.02 kb\/s/,
  );
  await t.rejects(ledger.rows(series, { last: '1d', options: { step: 1e6 } }), {
    message: /--step is too short/,
  });
});
