import t, { type Test } from 'tap';
import { hasPeers } from '../../support/peers.ts';
import {
  hour,
  makeKeeper,
  type RollupRig,
  randomFlow,
  startRollupRig,
  tenOClock,
} from '../../support/rollup-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';

/** By exporter and sampling rate, out of `flows` in the simplest way: both directions of what is no event. */
const truth = `SELECT exporter, sampling_rate, sum(bytes + reverse_bytes) AS bytes, sum(packets + reverse_packets) AS packets,
  countIf(record_kind = 'flow') AS flows FROM flows WHERE record_kind != 'event' GROUP BY ALL ORDER BY ALL`;
const rolled = (table: string, about: string): string =>
  `SELECT exporter, sampling_rate, sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows FROM ${table} WHERE about = '${about}' GROUP BY ALL ORDER BY ALL`;

const checkSums = async (t: Test, rig: RollupRig): Promise<void> => {
  const sums = await rig.sql(truth);
  t.ok(sums.length > 0);
  for (const table of ['flows_1m', 'flows_1h'])
    for (const about of ['interfaces', 'as'])
      t.same(await rig.sql(rolled(table, about)), sums, `${table}, ${about}`);
};

t.test('rollups of random flows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const random = new SeededRandom(5);
  const end = tenOClock + 2 * hour;
  const fill = async (rows: number, more: object = {}): Promise<void> =>
    rig.put(...Array.from({ length: rows }, () => ({ ...randomFlow(random, tenOClock, end), ...more })));

  await t.test('sums are those of the flows, exactly', async (t) => {
    await fill(5000);
    await rig.catchUp(end);
    await checkSums(t, rig);
    t.equal(
      (
        await rig.sql<{ n: string }>(
          'SELECT count() AS n FROM rollups FINAL WHERE until >= toDateTime64(1795176000, 6)',
        )
      )[0]?.n,
      '6',
    );
  });

  await t.test('what was truncated is made again, and nothing else', async (t) => {
    const before = await rig.sql('SELECT sum(bytes_in), sum(flows_in) FROM host_activity');
    await rig.client.command({ query: 'TRUNCATE TABLE flows_1m' });
    await rig.client.command({ query: 'TRUNCATE TABLE flows_1h' });
    await rig.catchUp(end);
    await checkSums(t, rig);
    t.same(await rig.sql('SELECT sum(bytes_in), sum(flows_in) FROM host_activity'), before);
  });

  await t.test('two collectors on one database', async (t) => {
    await fill(500, { collector: 'c-2' });
    await rig.catchUp(end, { collector: 'c-2' });
    await rig.catchUp(end);
    await checkSums(t, rig);
    t.same(await rig.sql('SELECT DISTINCT collector FROM flows_1m ORDER BY 1'), [
      { collector: 'c-1' },
      { collector: 'c-2' },
    ]);
  });

  await t.test(
    'kept while time goes on: only what is stored, and only whole hours by the hour',
    async (t) => {
      await rig.reset();
      await fill(2000);
      let stored = tenOClock + 0.5 * hour;
      const keeper = makeKeeper(rig.client, {
        storedUntilMicros: () => stored,
        sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
      });
      keeper.start();
      const reached = (rollup: string) =>
        keeper.states.find((state) => state.rollup === rollup)?.untilMicros ?? 0;
      await until('half an hour', () => reached('flows_1m') >= stored);
      t.same(await rig.sql('SELECT count() AS n FROM flows_1h'), [{ n: '0' }]);
      t.same(await rig.sql('SELECT max(until) < toDateTime64(1795170601, 6) AS ok FROM flows_1m'), [
        { ok: 1 },
      ]);
      stored = end + 0.2 * hour;
      await until('all', () => reached('flows_1h') >= end && reached('flows_1m') >= stored);
      await keeper.stop(5000);
      await checkSums(t, rig);
      t.same(
        keeper.states.map(({ problem }) => problem),
        Array(6).fill(undefined),
      );
    },
  );

  await t.test('connections are made at once, the others when a window is over', async (t) => {
    await rig.reset();
    // Rows expire a day after they were last seen, and these are of a day that may be long ago.
    await rig.client.command({ query: 'ALTER TABLE connections REMOVE TTL' });
    await rig.put({ ...randomFlow(random, tenOClock, end), flow_id: 7, received: tenOClock + 1e6 });
    let stored = tenOClock + 1e6;
    const keeper = makeKeeper(rig.client, {
      storedUntilMicros: () => stored,
      nowMicros: () => stored,
      sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
    });
    keeper.start();
    const reached = (rollup: string) =>
      keeper.states.find((state) => state.rollup === rollup)?.untilMicros ?? 0;
    await until('they have begun', () => reached('connections') > 0 && reached('nat_log') > 0);
    // The row was received then: what is stored is known to be so a microsecond later.
    stored++;
    await until('a connection', async () => {
      const [row] = await rig.sql<{ n: string }>('SELECT count() AS n FROM connections');
      return row?.n === '1';
    });
    await until('it is written down', () => reached('connections') === stored);
    t.equal(reached('nat_log'), tenOClock + 1e6);
    t.same(
      await rig.sql(
        "SELECT toUnixTimestamp64Micro(max(until)) AS until FROM rollups WHERE rollup = 'connections'",
      ),
      [{ until: String(stored) }],
    );
    await keeper.stop(5000);
  });

  await t.test('trouble is told once, and over once', async (t) => {
    const told: unknown[] = [];
    await rig.client.command({ query: 'RENAME TABLE nat_log TO away' });
    const keeper = makeKeeper(rig.client, {
      storedUntilMicros: () => end,
      onTrouble: (rollup, problem) => told.push([rollup, problem === undefined ? 'over' : 'trouble']),
      sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
    });
    keeper.start();
    await until('trouble', () => told.length > 0);
    await until('others go on', () =>
      keeper.states.some(({ rollup, untilMicros }) => rollup === 'flows_1h' && untilMicros > 0),
    );
    await rig.client.command({ query: 'RENAME TABLE away TO nat_log' });
    await until('it is over', () => told.length > 1);
    await keeper.stop(5000);
    t.same(told, [
      ['nat_log', 'trouble'],
      ['nat_log', 'over'],
    ]);
  });
});

t.test('a network that is none', async (t) => {
  t.throws(() => makeKeeper({} as never, { inside: ['10.0.0.0/33'] }), {
    message: /--inside: 10\.0\.0\.0\/33 is no network/,
  });
});
