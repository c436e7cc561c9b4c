import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { JournalReader } from '../../../collector/journal/journal-reader.ts';
import { viewOf } from '../../support/capture-builder.ts';
import { counts, JournalReaderRig, type Span, target } from '../../support/journal-reader-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { chunksFrom, segmentJournalId, segmentName, segmentOf } from '../../support/segment-bytes.ts';

/** Four chunks of 80, 216, 128 and 72 octets at position 800. */
const four = (): Uint8Array[] => chunksFrom(800, [[8], [100, 0], [3, 5], [0]]);
const fourSpans: readonly Span[] = [
  [800, 80],
  [880, 216],
  [1096, 128],
  [1224, 72],
];

t.test('chunks come back octet by octet, over segments', async (t) => {
  const rig = new JournalReaderRig(t);
  const first = chunksFrom(0, [[8], [65507, 65507], new Array(15).fill(65507)]);
  const firstEnd = first.reduce((sum, { length }) => sum + length, 0);
  const second = chunksFrom(firstEnd, [[1], [9000]]);
  rig.put(0, segmentOf(0, first));
  rig.put(firstEnd, segmentOf(firstEnd, second));
  let at = 0;
  for (const chunk of [...first, ...second]) {
    t.same(rig.reader.read(at, 1e9, target), { position: at, usedBytes: chunk.length });
    t.ok(Buffer.compare(target.subarray(0, chunk.length), chunk) === 0);
    at += chunk.length;
  }
  t.same(counts(rig.reader), [0, 0, 0]);
  t.equal(rig.reader.read(at, at, target), undefined);
  t.same(counts(rig.reader), [0, 0, 0]);
  t.same(
    rig.all(firstEnd, at),
    [
      [firstEnd, 80],
      [firstEnd + 80, 9072],
    ],
    'and again from anywhere',
  );
});

t.test('nothing is read that ends behind the end', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, four()));
  t.same(rig.all(800, 1096), fourSpans.slice(0, 2));
  t.same(rig.all(1096, 1224), fourSpans.slice(2, 3));
  t.same(counts(rig.reader), [0, 0, 0]);
  t.equal(rig.reader.read(1096, 1200, target), undefined);
});

t.test('a segment that grows, and the next one', async (t) => {
  const rig = new JournalReaderRig(t);
  const chunks = four();
  for (let n = 1; n <= 4; n++) {
    rig.put(800, segmentOf(800, chunks.slice(0, n)));
    const [position, usedBytes] = fourSpans[n - 1] as Span;
    t.same(rig.reader.read(position, position + usedBytes, target), { position, usedBytes });
  }
  rig.put(1296, segmentOf(1296, chunksFrom(1296, [[8]])));
  t.same(rig.all(1296, 1376), [[1296, 80]]);
  t.same(counts(rig.reader), [0, 0, 0]);
});

t.test('a target that is too small is our fault', async (t) => {
  t.throws(() => new JournalReaderRig(t).reader.read(0, 8, new Uint8Array(1000)), RangeError);
});

t.test('cut at every octet, the chunks before the cut are there, and the next segment', async (t) => {
  const rig = new JournalReaderRig(t);
  const whole = segmentOf(800, four());
  rig.put(1296, segmentOf(1296, chunksFrom(1296, [[8]])));
  for (let length = 64; length < whole.length; length++) {
    rig.put(800, whole.subarray(0, length));
    const kept = fourSpans.filter(([position, used]) => position + used <= length - 64 + 800);
    const keptEnd = kept.reduce((end, [, used]) => end + used, 800);
    const reader = rig.fresh();
    const cut = length - 64 + 800;
    const expected = [
      [...kept, [1296, 80]],
      [cut - keptEnd, cut > keptEnd ? 1 : 0, 1296 - cut],
    ];
    const found = [rig.all(800, 1376, reader), counts(reader)];
    reader.close();
    if (JSON.stringify(found) !== JSON.stringify(expected)) t.same(found, expected, `cut to ${length}`);
  }
});

t.test('every flipped bit is seen, and costs its chunk alone', async (t) => {
  const rig = new JournalReaderRig(t);
  const path = join(rig.directory, segmentName(800));
  const whole = segmentOf(800, four());
  rig.put(800, whole);
  const fd = openSync(path, 'r+');
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const at = bit >>> 3;
    const octet = whole[at] as number;
    writeSync(fd, new Uint8Array([octet ^ (1 << (bit & 7))]), 0, 1, at);
    const hit = fourSpans.find(([position, used]) => at >= position - 736 && at < position - 736 + used);
    const reader = rig.fresh();
    const found = [rig.all(800, 1296, reader), counts(reader)];
    reader.close();
    const expected = [fourSpans.filter((span) => span !== hit), hit ? [hit[1], 1, 0] : [0, 0, 0]];
    if (JSON.stringify(found) !== JSON.stringify(expected)) t.same(found, expected, `bit ${bit}`);
    writeSync(fd, new Uint8Array([octet]), 0, 1, at);
  }
  closeSync(fd);
  t.same(rig.all(800, 1296), fourSpans);
});

t.test('zeros and garbage between chunks', async (t) => {
  const rig = new JournalReaderRig(t);
  const garbage = new SeededRandom(1).bytes(200_000);
  const zeros = new Uint8Array(8192);
  const [first] = chunksFrom(0, [[8]]);
  const [second] = chunksFrom(80 + 200_000, [[16]]);
  const [third] = chunksFrom(200_168 + 8192, [[24]]);
  rig.put(
    0,
    segmentOf(
      0,
      [first, garbage, second, zeros, third].map((part) => part as Uint8Array),
    ),
  );
  const end = 208_360 + 96;
  const spans = [
    [0, 80],
    [200_080, 88],
    [208_360, 96],
  ];
  t.same(rig.all(0, end), spans);
  t.same(counts(rig.reader), [208_192, 2, 0]);
  t.equal(
    rig.reader.lastDamage,
    `${join(rig.directory, segmentName(0))}: 8192 octets at offset 200232 cannot be read as a chunk (no chunk begins there)`,
  );
  t.same(rig.all(0, end), spans);
  t.same(counts(rig.reader), [208_192, 2, 0], 'damage is counted once');
});

t.test('a length is not believed when it cannot be, nor when the CRC is wrong', async (t) => {
  for (const length of [0xffffffff, 0, 8, 84, (1 << 20) + 8, 0x80000000, 88, 296, 72]) {
    const rig = new JournalReaderRig(t);
    const chunks = four();
    viewOf(chunks[0] as Uint8Array).setUint32(4, length, true);
    rig.put(800, segmentOf(800, chunks));
    t.same(rig.all(800, 1296), fourSpans.slice(1), `${length}`);
    t.same(counts(rig.reader), [80, 1, 0]);
  }
});

t.test('a chunk is never larger than the target must be, though its CRC holds', async (t) => {
  const rig = new JournalReaderRig(t);
  const frames = [...new Array<number>(15).fill(65_507), 65_232];
  const chunks = chunksFrom(0, [frames, [8]]);
  t.equal(chunks[0]?.length, (1 << 20) + 8);
  rig.put(0, segmentOf(0, chunks));
  t.same(rig.all(0, (1 << 20) + 88), [[(1 << 20) + 8, 80]]);
});

t.test('a position between chunks is passed over to the next', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, four()));
  t.same(rig.all(801, 1296), fourSpans.slice(1));
  t.same(counts(rig.reader), [79, 1, 0]);
});

t.test('a chunk that lies elsewhere than it says is none', async (t) => {
  const rig = new JournalReaderRig(t);
  const [a, b, , d] = four() as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  rig.put(800, segmentOf(800, [a, b, chunksFrom(8, [[3, 5]])[0] as Uint8Array, d]));
  t.same(rig.all(800, 1296), [fourSpans[0], fourSpans[1], fourSpans[3]]);
  t.same(counts(rig.reader), [128, 1, 0]);
});

t.test('a damaged place that is met in pieces is one place', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, [new Uint8Array(400), ...chunksFrom(1200, [[8]])]));
  t.same([rig.all(800, 880), rig.all(880, 1200)], [[], []]);
  t.same(rig.all(1200, 1280), [[1200, 80]]);
  t.same(counts(rig.reader), [400, 1, 0]);
});

t.test('what no file has is missing, once', async (t) => {
  const rig = new JournalReaderRig(t);
  t.equal(rig.reader.read(0, 100, target), undefined, 'no segment at all');
  t.same(counts(rig.reader), [0, 0, 100]);
  rig.put(800, segmentOf(800, four()));
  rig.put(2000, segmentOf(2000, chunksFrom(2000, [[8]])));
  t.same(rig.all(0, 3000), [...fourSpans, [2000, 80]]);
  t.same(counts(rig.reader), [0, 0, 800 + 704 + 920]);
  t.same(rig.all(0, 3000), [...fourSpans, [2000, 80]]);
  t.same(counts(rig.reader), [0, 0, 800 + 704 + 920]);
});

t.test('segments that vanish', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, four()));
  for (const base of [1296, 1376, 1456]) rig.put(base, segmentOf(base, chunksFrom(base, [[8]])));
  t.same(rig.reader.read(800, 9000, target), { position: 800, usedBytes: 80 });
  for (const base of [800, 1296, 1376]) rmSync(join(rig.directory, segmentName(base)));
  t.same(rig.all(880, 1536), [...fourSpans.slice(1), [1456, 80]], 'the one at hand is read to its end');
  t.same(counts(rig.reader), [0, 0, 160]);
  rmSync(rig.directory, { recursive: true });
  rig.reader.close();
  t.equal(rig.reader.read(1456, 1600, target), undefined);
  t.same(counts(rig.reader), [0, 0, 160 + 144]);
  mkdirSync(rig.directory);
});

t.test('segments that are longer than the way to the next one', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, [...four(), ...chunksFrom(1296, [[8, 8]])]));
  rig.put(1296, segmentOf(1296, chunksFrom(1296, [[8]])));
  t.same(rig.all(800, 1376), [...fourSpans, [1296, 80]]);
  t.same(counts(rig.reader), [0, 0, 0]);
});

t.test('a disk that cannot be read costs sectors', async (t) => {
  const rig = new JournalReaderRig(t);
  const chunks = chunksFrom(0, [[4008], [4000], [4000], [8000], [8000], [8]]);
  const spans: Span[] = [];
  for (const chunk of chunks) spans.push([Number(viewOf(chunk).getBigUint64(8, true)), chunk.length]);
  rig.put(0, segmentOf(0, chunks));
  const failing = (fd: number, into: Uint8Array, offset: number, length: number, at: number): number => {
    // Two bad sectors: a read before them ends there.
    if (at >= 4096 && at < 12288) throw Object.assign(new Error('i/o'), { code: 'EIO' });
    return readSync(fd, into, offset, at < 4096 ? Math.min(length, 4096 - at) : length, at);
  };
  const { directory } = rig;
  const reader = new JournalReader({ directory, journalId: segmentJournalId, readSync: failing });
  t.same(rig.all(0, 28_448, reader), spans.slice(3));
  t.same(counts(reader), [12_224, 1, 0]);
  t.match(reader.lastDamage, /\(the disk cannot be read\)$/);
  reader.close();
  const broken = (): number => {
    throw Object.assign(new Error('other'), { code: 'EINVAL' });
  };
  const other = new JournalReader({ directory, journalId: segmentJournalId, readSync: broken });
  t.throws(() => other.read(0, 28_448, target), { code: 'EINVAL' });
  other.close();
});

t.test('the chunk that has a position inside of it', async (t) => {
  const rig = new JournalReaderRig(t);
  const chunks = four();
  (chunks[2] as Uint8Array)[50] = 0xff;
  rig.put(800, segmentOf(800, chunks));
  rig.put(1296, segmentOf(1296, chunksFrom(1296, [[8]])));
  const starts = [0, 800, 832, 879, 880, 1095, 1096, 1100, 1224, 1264, 1296, 1336, 1376, 2000].map(
    (position) => rig.reader.findChunkStart(position, target),
  );
  t.same(starts, [0, 800, 800, 800, 880, 880, 1096, 1100, 1224, 1224, 1296, 1296, 1376, 2000]);
  t.same(counts(rig.reader), [0, 0, 0]);
});

t.test('a closed reader holds no file, and reads on when it is asked', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, four()));
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  rig.reader.read(800, 880, target);
  rig.reader.findChunkStart(900, target);
  t.equal(open(), before + 1);
  rig.reader.close();
  rig.reader.close();
  t.equal(open(), before);
  t.same(rig.all(880, 1296), fourSpans.slice(1));
});
