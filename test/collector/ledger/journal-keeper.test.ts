import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { listCheckpoints } from '../../../collector/journal/checkpoint-file.ts';
import { readCommitLog } from '../../../collector/journal/commit-log.ts';
import { listSegments } from '../../../collector/journal/segment-list.ts';
import { receivedMicros } from '../../support/decoder-rig.ts';
import type { Fate } from '../../support/fake-flows.ts';
import { indexFrames } from '../../support/frame-index.ts';
import { buildJournal } from '../../support/journal-builder.ts';
import { LedgerRig, type RigSettings } from '../../support/ledger-rig.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';
import { buildMixedJournal, checkpointBytes, type JournalEntry } from '../../support/mixed-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const exporter = { address: '192.0.2.9', port: 50000 };
const template = set(2, templateRecord(256, [[1, 4]]));
const data = (second: number, ...bytes: readonly number[]): JournalEntry => ({
  ...exporter,
  payload: ipfix({}, set(256, ...bytes.map(u32))),
  micros: receivedMicros + second * 1e6,
});
const announced = { ...exporter, payload: ipfix({}, template), micros: receivedMicros };
const idle = (second: number): JournalEntry => ({
  control: { kernelDrops: 0, refused: 0, queueDrops: 0, exporters: [] },
  micros: receivedMicros + second * 1e6,
});

/** Each part is as far behind the one before as it takes for a checkpoint. Resolves to where each of them ends. */
const buildParts = (directory: string, ...parts: readonly (readonly JournalEntry[])[]): readonly number[] => {
  const ends: number[] = [];
  for (const entries of parts) {
    const last = ends.at(-1);
    const firstPosition = last === undefined ? 0 : last + checkpointBytes;
    ends.push(buildJournal(directory, entries, { chunkEvery: 1, firstPosition }).end);
  }
  return ends;
};

const bytesOf = (rig: LedgerRig): readonly string[] =>
  rig.flows.rows.map(({ text }) => JSON.parse(text).bytes as string).sort();

/** A run up to some position, with all that is decoded there stored. */
const runTo = async (rig: LedgerRig, end: number): Promise<void> => {
  await rig.begin(end);
  void rig.ledger.run();
  await rig.reach('the end', () => rig.frames.position === end);
  rig.nowMs += 10_000;
  rig.ledger.tick();
  await rig.reach('all stored', () => rig.snapshot().pendingRows === 0);
};

const parts = [
  [announced, data(1, 1, 2), data(2, 3)],
  [idle(3), idle(4)],
  [idle(5)],
  [idle(6), idle(7)],
  [data(8, 4)],
] as const;

t.test('a network that is silent for long: what was learnt survives a crash', async (t) => {
  const directory = temporaryDirectory(t);
  const ends = buildParts(directory, ...parts);
  const rig = new LedgerRig(directory, { chunkMs: 6000 });
  rig.onChunk = () => rig.sweep();
  await runTo(rig, ends[3] ?? 0);
  for (let i = 0; i < 3; i++) await rig.sweep();
  const crashed = rig.crash(t);
  await rig.finish();
  t.equal(listSegments(crashed.directory).length, 2, 'segments of the silence went');
  const [checkpoint] = listCheckpoints(crashed.directory);
  t.ok((checkpoint?.position ?? 0) > checkpointBytes);
  await crashed.live();
  t.same([crashed.problems, bytesOf(crashed)], [[], ['1n', '2n', '3n', '4n']]);
});

t.test('so it does when the commit log cannot be written', async (t) => {
  const directory = temporaryDirectory(t);
  const ends = buildParts(directory, ...parts);
  const rig = new LedgerRig(directory, { chunkMs: 6000 });
  rig.onChunk = async () => {
    if (rig.frames.position > (ends[0] ?? 0)) {
      await rig.reach('all stored', () => rig.snapshot().pendingRows === 0);
      rig.logFault = new Error('no room');
    }
    await rig.sweep();
  };
  await runTo(rig, ends[3] ?? 0);
  for (let i = 0; i < 3; i++) await rig.sweep();
  t.match(rig.problems[0], /no room/);
  const crashed = rig.crash(t);
  await crashed.live();
  t.same([crashed.problems, bytesOf(crashed)], [[], ['1n', '2n', '3n', '4n']]);
});

t.test('an intent that cannot be written holds its rows up for a while, no longer', async (t) => {
  const directory = temporaryDirectory(t);
  const end = buildJournal(directory, [announced, data(1, 1), data(2, 2)], { chunkEvery: 1 }).end;
  const rig = await new LedgerRig(directory, { batchAgeMs: 1e9 }).begin(end);
  void rig.ledger.run();
  await rig.reach('the end', () => rig.frames.position === end);
  rig.logFault = new Error('no space left');
  const askedMs = rig.nowMs;
  rig.nowMs += 1e9;
  rig.ledger.tick();
  await rig.reach('stored', () => rig.flows.rows.length === 2);
  const heldUpMs = rig.nowMs - askedMs - 1e9;
  t.ok(heldUpMs >= 5000 && heldUpMs < 6000, `${heldUpMs} ms`);
  t.match(rig.snapshot().journal, { unwrittenIntents: 1 });
  t.match(rig.problems[0], /no space left/);
  const early = rig.crash(t);
  await early.live();
  t.same(bytesOf(early), ['1n', '1n', '2n', '2n'], 'a crash now stores them again, as the count says');
  rig.logFault = undefined;
  await rig.reach('done', () => rig.snapshot().pendingRows === 0);
  await rig.sweep();
  const late = rig.crash(t);
  await late.live();
  t.same(bytesOf(late), ['1n', '2n'], 'and no more once the log can be written');
});

/** The intent of the first batch cannot be written: ClickHouse has none of its rows, and the second batch is about to be sent. */
const withUnwritten = async (t: Test, isPatient: boolean) => {
  const directory = temporaryDirectory(t);
  const entries = [announced, data(1, 1), data(2, 2), data(3, 3), data(4, 4)];
  const { chunks, end } = buildJournal(directory, entries, { chunkEvery: 1 });
  const rig = new LedgerRig(directory, { batchRows: 1, chunkMs: 0, exporters: rated(100) });
  rig.flows.fate = () => 'hang';
  await rig.begin(chunks[2]?.position);
  rig.logFault = new Error('no space left');
  let paused = false;
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  rig.onPause = () => {
    paused = true;
    return isPatient ? held : undefined;
  };
  void rig.ledger.run();
  await rig.reach('all that is there', () => rig.frames.position === chunks[2]?.position);
  rig.nowMs += 1000;
  rig.ledger.tick();
  await rig.reach('the first waits, or is sent', () => (isPatient ? paused : rig.flows.offers.length === 1));
  return { rig, chunks, end, goOn };
};
const rated = (sampling: number) => [
  { address: '00000000000000000000ffffc0000209', name: 'edge', site: '', sampling },
];
const ratesOf = (rig: LedgerRig): readonly string[] =>
  rig.flows.rows.map(({ text }) => JSON.parse(text)).map((row) => `${row.bytes} ${row.sampling_rate}`).sort(); // biome-ignore format: short

for (const isPatient of [true, false])
  t.test(
    `an intent that ${isPatient ? 'waits' : 'was waited for in vain'} is logged before the next`,
    async (t) => {
      const { rig, chunks, end, goOn } = await withUnwritten(t, isPatient);
      rig.logFault = undefined;
      rig.source.written(chunks[4]?.position ?? 0);
      const sent = isPatient ? 1 : 2;
      await rig.reach('another is sent', () => rig.flows.offers.length >= sent);
      const { open } = readCommitLog(rig.directory, rig.journalId);
      t.same(open.map(({ batch }) => batch), [0, 1]); // biome-ignore format: short
      const crashed = await rig.crash(t).live();
      t.same([bytesOf(crashed), crashed.recovered?.batches], [['1n', '2n', '3n', '4n'], 2]);
      goOn();
      rig.source.written(end);
      await rig.finish(0);
    },
  );

t.test('other options stay behind the intents that came before, and ahead of the next', async (t) => {
  for (const isPatient of [true, false]) {
    const { rig, end, goOn } = await withUnwritten(t, isPatient);
    rig.logFault = undefined;
    rig.ledger.reconfigure(rated(200));
    rig.source.written(end);
    goOn();
    await rig.reach('all are logged', () => readCommitLog(rig.directory, rig.journalId).open.length === 3);
    const crashed = await rig.crash(t, { exporters: rated(300) }).live();
    t.same(ratesOf(crashed), ['1n 100', '2n 200', '3n 200', '4n 300']);
    await rig.finish(0);
  }
});

t.test('what is merely kept does not make the journal full', async (t) => {
  const keepMicros = Number.POSITIVE_INFINITY;
  const kept = async (maxBytes: number) => {
    const directory = temporaryDirectory(t);
    buildMixedJournal(directory, { seed: 9, datagrams: 600, parts: 1 });
    const rig = await new LedgerRig(directory, { maxBytes, keepMicros }).live();
    return { rig, bytes: listSegments(directory).reduce((sum, segment) => sum + segment.bytes, 0) };
  };
  const all = await kept(Number.POSITIVE_INFINITY);
  const maxBytes = 60 << 10;
  t.ok(all.bytes > 2 * maxBytes);
  const { rig, bytes } = await kept(maxBytes);
  t.ok(bytes <= maxBytes && bytes > maxBytes - (17 << 10), `${bytes} octets`);
  t.match(rig.snapshot().journal, { bytes });
  t.equal(rig.keeper.isFull, false);
});

t.test('checkpoints: an eighth of the journal apart, or a fourth when it comes quickly', async (t) => {
  const spacing = async (chunkMs: number, maxChunks: number): Promise<readonly number[]> => {
    const directory = temporaryDirectory(t);
    const { chunks, end } = buildJournal(directory, Array.from({ length: 25 }, () => idle(1)), { chunkEvery: 1 }); // biome-ignore format: short
    const chunkBytes = chunks[1]?.position ?? 0;
    const rig = new LedgerRig(directory, { chunkMs, maxBytes: maxChunks * chunkBytes });
    await rig.begin();
    void rig.ledger.run();
    await rig.reach('the end', () => rig.frames.position === end);
    const found = listCheckpoints(directory).map(({ position }) => position / chunkBytes);
    await rig.finish();
    return found;
  };
  t.same(await spacing(5000, 32), [0, 4, 8, 12, 16, 20, 24]);
  t.same(await spacing(1000, 32), [0, 5, 10, 15, 20, 25]);
  t.same(await spacing(0, 32), [0, 8, 16, 24]);
  t.same(await spacing(5000, Number.POSITIVE_INFINITY), [0]);
});

t.test('without its directory one goes on from memory, and says so once', async (t) => {
  const directory = temporaryDirectory(t);
  const end = buildJournal(directory, [announced, data(1, 1)], { chunkEvery: 1 }).end;
  const rig = new LedgerRig(directory);
  await runTo(rig, end);
  rmSync(directory, { recursive: true });
  for (let i = 0; i < 5; i++) await rig.sweep();
  t.match(rig.problems, [/ENOENT/]);
  t.match([rig.problems.length, bytesOf(rig)], [1, ['1n']]);
  t.ok(await rig.finish());
});

t.test('the log is written anew when it is long, with what is open, and not at each look', async (t) => {
  const directory = temporaryDirectory(t);
  const end = buildJournal(directory, [announced, data(1, 1), data(2, 2)], { chunkEvery: 1 }).end;
  const rig = new LedgerRig(directory, { batchRows: 1, batches: 3 });
  let release = (): void => {};
  const held = new Promise<Fate>((resolve) => {
    release = () => resolve('store');
  });
  rig.flows.fate = () => (rig.flows.offers.length === 1 ? held : 'store');
  await rig.begin(end);
  void rig.ledger.run();
  await rig.reach('the end', () => rig.frames.position === end);
  const many = Array.from({ length: 50_000 }, (_, i) => ({
    ...{ address: i.toString(16).padStart(32, '0'), name: `exporter ${i}`, site: 'somewhere' },
    sampling: 1,
  }));
  const file = (): number => statSync(join(directory, 'commits.log')).ino;
  const first = file();
  rig.ledger.reconfigure(many);
  await rig.reach('second stored', () => rig.flows.rows.length === 1);
  await rig.sweep();
  await rig.sweep();
  t.ok(statSync(join(directory, 'commits.log')).size > 4 << 20);
  t.equal(file(), first, 'what is open was made under other options, which have to stay');
  release();
  await rig.reach('all stored', () => rig.snapshot().pendingRows === 0);
  await rig.sweep();
  const second = file();
  t.not(second, first);
  t.match(readCommitLog(directory, rig.journalId), { open: [], resumeFrom: end, nextBatch: 2 });
  await rig.sweep();
  t.equal(file(), second, 'although it is as long as before');
  await rig.finish();
});

/** ClickHouse is away from the beginning, the journal may have 40 KiB. */
const fill = async (t: Test, more: Partial<RigSettings> = {}) => {
  const directory = temporaryDirectory(t);
  buildMixedJournal(directory, { seed: 9, datagrams: 600, parts: 1 });
  const frames = indexFrames(directory);
  const whole = new LedgerRig(directory, more).crash(t);
  await whole.live();
  const rig = new LedgerRig(directory, { maxBytes: 60 << 10, ...more });
  const release: (() => void)[] = [];
  rig.flows.fate = () => new Promise((resolve) => release.push(() => resolve('store')));
  rig.onChunk = () => rig.sweep();
  await rig.begin();
  void rig.ledger.run();
  await rig.reach('full, and then less', () => rig.snapshot().datagramsDiscarded > 0 && !rig.keeper.isFull);
  return { rig, whole, frames, release };
};

t.test(
  'a full journal: segments are given up, what they taught is kept, each datagram is counted',
  async (t) => {
    const { rig, whole, frames, release } = await fill(t);
    const before = rig.snapshot().journal?.bytes ?? 0;
    t.ok(before <= 60 << 10, `${before} octets`);
    const { skips, open } = readCommitLog(rig.directory, rig.journalId);
    const isGone = ({ start }: { start: number }): boolean =>
      skips.some((skip) => start >= skip.start && start < skip.end);
    const gone = frames.filter((frame) => frame.isDatagram && isGone(frame));
    t.ok(skips.length >= 3 && gone.length > 100 && open.length === 4);
    t.equal(rig.snapshot().datagramsDiscarded, gone.length);
    t.same(
      skips.map(({ datagrams }) => datagrams).reduce((a, b) => a + b),
      gone.length,
    );
    const checkpoints = listCheckpoints(rig.directory).map(({ position }) => position);
    t.ok(checkpoints.includes(skips.at(-1)?.end ?? -1), 'a checkpoint where they end');
    await rig.sweep();
    t.ok(listCheckpoints(rig.directory).length <= 4, 'not one for each');
    const byAddress = new Map<string, number>();
    for (const { address } of gone) byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    const drops = rig.frames.books.save().journalDrops;
    t.same(new Map(drops), byAddress, 'by exporter');
    const times = new Set(gone.map(({ micros }) => micros));
    const truth = whole.flows.rows.filter(({ micros }) => !times.has(micros)).map(({ text }) => text).sort(); // biome-ignore format: short
    t.ok(truth.length > 200 && truth.length < whole.flows.rows.length - 100);

    const crashed = rig.crash(t, { maxBytes: Number.POSITIVE_INFINITY });
    const killed = await crashed.live();
    t.same(killed.flows.texts, truth, 'after a crash');
    t.equal(killed.recovered?.batches, 4);
    t.same(new Map(killed.frames.books.save().journalDrops), byAddress);

    let isDone = false;
    const finished = rig.finish().then((settled) => {
      isDone = true;
      return settled;
    });
    await rig.reach('the end', () => {
      release.shift()?.();
      return isDone;
    });
    t.ok(await finished);
    t.same(rig.flows.texts, truth, 'and without one');
    t.equal(listSegments(rig.directory).length, 1);
  },
);

t.test('an end in the middle of a full journal', async (t) => {
  const { rig, whole, frames } = await fill(t, { batchRows: 40 });
  t.equal(await rig.finish(0), false);
  const { skips } = readCommitLog(rig.directory, rig.journalId);
  const times = new Set(
    frames.filter(({ start }) => skips.some((s) => start >= s.start && start < s.end)).map((f) => f.micros),
  );
  const next = await rig.crash(t, { maxBytes: Number.POSITIVE_INFINITY }).live();
  const truth = whole.flows.rows.filter(({ micros }) => !times.has(micros)).map(({ text }) => text).sort(); // biome-ignore format: short
  t.same(next.flows.texts, truth);
});

t.test('an intent is not logged any more once its batch is committed', async (t) => {
  const directory = temporaryDirectory(t);
  const entries = [announced, data(1, 1, 11), data(2, 2), data(3, 3)];
  const { chunks, end } = buildJournal(directory, entries, { chunkEvery: 1 });
  const rig = await new LedgerRig(directory, { batchRows: 1, chunkMs: 0 }).begin(chunks[2]?.position);
  rig.flows.fate = () => 1;
  rig.logFault = new Error('no room');
  void rig.ledger.run();
  await rig.reach('all that is there', () => rig.frames.position === chunks[2]?.position);
  rig.nowMs += 1000;
  rig.ledger.tick();
  await rig.reach('stored', () => rig.snapshot().rowsStored === 1);
  rig.logFault = undefined;
  await rig.sweep();
  rig.flows.fate = () => 'store';
  rig.source.written(end);
  await rig.reach('second stored', () => rig.snapshot().rowsStored === 2);
  t.same(readCommitLog(directory, rig.journalId).open, []);
  t.match(await rig.crash(t).recover(), { rowsStored: 0, rowsLost: 0, batches: 0 });
  await rig.finish();
});

t.test('what was discarded is not logged ahead of a batch that came before', async (t) => {
  const directory = temporaryDirectory(t);
  buildMixedJournal(directory, { seed: 9, datagrams: 600, parts: 1 });
  const rig = new LedgerRig(directory, { maxBytes: 60 << 10 });
  rig.flows.fate = () => 'hang';
  rig.onChunk = () => rig.sweep();
  await rig.begin();
  rig.logFault = new Error('no room');
  void rig.ledger.run();
  await rig.reach('full', () => rig.flows.offers.length === 4 && rig.frames.sink.discarding);
  const sent = rig.flows.offers.flatMap(({ rows }) => rows.map(({ text }) => text));
  rig.logFault = undefined;
  await rig.reach('less', () => rig.snapshot().datagramsDiscarded > 0 && !rig.keeper.isFull);
  const next = await rig.crash(t, { maxBytes: Number.POSITIVE_INFINITY }).live();
  const there = new Set(next.flows.texts);
  t.equal(sent.filter((text) => !there.has(text)).length, 0, `of ${sent.length}`);
  await rig.finish(0);
});
