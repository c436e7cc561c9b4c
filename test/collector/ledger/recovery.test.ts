/** After a crash at any moment each row is there once: the proofs of docs/journal.md, on real files and with a `flows` of our own. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { listCheckpoints } from '../../../collector/journal/checkpoint-file.ts';
import { CommitLog, readCommitLog } from '../../../collector/journal/commit-log.ts';
import { listSegments } from '../../../collector/journal/segment-list.ts';
import { hasOpenBatches } from '../../../collector/ledger/recovery.ts';
import type { Fate, Offer } from '../../support/fake-flows.ts';
import { LedgerRig, type RigSettings } from '../../support/ledger-rig.ts';
import { buildMixedJournal } from '../../support/mixed-journal.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

interface Edge {
  readonly offer: Offer;
  /** What a crash leaves between the intent and the INSERT. */
  readonly crashed: LedgerRig;
}

const makeRig = (
  t: Test,
  seed: number,
  datagrams: number,
  settings: Partial<RigSettings> = {},
): LedgerRig => {
  const directory = temporaryDirectory(t);
  buildMixedJournal(directory, { seed, datagrams });
  return new LedgerRig(directory, settings);
};

/** A run without a crash, with what one would have left at each batch. */
const runWhole = async (t: Test, rig: LedgerRig): Promise<Edge[]> => {
  const edges: Edge[] = [];
  rig.flows.fate = (offer) => {
    edges.push({ offer, crashed: rig.crash(t) });
    return 'store';
  };
  rig.onChunk = () => rig.sweep();
  await rig.live();
  return edges;
};

const goOn = async (rig: LedgerRig): Promise<LedgerRig> => {
  await rig.begin();
  await rig.finish();
  return rig;
};

t.test('a crash at every edge: the same block is made again, and each row is there once', async (t) => {
  const whole = makeRig(t, 8, 450, { batches: 1 });
  const edges = await runWhole(t, whole);
  const truth = whole.flows.texts;
  t.equal(new Set(truth).size > 800 && edges.length > 15, true);
  const begun = new Set<number>();
  const wrong: string[] = [];
  for (const [i, { offer, crashed }] of edges.entries()) {
    const { rows } = offer;
    const ways = [
      { name: 'not stored', there: [], rowsStored: rows.length, rowsFound: 0 },
      { name: 'stored', there: rows, rowsStored: 0, rowsFound: rows.length },
      { name: 'half', there: rows.slice(0, rows.length >> 1), rowsStored: rows.length, rowsFound: 0 },
      { name: 'torn', there: rows, rowsStored: 0, rowsFound: rows.length, torn: '5a1f {"type":"com' },
    ];
    for (const { name, there, torn, ...counts } of ways) {
      const rig = crashed.crash(t).tear(torn ?? '');
      rig.flows.rows.push(...there);
      if (!hasOpenBatches(rig.directory, rig.journalId)) wrong.push(`${i} ${name}: nothing is open`);
      const { rowsStored, rowsFound, rowsLost } = await rig.recover();
      begun.add(listCheckpoints(rig.directory)[0]?.position ?? 0);
      const again = rig.flows.offers[0];
      const same = rowsStored === 0 || (again?.hash === offer.hash && again.token === offer.token);
      if (!same) wrong.push(`${i} ${name}: another block`);
      if (rowsStored !== counts.rowsStored || rowsFound !== counts.rowsFound || rowsLost > 0)
        wrong.push(`${i} ${name}: ${rowsStored} stored, ${rowsFound} found, ${rowsLost} lost`);
      await goOn(rig);
      if (rig.flows.texts.join() !== truth.join()) wrong.push(`${i} ${name}: other rows`);
      if (rig.losses.join() !== whole.losses.join()) wrong.push(`${i} ${name}: other losses`);
      wrong.push(...rig.problems.map((problem) => `${i} ${name}: ${problem}`));
    }
  }
  t.same(wrong, []);
  t.equal(begun.size, 4, 'from several checkpoints');
  t.ok(listSegments(whole.directory).length < 3, 'and segments were deleted behind');
});

t.test('several are under way, and end in any order', async (t) => {
  const truth = (await makeRig(t, 2, 300).live()).flows.texts;
  const whole = makeRig(t, 2, 300, { batchRows: 25 });
  const random = new SeededRandom(2);
  const crashes: LedgerRig[] = [];
  const offered = new Map<string, Offer>();
  whole.flows.fate = async (offer): Promise<Fate> => {
    offered.set(offer.token, offer);
    crashes.push(whole.crash(t));
    const number = whole.flows.offers.length;
    // Each third is overtaken by those behind it, as far as there are any.
    for (let turns = 0; number % 3 === 0 && turns < 500; turns++) {
      if (whole.flows.offers.length > number + 2) break;
      await eventLoopTurn();
    }
    return 'store';
  };
  whole.onChunk = () => whole.sweep();
  await whole.live();
  t.same(whole.flows.texts, truth);
  let several = 0;
  let overtaken = 0;
  for (const rig of crashes) {
    const { open, nextBatch } = readCommitLog(rig.directory, rig.journalId);
    if (open.length > 1) several++;
    if (open[0] && nextBatch - open[0].batch > open.length) overtaken++;
    const have = new Set(rig.flows.rows);
    for (const { token } of open) {
      const rows = offered.get(token)?.rows ?? [];
      const isThere = rows.some((row) => have.has(row));
      if (!isThere && random.chance(0.4)) rig.flows.rows.push(...rows);
    }
    await rig.recover();
    await goOn(rig);
    if (rig.flows.texts.join() !== truth.join()) t.same(rig.flows.texts, truth);
  }
  t.ok(several > 5 && overtaken > 0, `${several} with several, ${overtaken} of which a later one was done`);
});

/** Three batches are under way when it crashes: of the first the rows are there, of the second a part, of the third none. */
const crashWithThree = async (t: Test, rig: LedgerRig): Promise<LedgerRig> => {
  let n = 0;
  rig.flows.fate = () => {
    n++;
    if (n < 5) return 'store';
    return n === 5 ? 'lose' : n === 6 ? 'part' : 'hang';
  };
  await rig.recover();
  await rig.begin();
  void rig.ledger.run();
  const open = () => readCommitLog(rig.directory, rig.journalId).open.length;
  await rig.reach('three batches under way', () => rig.flows.offers.length === 7 && open() === 3);
  const crashed = rig.crash(t);
  await rig.finish(0);
  t.equal(readCommitLog(crashed.directory, crashed.journalId).open.length, 3);
  return crashed;
};

t.test('a batch that was sent under another token is recovered under that one', async (t) => {
  const truth = (await makeRig(t, 9, 100).live()).flows.texts;
  const whole = makeRig(t, 9, 100, { batches: 1 });
  whole.flows.otherToken = 'name.other';
  const edges = await runWhole(t, whole);
  for (const { offer, crashed } of edges) {
    const [intent] = readCommitLog(crashed.directory, crashed.journalId).open;
    t.same({ ...intent, rows: offer.rows.length }, intent, 'the same batch');
    // Of what is stored no row is stored again, and yet it is offered: views may lack it.
    crashed.flows.rows.push(...offer.rows);
    t.match(await crashed.recover(), { rowsFound: offer.rows.length, rowsStored: 0 });
    t.match(crashed.flows.offers, [{ mode: 'recover', token: 'name.other', hash: offer.hash }]);
    await goOn(crashed);
    t.same(crashed.flows.texts, truth);
  }
});

t.test('rows are looked for, and stored, under the name that the collector had', async (t) => {
  const rig = await crashWithThree(t, makeRig(t, 10, 300, { batches: 3 }));
  const unnamed = rig.crash(t);
  await rig.recover();
  t.same(rig.recoveredNames, ['lab', 'lab', 'lab']);
  // A log of before it was written down.
  const { open, options } = readCommitLog(unnamed.directory, unnamed.journalId);
  rmSync(join(unnamed.directory, 'commits.log'));
  const log = CommitLog.open(unnamed.directory, unnamed.journalId, { sync: false });
  await log.options({
    groups: [],
    keepExtra: true,
    exporters: [],
    version: '',
    ...options,
    collector: undefined,
  });
  for (const intent of open) await log.intent(intent);
  await log.close();
  await unnamed.recover();
  t.same(unnamed.recoveredNames, [undefined, undefined, undefined]);
  t.same(unnamed.flows.texts, rig.flows.texts);
});

t.test('a crash of the recovery itself, twice, and one before the log says that it is over', async (t) => {
  const truth = (await makeRig(t, 3, 300).live()).flows.texts;
  const crashed = await crashWithThree(t, makeRig(t, 3, 300, { batches: 3 }));
  for (const fate of ['lose', 'part'] as const) {
    const rig = crashed.crash(t);
    rig.flows.fate = () => {
      setImmediate(rig.flows.giveUp);
      return fate;
    };
    await t.rejects(rig.recover(), /interrupted/);
    crashed.flows.rows = rig.flows.rows;
  }
  const rig = crashed.crash(t);
  t.match(await rig.recover(), { batches: 3, rowsLost: 0 });
  rig.logFault = new Error('no room');
  await rig.begin();
  const again = rig.crash(t);
  t.match(await again.recover(), { batches: 3, rowsStored: 0, rowsLost: 0 });
  await goOn(again);
  t.same(again.flows.texts, truth);
});

const damage = (path: string): void => {
  const octets = readFileSync(path);
  octets[octets.length >> 1] = (octets[octets.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, octets);
};

t.test('damaged checkpoints: an older one, or none', async (t) => {
  const whole = makeRig(t, 4, 300, { batches: 1 });
  const crashes: LedgerRig[] = [];
  whole.flows.fate = () => {
    crashes.push(whole.crash(t));
    return 'store';
  };
  await whole.live();
  const truth = whole.flows.texts;
  const last = crashes.at(-1) as LedgerRig;
  const count = listCheckpoints(last.directory).length;
  t.ok(count >= 3, 'nothing was swept');
  for (let left = count - 1; left >= 0; left--) {
    const rig = last.crash(t);
    for (const { path } of listCheckpoints(rig.directory).slice(left)) damage(path);
    await rig.recover();
    await goOn(rig);
    t.same(rig.flows.texts, truth);
    t.match(rig.problems, Array(count - left).fill(/checkpoint-\d+\.json: is damaged/));
    t.equal(rig.flows.offers[0]?.hash, whole.flows.offers.at(-1)?.hash);
  }
});

t.test('without checkpoint and without the oldest segments: said, and nothing is there twice', async (t) => {
  const edges = await runWhole(t, makeRig(t, 5, 300));
  const isAlone = ({ crashed }: Edge) =>
    readCommitLog(crashed.directory, crashed.journalId).open.length === 1;
  const { crashed, offer } = edges.findLast(isAlone) as Edge;
  crashed.flows.rows.push(...offer.rows);
  for (const { path } of listCheckpoints(crashed.directory)) rmSync(path);
  const before = crashed.flows.rows.length;
  t.match(await crashed.recover(), { rowsFound: offer.rows.length, rowsStored: 0 });
  t.match(crashed.problems, [/there is no checkpoint: Templates that came before the oldest segment/]);
  t.equal(crashed.flows.rows.length, before);
});

t.test('a batch of which the segments are gone', async (t) => {
  const rig = await crashWithThree(t, makeRig(t, 6, 300, { batches: 3 }));
  const { open } = readCommitLog(rig.directory, rig.journalId);
  const [first, second, third] = open.map(({ rows }) => rows) as [number, number, number];
  for (const { path, base } of listSegments(rig.directory)) if (base < (open[2]?.start ?? 0)) rmSync(path);
  const { rowsFound, rowsStored, rowsLost } = await rig.recover();
  t.same([rowsFound + rowsStored + rowsLost], [first + second + third], 'each row is accounted for');
  t.ok(rowsFound >= first && rowsLost > 0);
  await rig.begin();
  rig.frames.books.writeMinute();
  const losses = rig.kept.rows.filter((row) => Number(row.not_stored ?? 0) > 0);
  t.match(losses, [{ exporter: '::', not_stored: rowsLost }]);
});

t.test('the commit log is gone, or of another journal', async (t) => {
  const edges = await runWhole(t, makeRig(t, 7, 200));
  const { crashed } = edges.at(-1) as Edge;
  const other = readFileSync(join(crashed.directory, 'commits.log'), 'utf8');
  rmSync(join(crashed.directory, 'commits.log'));
  const rig = await crashed.crash(t).live();
  t.match(rig.problems, [/the commit log is not there: what was received from \d+ on is looked for/]);
  t.ok(rig.flows.rows.length > crashed.flows.rows.length);
  const stopped = makeRig(t, 7, 200);
  await stopped.live();
  const truth = stopped.flows.texts;
  rmSync(join(stopped.directory, 'commits.log'));
  for (const log of ['', other.replaceAll(stopped.journalId, 'f'.repeat(32))]) {
    const again = stopped.crash(t).tear(log);
    await again.live();
    t.same(again.flows.texts, truth, 'after an orderly end a checkpoint says that all is stored');
  }
});

t.test('what is refused in recovery stands in the losses', async (t) => {
  const edges = await runWhole(t, makeRig(t, 8, 100));
  const { crashed, offer } = edges[0] as Edge;
  crashed.flows.fate = () => 2;
  t.match(await crashed.recover(), { rowsStored: offer.rows.length - 2, rowsLost: 0 });
  await crashed.begin();
  crashed.frames.books.writeMinute();
  t.match(crashed.kept.rows.filter((row) => Number(row.not_stored ?? 0) > 0), [{ not_stored: 2 }]); // biome-ignore format: short
  await crashed.finish(0);
});

t.test(
  'the log is gone, and with it what it said of segments that are gone, too: no stored row is taken away',
  async (t) => {
    for (const seed of [6, 7, 8]) {
      const directory = temporaryDirectory(t);
      buildMixedJournal(directory, { seed, datagrams: 300 });
      const whole = new LedgerRig(directory);
      whole.onChunk = () => whole.sweep();
      await whole.begin();
      void whole.ledger.run();
      await whole.reach('the end', () => whole.frames.position === whole.end);
      whole.nowMs += 10_000;
      whole.ledger.tick();
      await whole.reach('stored', () => whole.snapshot().pendingRows === 0);
      await whole.sweep();
      const rig = whole.crash(t);
      rmSync(`${rig.directory}/commits.log`);
      rig.doubtfulBefore = rig.end;
      await rig.live();
      const there = new Set(rig.flows.texts);
      const gone = whole.flows.texts.filter((text) => !there.has(text)).length;
      t.equal(gone, 0, `seed ${seed}`);
      await whole.finish();
    }
  },
);
