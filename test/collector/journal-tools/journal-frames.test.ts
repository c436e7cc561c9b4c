import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { chunkCrc } from '../../../collector/journal/journal-format.ts';
import { type FrameSelection, JournalFrames } from '../../../collector/journal-tools/journal-frames.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { type BuiltChunk, buildJournal } from '../../support/journal-builder.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const start = 1_700_000_000_000_000;
const addresses = ['192.0.2.1', '2001:db8::1', '192.0.2.2'];

/** 30 frames ten microseconds apart, two a chunk, two chunks a segment; the payload is the number of the frame; every tenth is a control frame. */
const build = (t: Test, frames = 30) =>
  buildJournal(
    temporaryDirectory(t),
    Array.from({ length: frames }, (_, i) => {
      const micros = start + 10 * i;
      if (i % 10 === 9) return { control: { refused: i }, micros };
      const address = addresses[i % addresses.length] as string;
      return { payload: new Uint8Array([i]), address, port: 50000, micros };
    }),
    { chunkEvery: 2, segmentBytes: 400, firstPosition: 800 },
  );

const read = (selection: FrameSelection) => {
  const damage: string[] = [];
  const frames = new JournalFrames(selection, (text) => damage.push(text));
  const found: number[] = [];
  while (frames.next()) found.push((frames.frame.micros - start) / 10);
  frames.close();
  const { damagedBytes, damagedPlaces, missingBytes } = frames;
  return { found, damage, damagedBytes, damagedPlaces, missingBytes };
};

const upTo = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const whole = { damage: [], damagedBytes: 0, damagedPlaces: 0, missingBytes: 0 };

t.test('all, and those of a time', async (t) => {
  const { directory, segments } = build(t);
  t.equal(segments.length, 8);
  t.same(read({ directory }), { found: upTo(0, 30), ...whole });
  for (let from = -1; from <= 31; from++) {
    for (const to of [from, from + 1, from + 7, 40]) {
      const { found } = read({ directory, from: start + 10 * from, to: start + 10 * to });
      t.same(found, upTo(Math.max(0, from), Math.max(0, from, Math.min(30, to))), `${from} to ${to}`);
    }
  }
  t.same(read({ directory, from: start + 11, to: start + 31 }).found, [2, 3]);
});

t.test('how much there is to read, and was read', async (t) => {
  const { directory, chunks } = build(t);
  const bytesOf = (from: number, to: number) =>
    chunks.slice(from, to).reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  const sizes = (selection: object) => {
    const frames = new JournalFrames({ directory, ...selection }, () => undefined);
    const before = frames.bytesRead;
    while (frames.next());
    frames.close();
    return [before, frames.bytesRead, frames.totalBytes];
  };
  t.same(sizes({}), [0, bytesOf(0, 15), bytesOf(0, 15)]);
  // Segments begin with the frames 0, 4, 8 and so on: what lies before and behind is not read.
  t.same(sizes({ from: start + 80, to: start + 159 }), [0, bytesOf(4, 8), bytesOf(4, 8)]);
});

t.test('of one exporter, without control frames', async (t) => {
  const { directory } = build(t);
  t.same(read({ directory, exporter: '192.0.2.1' }).found, [0, 3, 6, 12, 15, 18, 21, 24, 27]);
  t.same(read({ directory, exporter: '::ffff:c000:201', to: start + 50 }).found, [0, 3]);
  t.same(read({ directory, exporter: '2001:DB8:0::1', to: start + 50 }).found, [1, 4]);
  t.same(read({ directory, exporter: '192.0.2.9' }).found, []);
  t.throws(() => read({ directory, exporter: '192.0.2' }), ConfigError);
  t.throws(() => read({ directory: `${directory}/x` }), ConfigError);
});

t.test('a journal without chunks', async (t) => {
  t.same(read({ directory: build(t, 0).directory }), { found: [], ...whole });
});

t.test('damage is told, counted once and passed over', async (t) => {
  const { directory, chunks } = build(t);
  const { path, offset, usedBytes } = chunks[2] as BuiltChunk;
  const bytes = readFileSync(path);
  bytes[offset + 50] = 0x55;
  writeFileSync(path, bytes);
  const { found, damage, ...counts } = read({ directory });
  t.same(found, [...upTo(0, 4), ...upTo(6, 30)]);
  t.same(counts, { damagedBytes: usedBytes, damagedPlaces: 1, missingBytes: 0 });
  t.equal(damage.length, 1);
  t.match(damage[0], `${usedBytes}`);
  t.notMatch(damage[0], 'being written');
  t.same(read({ directory, from: start + 100 }).damage, [], 'not where nobody reads');
});

t.test('the end of the newest segment may be on its way', async (t) => {
  const { directory, chunks } = build(t);
  const { path, offset, usedBytes } = chunks.at(-1) as BuiltChunk;
  truncateSync(path, offset + usedBytes - 1);
  const { found, damage, damagedBytes } = read({ directory });
  t.same(found, upTo(0, 28));
  t.equal(damagedBytes, usedBytes - 1);
  t.match(damage, [/\(or a chunk that is just being written\)$/]);
});

t.test('a segment that is gone, and one whose first chunk tells no time', async (t) => {
  const { directory, chunks } = build(t);
  rmSync((chunks[4] as BuiltChunk).path);
  const { found, missingBytes, damagedPlaces } = read({ directory });
  t.same(found, [...upTo(0, 8), ...upTo(12, 30)]);
  t.same([missingBytes, damagedPlaces], [264, 0]);
  const { path, offset } = chunks[8] as BuiltChunk;
  const bytes = readFileSync(path);
  bytes.fill(0, offset);
  writeFileSync(path, bytes);
  for (let from = 12; from < 30; from++)
    t.same(
      read({ directory, from: start + 10 * from }).found,
      upTo(from, 30).filter((i) => i < 16 || i >= 20),
      `from ${from}`,
    );
});

t.test('a chunk whose CRC is right and whose frames are not', async (t) => {
  const { directory, chunks } = build(t);
  const { path, offset, usedBytes, position } = chunks[1] as BuiltChunk;
  const bytes = readFileSync(path);
  const chunk = bytes.subarray(offset, offset + usedBytes);
  // The second frame says that its payload ends behind the chunk.
  chunk.writeUInt32LE(9, 32 + 48);
  chunk.writeUInt32LE(chunkCrc(chunk, usedBytes), 16);
  writeFileSync(path, bytes);
  t.same(read({ directory }), {
    found: [0, 1, 2, ...upTo(4, 30)],
    damage: [`position ${position + 80}: 48 octets: chunk: a payload is cut off`],
    damagedBytes: 48,
    damagedPlaces: 1,
    missingBytes: 0,
  });
});

t.test('whatever is done to the segments, it ends, and what it finds is true', async (t) => {
  const random = new SeededRandom(20_260_401);
  const { directory, segments } = build(t);
  const originals = segments.map((path) => readFileSync(path));
  for (let round = 0; round < 300; round++) {
    const which = random.below(segments.length);
    const mutated = Buffer.from(originals[which] as Buffer);
    for (let i = 0; i <= random.below(4); i++) mutated[random.below(mutated.length)] = random.below(256);
    writeFileSync(segments[which] as string, mutated.subarray(0, random.below(mutated.length + 40)));
    const { found } = read({ directory, from: start + 10 * random.below(30) });
    if (found.some((frame, i) => frame !== Math.floor(frame) || frame <= (found[i - 1] ?? -1)))
      t.fail(`round ${round}: ${found}`);
    writeFileSync(segments[which] as string, originals[which] as Buffer);
  }
  t.same(read({ directory }), { found: upTo(0, 30), ...whole });
});
