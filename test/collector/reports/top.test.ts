import t from 'tap';
import { parseDimensions } from '../../../collector/ask/dimension.ts';
import { compileFilter } from '../../../collector/filter/compile-filter.ts';
import { top } from '../../../collector/reports/top.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { rollUp } from '../../support/rolled-up.ts';
import { summedExporters, summedFlows } from '../../support/summed-flows.ts';

const at = (text: string): number => Date.parse(text) * 1000;
const nowMicros = at('2026-11-21T14:05:00Z');
const hour = { from: '2026-11-21 13:00', to: '2026-11-21 14:00' };
const by = (text: string, more: Readonly<Record<string, unknown>> = {}) => ({
  by: parseDimensions(text),
  ...more,
});

t.test('sums of which the truth is known, from flows and from rollups', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, compileFilter });
  await ledger.insert(summedFlows);
  await ledger.insert(summedExporters, 'exporters');
  const ask = async (options: Record<string, unknown>, more = {}) =>
    ledger.rows(top, { ...hour, options, ...more });
  const sums = (rows: readonly Record<string, unknown>[], key: string) =>
    rows.map((row) => [row.row || row[key], row.bytes, row.packets, row.flows]);

  t.same(sums(await ask(by('src_addr')), 'src_addr'), [
    ['10.0.0.6', 1_800_300, 1830, 1],
    ['10.0.0.5', 7500, 104, 3],
    ['2001:db8::53', 7000, 2, 0],
    ['total', 1_814_800, 1936, 4],
  ]);
  const truth = {
    service: [
      [443, 1_807_000, 1903, 3],
      [53, 7500, 3, 1],
      [0, 300, 30, 0],
      ['total', 1_814_800, 1936, 4],
    ],
    exporter: [
      ['192.0.2.1', 1_810_800, 1836, 3],
      ['192.0.2.2', 4000, 100, 1],
      ['total', 1_814_800, 1936, 4],
    ],
    proto: [
      [6, 1_807_300, 1933, 3],
      [17, 7500, 3, 1],
      ['total', 1_814_800, 1936, 4],
    ],
    // Nobody said an AS: all is in one row of that kind.
    src_as: [
      [0, 1_814_800, 1936, 4],
      ['total', 1_814_800, 1936, 4],
    ],
  };
  for (const [key, expected] of Object.entries(truth))
    t.same(sums(await ask(by(key)), key), expected, `${key} from flows`);
  t.match(
    (await ledger.run(top, { ...hour, options: by('proto') })).err,
    /from flows \(flows_1m is not there yet\)/,
  );

  await rollUp(ledger.store.client, {
    collector: 'here',
    since: at('2026-11-21T09:00:00Z'),
    until: at('2026-11-21T14:04:55Z'),
    hourlyUntil: at('2026-11-21T13:00:00Z'),
  });
  for (const [key, expected] of Object.entries(truth)) {
    t.same(sums(await ask(by(key)), key), expected, `${key} from rollups`);
    t.same(sums(await ask(by(key, { exact: true })), key), expected, `${key} from flows, again`);
  }
  const said = async (more: object): Promise<string> =>
    (await ledger.run(top, { ...hour, options: by('proto'), ...more })).err;
  t.match(await said({}), /from flows_1h and flows_1m; data since/);
  t.match(await said({ options: by('src_as,dst_as') }), /from flows_1h and flows_1m; data since/);
  t.match(
    await said({ options: by('src_as'), filter: 'proto tcp' }),
    /from flows \(flows_1m has src_as and proto, but not both together\)/,
  );
  t.match(await said({ from: '2026-11-21 13:01' }), /from flows_1m; data since/);
  t.match(
    await said({ from: '2026-11-21 13:00:01' }),
    /from flows \(the range does not begin and end with a minute\)/,
  );
  t.match(
    await said({ from: undefined, to: undefined, last: '10m' }),
    /13:55:00 to .*from flows_1m, received until 2026-11-21 14:04:55/,
  );
  t.match(await said({ options: by('src_addr') }), /from flows \(src_addr is not in flows_1m\)/);
  t.match(await said({ options: by('proto', { exact: true }) }), /from flows \(--exact\)/);
  t.match(
    await said({ filter: 'bytes > 100' }),
    /from flows \(the filter asks for bytes, which is not in flows_1m\)/,
  );

  const filtered = { filter: 'exporter 192.0.2.1 and service 443' };
  for (const exact of [false, true])
    t.same(sums(await ask(by('proto', { exact }), filtered), 'proto'), [
      [6, 1_803_000, 1803, 2],
      ['total', 1_803_000, 1803, 2],
    ]);
  const ended = { filter: 'src ip 2001:db8::53' };
  t.same(
    sums(await ask(by('dst_addr'), ended), 'dst_addr'),
    [
      ['10.0.0.5', 7000, 2, 0],
      ['total', 7000, 2, 0],
    ],
    'the way back of a biflow is a direction of its own',
  );
});

t.test('ranks, shares, rates, others', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  await ledger.insert(summedFlows);
  const rows = await ledger.rows(top, { ...hour, limit: 1, options: by('src_addr', { byFlows: true }) });
  t.match(rows, [
    { row: '', src_addr: '10.0.0.5', bytes: 7500, flows: 3, share: 0.75, rate: (7500 * 8) / 3600 },
    { row: 'others', src_addr: null, bytes: 1_807_300, flows: 1, share: 0.25 },
    { row: 'total', src_addr: null, bytes: 1_814_800, flows: 4, share: 1 },
  ]);
  t.match(await ledger.rows(top, { ...hour, limit: 2, options: by('src_net/24,service') }), [
    { 'src_net/24': '10.0.0.0/24', service: 443, service_name: '443 https', bytes: 1_807_000 },
    { 'src_net/24': '2001:db8::/64', service: 53, service_name: '53 domain', bytes: 7000 },
    { row: 'others', bytes: 800 },
    { row: 'total', bytes: 1_814_800 },
  ]);
  const { out } = await ledger.run(
    top,
    { ...hour, layout: 'table', options: by('service') },
    { columns: 100 },
  );
  t.equal(
    out,
    `service       bytes    share       rate  packets  flows
---------  --------  -------  ---------  -------  -----
443 https  1.72 MiB   99.6 %  4.02 kb/s     1903      3
53 domain  7.32 KiB    0.4 %   16.7 b/s        3      1
unknown       300 B   <0.1 %   0.67 b/s       30      0
total      1.73 MiB  100.0 %  4.03 kb/s     1936      4

2026-11-21 13:00:00 to 2026-11-21 14:00:00 UTC (1 h), from flows (flows_1m is not there yet); data since 2026-11-21 09:00:01
`,
  );
  await t.rejects(ledger.rows(top, { ...hour, options: by('proto', { byFlows: true, byBytes: true }) }), {
    message: '--by-bytes and --by-flows: give one of them',
  });
});
