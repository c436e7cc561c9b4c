import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { RollupJob } from '../../../collector/rollup/rollup-job.ts';
import type { Progress, RollupProgress } from '../../../collector/rollup/rollup-progress.ts';
import { RollupWorker } from '../../../collector/rollup/rollup-worker.ts';
import { connect } from '../../../collector/store/connection.ts';
import { OwnServer } from '../../support/own-server.ts';
import { hasPeers } from '../../support/peers.ts';
import {
  hour,
  insertFlows,
  makeKeeper,
  prepareTables,
  randomFlow,
  tenOClock,
} from '../../support/rollup-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { askRows } from '../../support/sql-client.ts';
import { until } from '../../support/until.ts';

const kills = 8;

t.test('of short windows without a row nothing is written down', async (t) => {
  const written: number[] = [];
  const asked = {
    collector: 'c-1',
    countRunning: async () => 0,
    find: async () => ({ since: 0, until: tenOClock, writtenUntil: 0, rows: 0, seconds: 0 }),
    write: async (_rollup: string, { until }: Progress) => void written.push(until),
  } as unknown as RollupProgress;
  let reached = tenOClock;
  const job: RollupJob = {
    rollup: 'connections',
    begin: (oldest) => oldest,
    next: () => ({ query: '', params: {}, until: reached, marks: reached }),
  };
  let rows = 0;
  const worker = new RollupWorker(job, asked, { prefix: 'test', run: async () => rows }, () => 0);
  const step = async (seconds: number): Promise<readonly number[]> => {
    reached += seconds * 1e6;
    await worker.step({
      ...{ storedUntil: reached, isQuiet: false, isHistory: false, minutes: undefined, nowMicros: reached },
    });
    t.equal(worker.progress?.until, reached);
    return written.splice(0).map((until) => (until - tenOClock) / 1e6);
  };
  t.same(await step(1), [1], 'the first one is');
  t.same(await step(1), []);
  t.same(await step(7), []);
  t.same(await step(2), [11], 'and one in ten seconds');
  rows = 1;
  t.same(await step(1), [12], 'rows are told of at once');
  rows = 0;
  t.same(await step(9), []);
});

t.test('ClickHouse is killed again and again while windows are made', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const server = await OwnServer.start(t);
  const { url, password, database } = server.target;
  const connection = { url, user: 'flowledger', password, database };
  const admin = connect({ ...connection, database: 'default' });
  await admin.command({ query: 'CREATE DATABASE flowledger' });
  await admin.close();
  const client = connect(connection);
  t.teardown(() => client.close());
  await prepareTables(client);
  // Rows expire a day after they were last seen, and these are of a day that may be long ago.
  await client.command({ query: 'ALTER TABLE connections REMOVE TTL' });
  const random = new SeededRandom(11);
  const end = tenOClock + 4 * hour;
  const rows = Array.from({ length: 12_000 }, () => randomFlow(random, tenOClock, end));
  await insertFlows(client, rows);
  const told = new Set<string>();
  let stored = tenOClock;
  const begin = () => {
    const keeper = makeKeeper(client, {
      storedUntilMicros: () => stored,
      nowMicros: () => end,
      onTrouble: (_, problem) => told.add(problem ?? 'over'),
      sleep: (ms, signal) => sleep(Math.min(ms, 10), undefined, { signal }),
    });
    keeper.start();
    return keeper;
  };
  let keeper = begin();
  for (let i = 1; i <= kills; i++) {
    stored = tenOClock + (i * 4 * hour) / kills;
    await sleep(random.below(400));
    await server.kill();
    // Half of the times we go down with it.
    if (random.chance(0.5)) {
      await keeper.stop(0);
      keeper = begin();
    }
    await server.start();
  }
  await until(
    'all is made',
    () =>
      keeper.states.every(({ rollup, untilMicros }) => rollup === 'talkers_1h' || untilMicros >= end - 300e6),
    60_000,
  );
  await keeper.stop(5000);
  await makeKeeper(client).catchUp(end);
  t.ok(told.size > 1, 'there was trouble, and it was told');
  // As texts: more than a double holds.
  const ask = async (sql: string) =>
    (await askRows(server.target, `SELECT toString(tuple(*)) AS all FROM (${sql})`))[0];
  const truth = await ask(
    "SELECT sum(bytes + reverse_bytes) AS b, sum(packets + reverse_packets) AS p, countIf(record_kind = 'flow') AS f FROM flows WHERE record_kind != 'event'",
  );
  t.ok(truth);
  for (const table of ['flows_1m', 'flows_1h'])
    for (const about of ['interfaces', 'as'])
      t.same(
        await ask(
          `SELECT sum(bytes) AS b, sum(packets) AS p, sum(flows) AS f FROM ${table} WHERE about = '${about}'`,
        ),
        truth,
        `${table}, ${about}`,
      );
  t.same(
    await ask(
      'SELECT sum(bytes_out + bytes_in) AS b, sum(packets_out + packets_in) AS p, sum(flows_out + flows_in) AS f FROM host_activity',
    ),
    truth,
    'host_activity: each flow has one end inside',
  );
  t.same(
    await ask('SELECT count() AS n FROM nat_log'),
    await ask('SELECT countIf(post_nat_src_port != 0) AS n FROM flows'),
    'nat_log',
  );
  t.same(
    await ask('SELECT sum(bytes) AS b FROM connections'),
    await ask('SELECT sum(bytes) AS b FROM flows WHERE flow_id != 0'),
    'connections',
  );
});
