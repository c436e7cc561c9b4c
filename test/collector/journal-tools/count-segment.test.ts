import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { listSegments } from '../../../collector/journal/segment-list.ts';
import { countSegment } from '../../../collector/journal-tools/count-segment.ts';
import { type BuiltChunk, buildJournal } from '../../support/journal-builder.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const start = 1_700_000_000_000_000;

/** One segment, of chunks of three frames. */
const build = (t: Test, chunks: number, payloadBytes = 100) => {
  const directory = temporaryDirectory(t);
  const datagrams = Array.from({ length: 3 * chunks }, (_, i) => ({
    payload: new Uint8Array(payloadBytes).fill(i),
    address: '192.0.2.1',
    port: 50000,
    micros: start + i,
  }));
  const journal = buildJournal(directory, datagrams, { chunkEvery: 3, firstPosition: 4096 });
  const count = (options: { isNewest?: boolean; check?: boolean } = {}) => {
    const [segment] = listSegments(directory, journal.journalId);
    if (!segment) throw new Error('there is no segment');
    const { isNewest = false, check = false } = options;
    return countSegment(segment, { directory, journalId: journal.journalId, isNewest, check });
  };
  return { ...journal, path: journal.segments[0] as string, count };
};

const flip = (chunk: BuiltChunk, at: number): void => {
  const bytes = readFileSync(chunk.path);
  bytes[chunk.offset + at] = (bytes[chunk.offset + at] ?? 0) ^ 1;
  writeFileSync(chunk.path, bytes);
};

t.test('small chunks and large ones, by their headers or in whole', async (t) => {
  for (const payloadBytes of [1, 100, 20_000]) {
    const { count } = build(t, 100, payloadBytes);
    const expected = {
      chunks: 100,
      frames: 300,
      firstMicros: start,
      lastMicros: start + 299,
      damagedBytes: 0,
    };
    t.same(count(), expected);
    t.same(count({ check: true }), expected);
    t.same(count({ isNewest: true }), expected);
  }
});

t.test('damage in a header is found at once, in a payload when all is read', async (t) => {
  const { chunks, count } = build(t, 3);
  const [, second] = chunks;
  if (!second) throw new Error('a chunk is missing');
  const whole = { chunks: 3, frames: 9, firstMicros: start, lastMicros: start + 8, damagedBytes: 0 };
  const without = { ...whole, chunks: 2, frames: 6, damagedBytes: second.usedBytes };
  flip(second, 200);
  t.same(count(), whole);
  t.same(count({ check: true }), without);
  for (const at of [0, 4, 8]) {
    flip(second, at);
    t.same(count(), without, `octet ${at}`);
    flip(second, at);
  }
});

t.test('a file that was cut, and the newest, in which a chunk may be on its way', async (t) => {
  const { path, chunks, count } = build(t, 2);
  const last = chunks[1] as BuiltChunk;
  const first = { chunks: 1, frames: 3, firstMicros: start, lastMicros: start + 2 };
  for (const bytes of [last.usedBytes - 1, 100, 33, 8, 1]) {
    truncateSync(path, last.offset + bytes);
    t.same(count(), { ...first, damagedBytes: bytes }, `${bytes} octets`);
    t.same(count({ isNewest: true }), { ...first, damagedBytes: 0 }, `${bytes} octets`);
  }
  truncateSync(path, last.offset);
  t.same(count(), { ...first, damagedBytes: 0 });
  truncateSync(path, 64);
  const none = { chunks: 0, frames: 0, firstMicros: undefined, lastMicros: undefined, damagedBytes: 0 };
  t.same(count(), none);
  t.same(count({ check: true }), none);
});

t.test('a segment that is gone by now', async (t) => {
  const { directory, journalId, path } = build(t, 1);
  const [segment] = listSegments(directory, journalId);
  rmSync(path);
  for (const check of [false, true])
    t.equal(segment && countSegment(segment, { directory, journalId, isNewest: true, check }), undefined);
});
