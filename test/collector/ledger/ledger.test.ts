import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { listCheckpoints } from '../../../collector/journal/checkpoint-file.ts';
import { readCommitLog } from '../../../collector/journal/commit-log.ts';
import { type CommitRecord, parseCommitLine } from '../../../collector/journal/commit-record.ts';
import { DecoderRig, receivedMicros } from '../../support/decoder-rig.ts';
import { indexFrames } from '../../support/frame-index.ts';
import { buildJournal } from '../../support/journal-builder.ts';
import { LedgerRig, type RigSettings } from '../../support/ledger-rig.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';
import { buildMixedJournal, type JournalEntry, type MixedJournal } from '../../support/mixed-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const exporter = { address: '192.0.2.9', port: 50000 };
const octets = (micros: number, ...sets: readonly Uint8Array[]): JournalEntry => ({
  ...exporter,
  payload: ipfix({}, ...sets),
  micros,
});
const template = set(2, templateRecord(256, [[1, 4]]));
const data = (micros: number, ...bytes: readonly number[]): JournalEntry =>
  octets(micros, set(256, ...bytes.map(u32)));

const startOf = async (
  t: Test,
  entries: readonly JournalEntry[],
  settings: Partial<RigSettings> = {},
): Promise<LedgerRig> => {
  const directory = temporaryDirectory(t);
  buildJournal(directory, entries, { chunkEvery: 1 });
  return new LedgerRig(directory, settings).begin();
};

const mixed = (
  t: Test,
  seed: number,
  settings: Partial<RigSettings> = {},
): readonly [LedgerRig, MixedJournal] => {
  const directory = temporaryDirectory(t);
  const journal = buildMixedJournal(directory, { seed, datagrams: 300, parts: 1 });
  return [new LedgerRig(directory, settings), journal];
};

/** Of one kind, in the order of the commit log. */
const recordsOf = <Type extends CommitRecord['type']>(
  rig: LedgerRig,
  type: Type,
): readonly (CommitRecord & { type: Type })[] =>
  readFileSync(join(rig.directory, 'commits.log'), 'latin1')
    .split('\n')
    .map((line) => parseCommitLine(Buffer.from(line, 'latin1')))
    .filter((record): record is CommitRecord & { type: Type } => record?.type === type);

const bytesOf = (rig: LedgerRig): readonly string[] =>
  rig.flows.rows.map(({ text }) => JSON.parse(text).bytes as string);

t.test('the rows are those that the decoder makes of the same datagrams', async (t) => {
  const [rig, { datagrams }] = mixed(t, 1);
  await rig.live();
  const truth = new DecoderRig({ groups: ['nat'], capacity: 8192 });
  let second = 0;
  for (const { payload, address, port, micros } of datagrams) {
    if (Math.floor(micros / 1e6) > second) truth.decoder.expire(micros);
    second = Math.floor(micros / 1e6);
    const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
    truth.send(payload, { address: `00000000000000000000ffff${hex.join('')}`, port, micros });
  }
  const texts = truth
    .rows()
    .map((row) => JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)));
  t.ok(texts.length > 500);
  t.same(rig.flows.texts, texts.sort());
});

t.test('batches: between frames, of one date of receipt, in order, no row outside', async (t) => {
  const [rig, journal] = mixed(t, 2);
  const frames = indexFrames(journal.directory);
  await rig.live();
  const starts = new Map(frames.map(({ start, micros }) => [start, micros]));
  const ends = new Map(frames.map(({ end, micros }) => [end, micros]));
  const intents = recordsOf(rig, 'intent');
  let last = 0;
  for (const [i, { start, end, firstMicros, lastMicros, rows, token }] of intents.entries()) {
    const offer = rig.flows.offers.find((o) => o.token === token);
    t.same([starts.get(start), ends.get(end)], [firstMicros, lastMicros], `batch ${i}`);
    t.ok(start >= last && rows === offer?.rows.length && rows > 0);
    t.ok(offer?.rows.every(({ micros }) => micros >= firstMicros && micros <= lastMicros));
    t.equal(Math.floor(firstMicros / 86_400e6), Math.floor(lastMicros / 86_400e6));
    last = end;
  }
  const days = new Set(intents.map(({ firstMicros }) => Math.floor(firstMicros / 86_400e6)));
  t.equal(days.size, 2, 'midnight was within');
  t.same(recordsOf(rig, 'commit').map(({ batch }) => batch).sort(), intents.map(({ batch }) => batch).sort()); // biome-ignore format: short
});

t.test('a batch is closed by its rows, its age, its texts', async (t) => {
  const at = receivedMicros;
  const byRows = await startOf(t, [octets(at, template), data(at + 1, 1, 2), data(at + 2, 3), data(at + 3, 4)], {
    batchRows: 2,
    batchAgeMs: 1e6,
  }); // biome-ignore format: a list
  await byRows.finish();
  t.same(byRows.flows.offers.map(({ rows }) => rows.length), [2, 2]); // biome-ignore format: short
  const byAge = await startOf(t, [octets(at, template), ...[1, 2, 3, 4, 5].map((n) => data(at + n, n))], {
    batchAgeMs: 250,
  });
  await byAge.finish();
  t.same(byAge.flows.offers.map(({ rows }) => rows.length), [3, 2]); // biome-ignore format: short
  // An element without a name goes to `extra`, as hex: 120,000 characters a record.
  const long = set(2, templateRecord(256, [[900, 60_000]]));
  const record = set(256, 'ab'.repeat(60_000));
  const many = Array.from({ length: 300 }, (_, i) => octets(at + 1 + i, record));
  const byTexts = await startOf(t, [octets(at, long), ...many], { batchRows: 1000, batchAgeMs: 1e9 });
  await byTexts.finish();
  t.same(byTexts.flows.offers.map(({ rows }) => rows.length), [280, 20]); // biome-ignore format: short
});

t.test('rows of a Template that came late belong to the datagram that brought it', async (t) => {
  const at = receivedMicros;
  const rig = await startOf(
    t,
    [data(at, 7), data(at + 1, 8), octets(at + 60e6, template, set(256, u32(9)))],
    {},
  );
  await rig.finish();
  const [offer] = rig.flows.offers;
  t.match(offer, { firstMicros: at + 60e6, lastMicros: at + 60e6 });
  t.same(
    offer?.rows.map(({ micros, text }) => [micros, JSON.parse(text).bytes]).sort(),
    [7, 8, 9].map((n) => [at + 60e6, `${n}n`]),
  );
  t.equal(
    recordsOf(rig, 'intent')[0]?.start,
    32 + 2 * (32 + 40 + 24) + 0,
    'the frames before are not part of it',
  );
});

t.test('ClickHouse is slow: frames wait for a free batch, and no row is lost', async (t) => {
  const [rig] = mixed(t, 3);
  const release: (() => void)[] = [];
  rig.flows.fate = () => new Promise((resolve) => release.push(() => resolve('store')));
  await rig.begin();
  const finished = rig.finish();
  await rig.reach('all batches away', () => rig.flows.offers.length === 4);
  const { position } = rig.frames;
  t.match(rig.snapshot(), { insertsInFlight: 4, batchRows: 0, rowsStored: 0 });
  t.match(rig.snapshot(), { oldestMicros: rig.flows.offers[0]?.firstMicros, datagramsDiscarded: 0 });
  t.equal(
    rig.snapshot().storedUntilMicros,
    rig.flows.offers[0]?.firstMicros,
    'nothing from there on is believed',
  );
  const { lagBytes, pendingRows } = rig.snapshot();
  t.ok(lagBytes > 1000 && pendingRows > 0 && rig.source.position < rig.end);
  let isDone = false;
  void finished.then(() => {
    isDone = true;
  });
  for (let turns = 0; turns < 1000; turns++) await eventLoopTurn();
  t.equal(rig.frames.position, position, 'it stands still');
  for (; !isDone; await eventLoopTurn()) release.shift()?.();
  t.ok(await finished);
  const [whole] = mixed(t, 3);
  t.same(rig.flows.texts, (await whole.live()).flows.texts);
  t.match(rig.snapshot(), { pendingRows: 0, lagBytes: 0, oldestMicros: 0, insertsInFlight: 0 });
  t.equal(rig.snapshot().storedUntilMicros, rig.frames.newestMicros + 1);
});

t.test('what is refused is counted, and stands in the losses', async (t) => {
  const at = receivedMicros;
  const rig = await startOf(t, [octets(at, template), data(at + 1, 1, 2, 3)]);
  rig.flows.fate = () => 2;
  t.ok(await rig.finish());
  t.match(rig.snapshot(), { rowsStored: 1, rowsQuarantined: 2, batchesStored: 1, insertSeconds: 0.5 });
  t.match(recordsOf(rig, 'commit'), [{ stored: 1, quarantined: 2 }]);
  t.match(rig.losses.map((row) => JSON.parse(row)).filter((row) => row.exporter === '::'), [{ not_stored: 2 }]); // biome-ignore format: short
});

t.test('what the log does not know of is looked for, where the frames are older than the run', async (t) => {
  const [whole] = mixed(t, 6, { keepMicros: Number.POSITIVE_INFINITY });
  await whole.live();
  const truth = whole.flows.texts;
  const log = readFileSync(join(whole.directory, 'commits.log'));
  // Of an orderly end the last checkpoint knows, too.
  for (const { path } of listCheckpoints(whole.directory)) rmSync(path);
  const cuts = [0, log.length >> 2, log.length >> 1];
  for (const cut of cuts) {
    for (const batchRows of [60, 37]) {
      const rig = whole.crash(t, { batchRows });
      writeFileSync(join(rig.directory, 'commits.log'), log.subarray(0, cut));
      rig.doubtfulBefore = rig.end;
      await rig.live();
      t.ok(rig.flows.offers.length >= 2);
      t.ok(rig.flows.texts.join() === truth.join(), `${cut} octets of the log, ${batchRows} rows`);
    }
  }
  const blind = whole.crash(t);
  rmSync(join(blind.directory, 'commits.log'));
  await blind.live();
  t.equal(blind.flows.rows.length, 2 * truth.length, 'who does not look stores all of it again');
});

t.test('what came since the run began is not looked for', async (t) => {
  const [rig] = mixed(t, 7);
  const [truth] = mixed(t, 7);
  const frames = indexFrames(rig.directory);
  await truth.live();
  const intents = recordsOf(truth, 'intent');
  const doubtfulBefore = intents[intents.length >> 1]?.start ?? 0;
  rig.doubtfulBefore = doubtfulBefore;
  await rig.live();
  t.ok(rig.flows.texts.join() === truth.flows.texts.join());
  const startOf = new Map(frames.map(({ start, micros }) => [micros, start]));
  const modes = rig.flows.offers.map(({ firstMicros, mode }) => [startOf.get(firstMicros) ?? -1, mode]);
  t.same(
    modes,
    intents.map(({ start }) => [start, start < doubtfulBefore ? 'recover' : 'new']),
  );
  t.ok(
    modes.some(([start, mode]) => start === doubtfulBefore && mode === 'new'),
    'at it, none is',
  );
});

t.test(
  'an end while ClickHouse is away: nothing is lost, what is not stored is stored at the next start',
  async (t) => {
    const truth = (await mixed(t, 4)[0].live()).flows.texts;
    const [rig] = mixed(t, 4);
    rig.flows.fate = (offer) => (rig.flows.offers.indexOf(offer) < 2 ? 'store' : 'hang');
    await rig.begin();
    void rig.ledger.run();
    await rig.reach('all batches away', () => rig.flows.offers.length === 6);
    t.equal(await rig.finish(0), false);
    t.equal(readCommitLog(rig.directory, rig.journalId).open.length, 4);
    t.ok(rig.flows.rows.length < truth.length);
    const next = await rig.crash(t).live();
    t.same(next.flows.texts, truth);
    t.equal(next.recovered?.batches, 4);
  },
);

t.test('without a journal: rows that are not stored at the end are given up, and counted', async (t) => {
  const [rig] = mixed(t, 2, { isJournaled: false });
  rig.flows.fate = () => 'hang';
  await rig.begin();
  void rig.ledger.run();
  await rig.reach('all batches away', () => rig.flows.offers.length === 4);
  t.equal(await rig.ledger.finish(0), false);
  const { rowsGivenUp, rowsStored, flowRecords, pendingRows } = rig.snapshot();
  t.ok(rowsGivenUp > 100);
  t.same([rowsStored, flowRecords - rowsGivenUp], [0, 0], 'of all that was decoded');
  t.equal(pendingRows, 0);
});

t.test('the operator says other rates: a batch begins, and each is recovered under its own', async (t) => {
  const named = (sampling: number) => [
    { address: '00000000000000000000ffffc0000209', name: 'edge', site: '', sampling },
  ];
  const at = receivedMicros;
  const entries = [octets(at, template), data(at + 1, 1), data(at + 2, 2), data(at + 3, 3)];
  const rig = await startOf(t, entries, { exporters: named(100) });
  rig.flows.fate = () => 'hang';
  rig.onChunk = () => {
    if (rig.frames.newestMicros === at + 2) rig.ledger.reconfigure(named(200));
  };
  void rig.ledger.run();
  await rig.reach('the end', () => rig.frames.newestMicros === at + 3);
  await rig.finish(0);
  const rates = (r: LedgerRig) => r.flows.offers.map(({ rows }) => rows.map(({ text }) => JSON.parse(text).sampling_rate)); // biome-ignore format: short
  t.same(rates(rig), [[100, 100], [200]]);
  const next = rig.crash(t, { exporters: named(300) });
  await next.live();
  t.same(rates(next), [[100, 100], [200]]);
  t.same(bytesOf(next), ['1n', '2n', '3n']);
});

t.test(
  'a full journal of which the end cannot be read: what was discarded so far is counted at the end',
  async (t) => {
    const [rig, { segments }] = mixed(t, 5, { maxBytes: 1 });
    const [whole] = mixed(t, 5);
    const newest = segments.at(-1) as string;
    for (const path of [newest, join(whole.directory, basename(newest))]) {
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    await whole.live();
    const release: (() => void)[] = [];
    rig.flows.fate = () => new Promise((resolve) => release.push(() => resolve('store')));
    rig.onChunk = () => rig.sweep();
    await rig.begin();
    void rig.ledger.run();
    await rig.reach('all read', () => rig.source.position === rig.end);
    for (let turns = 0; turns < 10; turns++) await eventLoopTurn();
    for (const one of release) one();
    await rig.reach('all stored', () => rig.snapshot().pendingRows === 0);
    const logged = rig.snapshot().datagramsDiscarded;
    await rig.sweep();
    const crashed = rig.crash(t, { maxBytes: Number.POSITIVE_INFINITY });
    t.ok(await rig.finish());
    const { datagramsDiscarded, recordsDiscarded, flowRecords, rowsStored } = rig.snapshot();
    t.ok(datagramsDiscarded > logged);
    t.equal(rowsStored + recordsDiscarded, flowRecords);
    t.equal(recordsOf(rig, 'skip').reduce((sum, skip) => sum + skip.datagrams, 0), datagramsDiscarded); // biome-ignore format: short
    await crashed.live();
    t.ok(crashed.flows.rows.length > rowsStored, 'after a crash before, they are stored');
    const missing = crashed.flows.texts.filter((text) => !whole.flows.texts.includes(text));
    t.same(missing, []);
  },
);
