import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { newestReceipt } from '../../../collector/journal/newest-receipt.ts';
import { joinBytes, viewOf } from '../../support/capture-builder.ts';
import { chunkOf } from '../../support/chunk-bytes.ts';
import { sealed, segmentHeader, segmentOf } from '../../support/segment-bytes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const base = 800;
const frame = (micros: number, lengthBytes = 5) => ({ payload: new Uint8Array(lengthBytes), micros });
const first = sealed(chunkOf([frame(1_700_000_000_000_001), frame(1_700_000_000_000_007, 33)], base));
const second = sealed(chunkOf([frame(1_700_000_000_000_009)], base + first.length));

const newestOf = async (t: Test, ...parts: readonly Uint8Array[]): Promise<number> => {
  const path = join(temporaryDirectory(t), 'segment');
  writeFileSync(path, joinBytes(...parts));
  return newestReceipt(path, base);
};

t.test('the last frame of the last chunk', async (t) => {
  t.equal(await newestOf(t, segmentOf(base, [first, second])), 1_700_000_000_000_009);
  t.equal(await newestOf(t, segmentOf(base, [first])), 1_700_000_000_000_007);
});

t.test('nothing whole: 0', async (t) => {
  t.equal(await newestOf(t), 0);
  t.equal(await newestOf(t, segmentHeader(base)), 0);
  t.equal(await newestOf(t, segmentHeader(base), new Uint8Array(4096)), 0);
});

t.test('a chunk cut at any octet does not count', async (t) => {
  const path = join(temporaryDirectory(t), 'segment');
  for (let length = 0; length < second.length; length++) {
    writeFileSync(path, joinBytes(segmentOf(base, [first]), second.subarray(0, length)));
    t.equal(await newestReceipt(path, base), 1_700_000_000_000_007, `${length} octets`);
  }
});

t.test('damage is stepped over', async (t) => {
  const damaged = first.slice();
  damaged[60] = 0xff;
  t.equal(await newestOf(t, segmentOf(base, [damaged, second])), 1_700_000_000_000_009);
  const misled = first.slice();
  viewOf(misled).setUint32(4, 0xffff_fff8, true);
  t.equal(await newestOf(t, segmentOf(base, [misled, second])), 1_700_000_000_000_009);
});

t.test('a chunk counts only where its position says that it lies', async (t) => {
  t.equal(await newestOf(t, segmentOf(base, [second, first])), 0);
});

t.test('lengths that a CRC covers, and which are wrong all the same, end the walk', async (t) => {
  for (const lengthBytes of [0xffff_fff9, 0x8000_0000, 100_000]) {
    const odd = chunkOf([frame(1_700_000_000_000_001), frame(1_700_000_000_000_002)], base);
    viewOf(odd).setUint32(32, lengthBytes, true);
    t.equal(await newestOf(t, segmentOf(base, [sealed(odd)])), 1_700_000_000_000_001);
  }
});

t.test('more than is read at once', async (t) => {
  let at = base;
  const chunks = Array.from({ length: 150 }, (_, i) => {
    const chunk = sealed(chunkOf([frame(1_000_000 + i, 65_000 - 8 * i)], at));
    at += chunk.length;
    return chunk;
  });
  t.equal(await newestOf(t, segmentOf(base, chunks)), 1_000_149);
  // 4 MiB are read at once: one of these last chunks lies across that edge.
  for (let count = 60; count < 70; count++)
    t.equal(await newestOf(t, segmentOf(base, chunks.slice(0, count))), 1_000_000 + count - 1);
  const large = sealed(
    chunkOf(
      [...Array(16).keys()].map((i) => frame(2_000_000 + i, 65_480)),
      at,
    ),
  );
  t.ok(large.length > (1 << 20) - 500, 'almost as long as a chunk can be');
  t.equal(await newestOf(t, segmentOf(base, [...chunks, large])), 2_000_015);
});
