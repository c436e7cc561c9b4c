import t from 'tap';
import { parseDimensions } from '../../../collector/ask/dimension.ts';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { findTalkers, isTalkersFilter, measureTalkers } from '../../../collector/ask/talkers-sql.ts';
import { compileFilter } from '../../../collector/filter/compile-filter.ts';
import { top } from '../../../collector/reports/top.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const at = (time: string): number => Date.parse(`2026-11-21T${time}Z`) * 1000;
const nowMicros = at('14:20:00');
const day = '2026-11-21';
const [a, b, c] = ['::ffff:10.0.0.1', '::ffff:10.0.0.2', '::ffff:10.0.0.3'] as const;
const one = '::ffff:192.0.2.1';
const two = '::ffff:192.0.2.2';

/** An hour of an exporter: its addresses with their octets, the largest first, and what the others have. */
const hourOf = (
  hour: string,
  exporter: string,
  listed: readonly (readonly [string, number])[],
  rest = 0,
  more = {},
) => {
  const row = {
    hour: `${day} ${hour}:00:00`,
    exporter,
    collector: 'here',
    role: 'src',
    sampling_rate: 1,
    version: `${day} 14:10:00`,
    packets: 1,
    flows: 1,
    ...more,
  };
  const rows = listed.map(([address, bytes], i) => ({
    ...row,
    rank: i + 1,
    address,
    addresses: 1,
    bytes,
  }));
  return rest > 0 ? [...rows, { ...row, rank: 0, address: '::', addresses: 9, bytes: rest }] : rows;
};

t.test('closed hours from talkers_1h, the edges from flows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, compileFilter });
  await ledger.insert(
    [
      // Of an hour that was made again, the newest version holds.
      ...hourOf(
        '12',
        one,
        [
          [a, 77],
          [b, 66],
        ],
        5,
        { version: `${day} 13:10:00` },
      ),
      ...hourOf(
        '12',
        one,
        [
          [a, 1000],
          [b, 400],
        ],
        5000,
      ),
      ...hourOf(
        '12',
        two,
        [
          [c, 300],
          [a, 200],
        ],
        0,
        { sampling_rate: 10 },
      ),
      ...hourOf(
        '13',
        one,
        [
          [b, 90],
          [c, 80],
        ],
        10,
      ),
      ...hourOf('12', one, [[c, 999_999]], 0, { role: 'dst' }),
    ],
    'talkers_1h',
  );
  const flow = { exporter: one, proto: 6, packets: 1 };
  await ledger.insert([
    { ...flow, flow_start: `${day} 09:00:00`, flow_end: `${day} 09:00:01`, src_addr: c, bytes: 1 },
    { ...flow, flow_start: `${day} 11:30:00`, flow_end: `${day} 12:30:00`, src_addr: a, bytes: 3600 },
    { ...flow, flow_start: `${day} 14:05:00`, flow_end: `${day} 14:06:00`, src_addr: b, bytes: 50 },
  ]);
  const seen = { collector: 'here', flows: 9, first_seen: `${day} 09:00:00`, last_seen: `${day} 14:06:00` };
  await ledger.insert([{ ...seen, exporter: one }], 'exporters');
  const progress = {
    rollup: 'talkers_1h',
    collector: 'here',
    since: `${day} 09:00:00`,
    written_until: `${day} 14:00:00`,
  };
  await ledger.insert([{ ...progress, until: `${day} 14:00:00` }], 'rollups');
  await ledger.insert([{ ...progress, rollup: 'flows_1m', until: `${day} 14:19:55` }], 'rollups');

  const view = openLedger(ledger.store.client, { nowMicros, zone: 'UTC' });
  const range = { from: at('11:50:00'), to: nowMicros, isRelative: false };
  const source = await findTalkers(range, view);
  t.same(source, { range, closedFrom: at('12:00:00'), closedTo: at('14:00:00') });
  t.equal(await findTalkers({ ...range, from: at('14:00:00') }, view), undefined, 'no closed hour');
  if (source === undefined) return;
  const measured = measureTalkers(
    { dimensions: parseDimensions('src_addr'), filter: undefined, range },
    source,
  );
  const sql = `SELECT toString(k0) AS address, rest, sum(bytes) AS bytes, sum(least) AS least FROM (${measured.sql}) GROUP BY k0, rest ORDER BY address, rest`;
  t.same(await view.ask({ sql, params: measured.params }), [
    { address: '::', rest: 1, bytes: 5010, least: 400 + 80 },
    // 1000 and 2000 (200 x 10) in closed hours, and a sixth of an hour before them: 600.
    { address: a, rest: 0, bytes: 1000 + 2000 + 600, least: 400 },
    { address: b, rest: 0, bytes: 400 + 90 + 50, least: 400 + 80 },
    { address: c, rest: 0, bytes: 3000 + 80, least: 80 },
  ]);

  const options = { by: parseDimensions('src_addr') };
  const asked = { from: '2026-11-21 11:50', limit: 2, options };
  t.match(await ledger.rows(top, asked), [
    { src_addr: '10.0.0.1', bytes: 3600, low_by: 80 },
    { src_addr: '10.0.0.3', bytes: 3080, low_by: 400 },
    { row: 'others', bytes: 5010 + 540 },
    { row: 'total', bytes: 5010 + 540 + 3600 + 3080 },
  ]);
  const { err } = await ledger.run(top, asked);
  t.match(err, 'from talkers_1h, and flows from 2026-11-21 14:00:00 on');
  t.match(
    err,
    'each value may be low by at most 400 B, from hours in which the address was not among the first 1000; --exact asks the flows',
  );
  t.match(
    (await ledger.run(top, { ...asked, filter: 'proto tcp' })).err,
    'from flows (src_addr is not in flows_1m)',
  );
  t.match(await ledger.rows(top, { ...asked, filter: 'exporter 192.0.2.2' }), [
    { src_addr: '10.0.0.3', bytes: 3000, low_by: 0 },
    { src_addr: '10.0.0.1', bytes: 2000 },
    { row: 'total', bytes: 5000 },
  ]);
});

t.test('filters that it can answer', async (t) => {
  t.ok(isTalkersFilter(undefined));
  t.ok(isTalkersFilter(compileFilter('exporter 192.0.2.1')));
  t.notOk(isTalkersFilter(compileFilter('exporter 192.0.2.1 and port 53')));
});
