import t from 'tap';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, makeKeeper, minute, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';
import { until } from '../../support/until.ts';

t.test('hours are made again while flows of them come late', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const at = tenOClock;
  let stored = at + 30 * minute;
  const keeper = makeKeeper(rig.client, {
    storedUntilMicros: () => stored,
    nowMicros: () => stored,
    sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
  const made = (): number => keeper.states.find(({ rollup }) => rollup === 'talkers_1h')?.untilMicros ?? 0;
  const versions = async () =>
    (
      await rig.sql<{
        v: number;
        b: string;
        n: string;
      }>(`SELECT version, round((toUnixTimestamp64Micro(version) - ${at}) / 60000000) AS v, sum(bytes) AS b, uniqExact(rank) AS n
FROM talkers_1h WHERE hour = toDateTime(${at / 1e6}) AND role = 'src' GROUP BY version ORDER BY version`)
    ).map(({ v, b }) => [v, Number(b)]);
  const pass = async (to: number): Promise<void> => {
    const rows = () => keeper.states.find(({ rollup }) => rollup === 'nat_log')?.untilMicros ?? 0;
    stored = to;
    // Rollups take turns: two more rounds of one of them, and all have had theirs.
    await until('the windows', () => rows() >= to - 10e6);
    stored += 20e6;
    await until('the windows', () => rows() >= to + 10e6);
    stored += 20e6;
    await until('the windows', () => rows() >= to + 30e6);
  };
  // Merges would leave the newest rows alone.
  await rig.client.command({ query: 'SYSTEM STOP MERGES talkers_1h' });
  await rig.put(
    ...Array.from({ length: 20 }, (_, i) =>
      flowRow(at + minute, at + 2 * minute, { bytes: 100, src_port: i }),
    ),
  );
  keeper.start();
  t.teardown(() => keeper.stop(5000));
  await pass(at + hour + minute);
  t.same(await versions(), [], 'not before two minutes have passed');
  await pass(at + hour + 3 * minute);
  t.equal(made(), at + hour);
  t.same(await versions(), [[63, 2000]]);
  await pass(at + 2 * hour + 3 * minute);
  t.same(await versions(), [[63, 2000]], 'nothing came late');
  await rig.put(
    flowRow(at + 50 * minute, at + 55 * minute, {
      src_addr: '::ffff:10.0.0.2',
      bytes: 7,
      received: at + 150 * minute,
    }),
  );
  await pass(at + 3 * hour + 3 * minute);
  t.match(await versions(), [
    [63, 2000],
    [Number, 2007],
  ]);
  await keeper.stop(5000);
  t.equal(made(), at + 3 * hour);
});
