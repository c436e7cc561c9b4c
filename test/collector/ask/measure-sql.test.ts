import t from 'tap';
import { parseDimensions } from '../../../collector/ask/dimension.ts';
import { type Measure, measureFlows, measureRollups } from '../../../collector/ask/measure-sql.ts';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import type { Query } from '../../../collector/ask/query.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const at = (text: string): number => Date.parse(`2026-11-21T${text}Z`) * 1000;
const day = '2026-11-21';
const ends = {
  exporter: '::ffff:192.0.2.1',
  src_addr: '::ffff:10.0.0.5',
  dst_addr: '::ffff:10.0.0.6',
  proto: 6,
};

t.test('shares of ranges that touch add up to what the flows carried', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros: at('15:00:00') });
  const view = openLedger(ledger.store.client, { nowMicros: at('15:00:00'), zone: 'UTC' });
  await ledger.insert([
    {
      ...ends,
      flow_start: `${day} 13:00:00.333`,
      flow_end: `${day} 13:47:11.777`,
      bytes: 1_000_003,
      packets: 997,
    },
    {
      ...ends,
      flow_start: `${day} 13:30:00`,
      flow_end: `${day} 13:30:00`,
      bytes: 60,
      packets: 1,
      reverse_bytes: 7,
      reverse_packets: 1,
    },
    // No times of its own: it is where it was received.
    {
      ...ends,
      received: `${day} 13:15:00`,
      time: `${day} 13:15:00`,
      time_source: 'received',
      sampling_rate: 1,
      bytes: 11,
      packets: 1,
    },
    // Longer than is believed to be spread: booked at its end.
    { ...ends, flow_start: '2026-11-18 13:00:00', flow_end: `${day} 13:40:00`, bytes: 500, packets: 5 },
  ]);
  const sum = async (query: Query): Promise<unknown> => {
    const sql = `SELECT sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows FROM (${query.sql})`;
    return (await view.ask({ sql, params: query.params }))[0];
  };
  const measure = (from: string, to: string, more: Partial<Measure> = {}): Query =>
    measureFlows({
      dimensions: [],
      filter: undefined,
      range: { from: at(from), to: at(to), isRelative: false },
      ...more,
    });
  const all = { bytes: 1_000_003 + 67 + 11 + 500, packets: 997 + 2 + 1 + 5, flows: 4 };
  t.same(await sum(measure('13:00:00', '14:00:00')), all);
  const total = { bytes: 0, packets: 0, flows: 0 };
  for (let second = 0; second < 3600; second += 450) {
    const [from, to] = [at('13:00:00') + second * 1e6, at('13:00:00') + (second + 450) * 1e6];
    const part = (await sum(
      measure('13:00:00', '13:00:00', { range: { from, to, isRelative: false } }),
    )) as typeof total;
    for (const name of ['bytes', 'packets', 'flows'] as const) total[name] += part[name];
  }
  t.same(total, all);
  for (const stepMicros of [7e6, 60e6, 600e6, 7200e6])
    t.same(
      await sum(measure('13:00:00', '14:00:00', { stepMicros })),
      all,
      `buckets of ${stepMicros / 1e6} s`,
    );
  // 353.18 octets and 0.35 packets a second of the long one: 353 octets, and the 634th packet; both ways of the short one.
  t.same(await sum(measure('13:30:00', '13:30:01')), { bytes: 353 + 67, packets: 1 + 2, flows: 1 });
});

t.test('rollups: no row twice', async (t) => {
  const range = { from: at('13:00:00'), to: at('14:00:00'), isRelative: false };
  const { sql, params } = measureRollups(
    { dimensions: parseDimensions('proto,service'), filter: undefined, range },
    'interfaces',
    [{ table: 'flows_1h' }, { table: 'flows_1m', receivedFrom: new Map([["o'clock", at('13:00:00')]]) }],
  );
  t.match(sql, /FROM flows_1h\nWHERE about = 'interfaces' AND hour >= .* AND hour < /);
  t.match(
    sql,
    /AND NOT \(\(collector = \{collector_0:String\} AND received_hour < toDateTime\(\{until_0:UInt32\}\)\)\)/,
  );
  t.match(params, { collector_0: "o'clock", until_0: at('13:00:00') / 1e6 });
  t.notMatch(sql, "o'clock");
});
