/** Killed between an intent and its commit, and with ClickHouse's part lost behind its back: recovery counts, and puts it right. */

import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { nextOpenIntent, readOpenIntents, type SeenIntent } from '../support/commit-watch.ts';
import { CrashLab } from '../support/crash-lab.ts';
import { findViewFaults, makeSumsView, noFaults } from '../support/ledger-check.ts';
import { OwnServer } from '../support/own-server.ts';
import { hasPeers } from '../support/peers.ts';
import { startSender } from '../support/running-sender.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { askRows, runSql } from '../support/sql-client.ts';
import { until } from '../support/until.ts';

const seed = 20240229;

t.test('killed at the edge of a batch, many times', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const random = new SeededRandom(seed);
  const server = await OwnServer.start(t);
  const lab = await CrashLab.open(t, { server });
  await lab.start();
  await runSql(server.target, ...makeSumsView('sums'));
  const sender = startSender(t, { port: lab.port, flowsPerSecond: 3000 });
  await until('the first flows are stored', async () => (await lab.countFlows()) > 0);
  const rounds = 12;
  let leftOpen = 0;
  for (let round = 0; round < rounds; round++) {
    await nextOpenIntent(lab.journalDir);
    // At once, while the INSERT runs, or just after it.
    if (random.chance(0.7)) await sleep(random.below(25));
    const both = random.chance(0.3);
    if (both) {
      lab.serverKills++;
      await Promise.all([server.kill(), lab.kill()]);
    } else await lab.kill();
    if (readOpenIntents(lab.journalDir).length > 0) leftOpen++;
    if (both) await server.start();
    await lab.start();
  }
  const sent = await sender.stop();
  await lab.stop();
  await lab.start();
  const truth = await lab.settle();
  t.same(await lab.faults(truth), noFaults, `every journaled flow is there exactly once (seed ${seed})`);
  t.same(await findViewFaults(server.target, 'sums'), [], 'the sums of a view are those of the flows');
  t.ok(leftOpen >= rounds / 4, `${leftOpen} of ${rounds} kills left an intent open`);
  t.same(lab.explainGaps(truth, sent, 2000).outside, []);
  await lab.stop();
  t.comment(
    `${lab.collectorKills} kills, ${lab.serverKills} of ClickHouse at once, ${leftOpen} open intents`,
  );
});

/** Rows that are there of what an intent spans. */
const countOf = async (server: OwnServer, { firstMicros, lastMicros }: SeenIntent): Promise<number> => {
  const [found] = await askRows<{ n: number }>(
    server.target,
    `SELECT count() AS n FROM flows WHERE toUnixTimestamp64Micro(received) BETWEEN ${firstMicros} AND ${lastMicros}`,
  );
  return found?.n ?? 0;
};

/** Directories of the parts that hold these rows, and nothing else: merges are stopped. */
const partsOf = async (server: OwnServer, { firstMicros, lastMicros }: SeenIntent): Promise<string[]> => {
  const parts = await askRows<{ path: string }>(
    server.target,
    `SELECT path FROM system.parts WHERE active AND table = 'flows' AND name IN
     (SELECT DISTINCT _part FROM flows WHERE toUnixTimestamp64Micro(received) BETWEEN ${firstMicros} AND ${lastMicros})`,
  );
  return parts.map(({ path }) => path);
};

/** The intent that is open and whose rows are all there, after a kill; undefined when the kill came at another moment. */
const findStoredIntent = async (server: OwnServer, lab: CrashLab): Promise<SeenIntent | undefined> => {
  await until('no INSERT runs any more', async () => {
    const running = "SELECT count() AS n FROM system.processes WHERE query_kind = 'Insert'";
    return (await askRows<{ n: number }>(server.target, running))[0]?.n === 0;
  });
  const intent = readOpenIntents(lab.journalDir).at(-1);
  return intent && (await countOf(server, intent)) === intent.rows ? intent : undefined;
};

t.test('power fails after the INSERT: its part is gone, its token is not', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const random = new SeededRandom(seed);
  const server = await OwnServer.start(t);
  const lab = await CrashLab.open(t, { server });
  await lab.start();
  await runSql(server.target, 'SYSTEM STOP MERGES flows');
  const sender = startSender(t, { port: lab.port, flowsPerSecond: 3000 });
  await until('the first flows are stored', async () => (await lab.countFlows()) > 0);
  let dropped = 0;
  for (let attempt = 0; attempt < 30 && dropped < 2; attempt++) {
    await nextOpenIntent(lab.journalDir);
    await sleep(random.between(0, 12));
    await lab.kill();
    const intent = await findStoredIntent(server, lab);
    if (intent) {
      const paths = await partsOf(server, intent);
      await server.kill();
      for (const path of paths) rmSync(path, { recursive: true });
      await server.start();
      await runSql(server.target, 'SYSTEM STOP MERGES flows');
      t.equal(await countOf(server, intent), 0, 'its rows are gone');
      dropped++;
      await lab.start();
      await until('and there again', async () => (await countOf(server, intent)) === intent.rows);
    } else await lab.start();
  }
  await sender.stop();
  t.ok(dropped > 0, `${dropped} times a part was lost`);
  await lab.stop();
  await lab.start();
  const truth = await lab.settle();
  t.same(await lab.faults(truth), noFaults, 'every journaled flow is there exactly once');
  await lab.stop();
});
