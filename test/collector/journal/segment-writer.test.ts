import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type NewSegment, SegmentWriter } from '../../../collector/journal/segment-writer.ts';
import { FaultyFiles } from '../../support/faulty-files.ts';
import {
  chunksFrom,
  segmentHeader,
  segmentJournalId,
  segmentName,
  segmentOf,
} from '../../support/segment-bytes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const base = 4096;
const [first, second] = chunksFrom(base, [[10, 20], [30]]) as [Uint8Array, Uint8Array];

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

const newSegment = (t: Test, files: FaultyFiles): NewSegment => ({
  directory: temporaryDirectory(t),
  journalId: segmentJournalId,
  base,
  createdMicros: 1_700_000_000_000_000,
  openFile: files.open,
});

t.test('a header, and chunks one behind the other', async (t) => {
  const segment = newSegment(t, new FaultyFiles());
  const path = join(segment.directory, '0000000000004096.flj');
  const writer = await SegmentWriter.create(segment);
  t.same(bytesOf(path), segmentHeader(base));
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.match(writer, { base, end: base, fileBytes: 64, isDirty: false });
  await writer.append(first);
  await writer.append(second);
  t.match(writer, { end: base + first.length + second.length, isDirty: true });
  t.equal(writer.fileBytes, statSync(path).size);
  await writer.close(false);
  t.same(bytesOf(path), segmentOf(base, [first, second]));
});

t.test('a file that is there already stays as it is', async (t) => {
  const segment = newSegment(t, new FaultyFiles());
  const path = join(segment.directory, segmentName(base));
  writeFileSync(path, 'old');
  await t.rejects(SegmentWriter.create(segment), { code: 'EEXIST' });
  t.equal(readFileSync(path, 'utf8'), 'old');
});

t.test('writes that take only a part are gone on with', async (t) => {
  const files = new FaultyFiles();
  files.mostBytes = 50;
  const segment = newSegment(t, files);
  const writer = await SegmentWriter.create(segment);
  await writer.append(second);
  await writer.close(false);
  t.same(bytesOf(join(segment.directory, segmentName(base))), segmentOf(base, [second]));
  t.same(files.calls.slice(0, 3), ['4096 open', '4096 write 0+50', '4096 write 50+14']);
});

t.test('a write that takes nothing is a failure, not a reason to go on for ever', async (t) => {
  const files = new FaultyFiles();
  const writer = await SegmentWriter.create(newSegment(t, files));
  files.mostBytes = 0;
  await t.rejects(writer.append(first), /wrote nothing/);
  await writer.close(false);
});

t.test('an abandoned segment ends with its last whole chunk', async (t) => {
  const files = new FaultyFiles();
  const segment = newSegment(t, files);
  const writer = await SegmentWriter.create(segment);
  await writer.append(first);
  files.mostBytes = 40;
  let writes = 0;
  files.onCall = (call) => {
    if (call === 'write' && ++writes === 2) files.faults.set('write', 'EIO');
  };
  await t.rejects(writer.append(second), { code: 'EIO' });
  const path = join(segment.directory, segmentName(base));
  t.equal(statSync(path).size, 64 + first.length + 40, 'a part of the second chunk is there');
  await writer.abandon();
  await writer.close(true);
  t.same(bytesOf(path), segmentOf(base, [first]));
  t.ok(files.calls.includes('4096 datasync'));
});

t.test('a segment without a chunk is removed, when its header cannot be written, too', async (t) => {
  const files = new FaultyFiles();
  const segment = newSegment(t, files);
  const writer = await SegmentWriter.create(segment);
  await writer.abandon();
  await writer.close(true);
  t.same(readdirSync(segment.directory), []);
  files.faults.set('write', 'ENOSPC');
  await t.rejects(SegmentWriter.create(segment), { code: 'ENOSPC' });
  t.same(readdirSync(segment.directory), []);
  t.equal(files.calls.at(-1), '4096 close');
});

t.test('syncs: what came meanwhile is not synced, what failed is tried again', async (t) => {
  const files = new FaultyFiles();
  const writer = await SegmentWriter.create(newSegment(t, files));
  const syncs = (): number => files.calls.filter((call) => call.endsWith('datasync')).length;
  await writer.append(first);
  const syncing = writer.sync();
  await writer.append(second);
  await syncing;
  await writer.sync();
  t.notOk(writer.isDirty);
  t.equal(syncs(), 2);

  files.faults.set('datasync', 'EIO');
  await t.rejects(writer.sync(), { code: 'EIO' });
  t.ok(writer.isDirty);
  await t.rejects(writer.close(true), { code: 'EIO' });
  t.equal(syncs(), 4);
  t.equal(files.calls.at(-1), '4096 close', 'the file is closed all the same');
});
