import t from 'tap';
import {
  directedFlowsBetween,
  endsBetween,
  liesWithin,
  plainColumn,
  shareBetween,
  spreadFlows,
} from '../../../collector/store/flow-shares.ts';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, minute, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

const spread = (step: 'minute' | 'hour', where = '1'): string =>
  `SELECT (toUnixTimestamp(bucket) - ${tenOClock / 1e6}) / 60 AS at, src_port AS port, sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows, any(grain) AS grain
FROM (${spreadFlows({ step, columns: [plainColumn('src_port')], where })}) GROUP BY at, port ORDER BY port, at`;

t.test('shares, worked out by hand', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const at = tenOClock;
  const rows = async (step: 'minute' | 'hour', where?: string) =>
    (
      await rig.sql<Record<'at' | 'port' | 'bytes' | 'packets' | 'flows' | 'grain', string>>(
        spread(step, where),
      )
    ).map((row) => [row.at, row.bytes, row.packets, row.flows, row.grain].map(Number));

  await t.test('by the minute', async (t) => {
    await rig.put(flowRow(at + 10e6, at + 40e6));
    t.same(await rows('minute'), [[0, 1000, 10, 1, 0]], 'within one');
    await rig.reset();
    await rig.put(flowRow(at + 10e6, at + minute));
    t.same(await rows('minute'), [[0, 1000, 10, 1, 0]], 'its end belongs to what was before');
    await rig.reset();
    await rig.put(flowRow(at + 30e6, at + 2 * minute + 10e6));
    // 100 s: 30, 60 and 10 of them.
    t.same(await rows('minute'), [
      [0, 300, 3, 0, 0],
      [1, 600, 6, 0, 0],
      [2, 100, 1, 1, 0],
    ]);
    await rig.reset();
    await rig.put(flowRow(at + 59e6, at + minute + 2e6, { bytes: 1, packets: 1 }));
    t.same(
      await rows('minute'),
      [
        [0, 0, 0, 0, 0],
        [1, 1, 1, 1, 0],
      ],
      'what cannot be divided is where the flow ends',
    );
  });

  await t.test('an hour is by the minute, more is by the hour, more than 48 at its end', async (t) => {
    await rig.reset();
    await rig.put(flowRow(at, at + hour, { bytes: 6000, packets: 60 }));
    const shares = await rows('minute');
    t.equal(shares.length, 60);
    t.same(shares[0], [0, 100, 1, 0, 0]);
    t.same(shares[59], [59, 100, 1, 1, 0]);
    await rig.reset();
    await rig.put(flowRow(at + 30 * minute, at + 2 * hour, { bytes: 9000, packets: 9 }));
    t.same(await rows('minute'), [
      [30, 3000, 3, 0, 1],
      [60, 6000, 6, 1, 1],
    ]);
    t.same(await rows('hour'), [
      [0, 3000, 3, 0, 0],
      [60, 6000, 6, 1, 0],
    ]);
    await rig.reset();
    await rig.put(flowRow(at - 48 * hour - 1, at));
    t.same(await rows('minute'), [[0, 1000, 10, 1, 2]]);
    t.same(await rows('hour'), [[0, 1000, 10, 1, 2]]);
    await rig.reset();
    const most = 2n ** 64n - 1n;
    await rig.put(flowRow(at - 48 * hour, at, { bytes: String(most) }));
    const [sum] = await rig.sql<{ b: string; n: string }>(
      `SELECT sum(bytes) AS b, count() AS n FROM (${spread('minute')})`,
    );
    t.same(sum, { b: String(most), n: '48' }, 'the largest counter there is');
  });

  await t.test('directions, events, parts, and times that nobody believes', async (t) => {
    await rig.reset();
    await rig.put(
      flowRow(at + 30e6, at + 90e6, { src_port: 1, dst_port: 2, reverse_bytes: 200, reverse_packets: 20 }),
      flowRow(at, at + 90e6, { src_port: 3, record_kind: 'event' }),
      flowRow(at, at + 120e6, { src_port: 4, record_kind: 'interim' }),
      flowRow(at, at + 90e6, { src_port: 5, time: at / 1e6 + 180, time_source: 'absurd' }),
      flowRow(0, 0, { src_port: 6, received: at, time: at / 1e6 + 240, time_source: 'received' }),
    );
    t.same(await rows('minute'), [
      ...[
        [0, 500, 5, 0, 0],
        [1, 500, 5, 1, 0],
      ],
      ...[
        [0, 100, 10, 0, 0],
        [1, 100, 10, 0, 0],
      ],
      ...[
        [0, 500, 5, 0, 0],
        [1, 500, 5, 0, 0],
      ],
      [3, 1000, 10, 1, 0],
      [4, 1000, 10, 1, 0],
    ]);
  });

  await t.test('questions of a range have the same shares', async (t) => {
    const share = async (from: number, to: number, counter = 'bytes'): Promise<number[]> => {
      const [row] = await rig.sql<{ s: string; n: string; e: string }>(
        `SELECT sum(${shareBetween(counter, String(from), String(to))}) AS s, sum(${directedFlowsBetween('forward', String(from), String(to))}) AS n,
countIf(${endsBetween(String(from), String(to))}) AS e FROM flows WHERE record_kind != 'event'`,
      );
      return [Number(row?.s), Number(row?.n), Number(row?.e)];
    };
    t.same(await share(at, at + minute), [500 + 500, 0, 0]);
    t.same(await share(at + minute, at + 2 * minute), [500 + 500, 1, 2]);
    t.same(await share(at + 3 * minute, at + 5 * minute), [2000, 2, 2]);
    t.same(await share(at + 45e6, at + 75e6), [500 + 250, 0, 0], 'not whole minutes');
    t.same(await share(at, at + minute, 'reverse_bytes'), [100, 0, 0]);
    await rig.reset();
    await rig.put(flowRow(at - hour, at + 2 * hour, { bytes: 10_800 }));
    t.same(await share(at, at + 60e6), [60, 0, 0]);
    t.same(await share(at - 2 * hour, at + 3 * hour), [10_800, 1, 1]);
  });

  await t.test('what lies within a range needs no share, and nothing else is taken for that', async (t) => {
    await rig.reset();
    const ranges = [
      [at, at + minute],
      [at + 10e6, at + 50e6],
      [at - 100 * hour, at + 100 * hour],
    ] as const;
    await rig.put(
      flowRow(at + 10e6, at + 20e6),
      flowRow(at + 10e6, at + 10e6),
      flowRow(at + 50e6, at + minute),
      flowRow(at - 1, at + 5e6),
      flowRow(at - 60 * hour, at + 5e6),
      flowRow(at + 30e6, at + 90e6),
      flowRow(0, 0, { received: at, time: at / 1e6 + 30, time_source: 'received' }),
      flowRow(at, at + 90e6, { time: at / 1e6 + 40, time_source: 'absurd' }),
    );
    const found: number[] = [];
    for (const [from, to] of ranges) {
      const [a, b] = [String(from), String(to)];
      const [row] = await rig.sql<{ n: string; wrong: string }>(
        `SELECT countIf(within) AS n, countIf(within AND (${shareBetween('bytes', a, b)} != bytes OR NOT ${endsBetween(a, b)})) AS wrong
FROM (SELECT *, ${liesWithin(a, b)} AS within FROM flows)`,
      );
      t.equal(row?.wrong, '0');
      found.push(Number(row?.n));
    }
    // Of the first two ranges: the first two flows, and the two that have no span.
    t.same(found, [4, 4, 8]);
  });
});
