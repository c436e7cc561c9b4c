import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type OpenedJournal, openJournal } from '../../../collector/journal/open-journal.ts';
import { joinBytes } from '../../support/capture-builder.ts';
import {
  chunksFrom,
  segmentHeader,
  segmentJournalId,
  segmentName,
  segmentOf,
} from '../../support/segment-bytes.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const nowMicros = (): number => 1_700_000_000_000_000;
const otherId = 'ffffffffffffffffffffffffffffffff';
const identity = `{"format":1,"id":"${segmentJournalId}","created":"2023-11-14T22:13:20.000Z"}\n`;

/** A journal with these files; journal.json is there unless it is given as undefined. */
const journalWith = (t: Test, files: Readonly<Record<string, Uint8Array | string | undefined>>): string => {
  const directory = join(temporaryDirectory(t), 'journal');
  mkdirSync(directory);
  for (const [name, bytes] of Object.entries({ 'journal.json': identity, ...files }))
    if (bytes !== undefined) writeFileSync(join(directory, name), bytes);
  return directory;
};

/** What is found there; the lock is released. */
const found = async (
  directory: string,
  floorOf?: (journalId: string) => number,
): Promise<Omit<OpenedJournal, 'release'>> => {
  const { release, ...journal } = await openJournal({ directory, nowMicros, ...(floorOf && { floorOf }) });
  await release();
  return journal;
};

// Times of receipt in these chunks are positions: 1000, then 1128 and so on.
const chunks = chunksFrom(1000, [[56], [56], [56]]);
const segment = segmentOf(1000, chunks);

t.test('a new journal', async (t) => {
  const directory = join(temporaryDirectory(t), 'deep', 'journal');
  const journal = await found(directory);
  t.match(journal, { directory, nextPosition: 0, lastMicros: 0, warnings: [] });
  t.equal(statSync(directory).mode & 0o777, 0o700);
  t.same(readdirSync(directory), ['journal.json']);
  t.equal((await found(directory)).journalId, journal.journalId);
});

t.test('goes on behind the last segment, and after its newest datagram', async (t) => {
  const directory = journalWith(t, {
    [segmentName(1000)]: segment,
    [segmentName(1384)]: segmentOf(1384, chunksFrom(1384, [[8, 8]])),
  });
  t.same(await found(directory), {
    directory,
    journalId: segmentJournalId,
    nextPosition: 1384 + 32 + 48 + 48,
    lastMicros: 1385,
    warnings: [],
  });
});

t.test('a torn tail keeps its positions', async (t) => {
  for (let cut = 1; cut <= 128; cut++) {
    const directory = journalWith(t, { [segmentName(1000)]: segment.subarray(0, segment.length - cut) });
    const { nextPosition, lastMicros, warnings } = await found(directory);
    t.equal(nextPosition, 1384 - (cut - (cut % 8)), `cut off by ${cut}`);
    t.equal(lastMicros, 1128);
    t.same(warnings, []);
  }
});

t.test('the newest datagram may be in a segment before the last', async (t) => {
  const directory = journalWith(t, {
    [segmentName(1000)]: segment,
    [segmentName(1384)]: segmentOf(1384, [new Uint8Array(80)]),
  });
  t.match(await found(directory), { nextPosition: 1464, lastMicros: 1256 });
});

t.test('never below what the commit log knows', async (t) => {
  const directory = journalWith(t, { [segmentName(1000)]: segment });
  t.equal((await found(directory, () => 1300)).nextPosition, 1384);
  t.equal((await found(directory, (id) => (id === segmentJournalId ? 5001 : 0))).nextPosition, 5008);
});

t.test('never where there is a file already', async (t) => {
  const directory = journalWith(t, {
    [segmentName(1000)]: segment,
    [segmentName(1384)]: segmentHeader(1384),
    [segmentName(1392)]: segmentHeader(1392).subarray(0, 30),
  });
  t.match(await found(directory), {
    nextPosition: 1400,
    warnings: [`${join(directory, segmentName(1392))} has no valid header: left alone`],
  });
});

t.test('a segment that was only just made is removed', async (t) => {
  const directory = journalWith(t, { [segmentName(1000)]: segment, [segmentName(1384)]: '' });
  t.match(await found(directory), { nextPosition: 1384, warnings: [] });
  t.notOk(existsSync(join(directory, segmentName(1384))));
});

t.test('files of others are left alone, and named', async (t) => {
  const files = {
    [segmentName(1000)]: segment,
    // The header of another base: it was renamed.
    [segmentName(2000)]: segment,
    [segmentName(3000)]: new Uint8Array(1000),
    [segmentName(900_000)]: joinBytes(segmentHeader(900_000, otherId), new Uint8Array(80)),
    [segmentName(2 ** 53 - 8)]: new Uint8Array(100),
    'notes.flj': 'mine',
  };
  const directory = journalWith(t, files);
  const { nextPosition, lastMicros, warnings } = await found(directory);
  t.equal(
    nextPosition,
    3000 + 1000 - 64,
    'behind what may be a segment of ours, not behind that of another journal',
  );
  t.equal(lastMicros, 1256);
  t.same(warnings, [
    `${join(directory, segmentName(2000))} has no valid header: left alone`,
    `${join(directory, segmentName(3000))} has no valid header: left alone`,
    `${join(directory, segmentName(900_000))} is of another journal: left alone`,
    `${join(directory, segmentName(2 ** 53 - 8))} has no valid header: left alone`,
  ]);
  for (const [name, bytes] of Object.entries(files))
    t.equal(readFileSync(join(directory, name)).compare(Buffer.from(bytes)), 0, `${name} is as it was`);
});

t.test('leftovers of ours are removed, other files are not', async (t) => {
  const others = ['notes.tmp', 'commits.log', 'checkpoint-1.json.tmp', 'commits.log.tmp.gz'];
  const ours = ['commits.log.tmp', 'journal.json.tmp', 'checkpoint-0000000000001000.json.tmp'];
  const directory = journalWith(t, Object.fromEntries([...others, ...ours].map((name) => [name, 'x'])));
  await found(directory);
  t.same(readdirSync(directory).sort(), [...others, 'journal.json'].sort());
});

t.test('a segment of a newer format', async (t) => {
  const directory = journalWith(t, { [segmentName(1000)]: segmentHeader(1000, segmentJournalId, 2) });
  const path = join(directory, segmentName(1000));
  const message = `${path} was written by a newer version of flowledger: use that version, or move it away`;
  await t.rejects(found(directory), { name: 'ConfigError', message });
  await t.rejects(found(directory), { name: 'ConfigError', message }, 'the lock was released');
});

t.test('journal.json damaged or gone: the newest segment tells the id', async (t) => {
  for (const json of ['{"form', undefined]) {
    const directory = journalWith(t, { 'journal.json': json, [segmentName(1000)]: segment });
    t.match(await found(directory), {
      journalId: segmentJournalId,
      nextPosition: 1384,
      lastMicros: 1256,
      warnings: [/journal\.json was (damaged|not there): written again/],
    });
    t.match(await found(directory), { journalId: segmentJournalId, warnings: [] });
  }
  await t.rejects(
    found(journalWith(t, { 'journal.json': '{"form' })),
    /journal\.json is damaged: move it away/,
  );
});

t.test('one collector at a time', async (t) => {
  const directory = journalWith(t, {});
  const journal = await openJournal({ directory, nowMicros });
  await t.rejects(found(directory), { name: 'ConfigError', message: /is in use by another collector/ });
  await journal.release();
  await found(directory);
});

const advice = 'give another directory with --journal DIR, or --journal off';

t.test('a directory that is none', async (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  const words = { [file]: 'a file of that name is there already (EEXIST)' };
  for (const directory of [file, join(file, 'below')])
    await t.rejects(found(directory), {
      name: 'ConfigError',
      message: `--journal ${directory} cannot be written: ${words[directory] ?? `${directory} is not a directory (ENOTDIR)`}: ${advice}`,
    });
});

t.test('a read-only file system', async (t) => {
  const disk = mountSmallDisk(t, '1m');
  if (disk === undefined) return;
  disk.setReadOnly(true);
  for (const directory of [disk.directory, join(disk.directory, 'deep', 'new')])
    await t.rejects(found(directory), {
      name: 'ConfigError',
      message: `--journal ${directory} cannot be written: ${directory} is read-only (EROFS): ${advice}`,
    });
  disk.setReadOnly(false);
  await found(disk.directory);
});

t.test('a full disk: an old journal opens, a new one cannot begin', async (t) => {
  const disk = mountSmallDisk(t, '64k');
  if (disk === undefined) return;
  const [old, young] = [join(disk.directory, 'old'), join(disk.directory, 'young')];
  for (const directory of [old, young]) mkdirSync(directory);
  const { journalId } = await found(old);
  t.throws(() => writeFileSync(join(disk.directory, 'filler'), new Uint8Array(1 << 20)), { code: 'ENOSPC' });
  t.match(await found(old), { journalId, warnings: [/journal\.pid cannot be written: no space left/] });
  await t.rejects(found(young), {
    name: 'ConfigError',
    message: `--journal ${young} cannot be written: no space left on ${young} (ENOSPC): ${advice}`,
  });
});
