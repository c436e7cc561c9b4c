import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { JournalWriter, type JournalWriterOptions } from '../../../collector/journal/journal-writer.ts';
import { hexBytes, joinBytes, viewOf } from '../../support/capture-builder.ts';
import { chunkOf } from '../../support/chunk-bytes.ts';
import { FaultyFiles } from '../../support/faulty-files.ts';
import { chunksFrom, segmentJournalId, segmentName, segmentOf } from '../../support/segment-bytes.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

interface Done {
  readonly position: number;
  readonly usedBytes: number;
  readonly journaled: boolean;
}

/** A writer, the time it is told, and what it hands on. */
class WriterRig {
  readonly files = new FaultyFiles();
  readonly done: Done[] = [];
  micros = 1_700_000_000_000_000;
  readonly directory: string;
  readonly writer: JournalWriter;
  #onDone: () => void = () => {};

  constructor(t: Test, options: Partial<JournalWriterOptions> = {}) {
    this.directory = options.directory ?? temporaryDirectory(t);
    this.writer = new JournalWriter({
      directory: this.directory,
      journalId: segmentJournalId,
      sync: 'off',
      nowMicros: () => this.micros,
      openFile: this.files.open,
      onDone: (chunk, usedBytes, journaled) => {
        const position = Number(viewOf(new Uint8Array(chunk)).getBigUint64(8, true));
        this.done.push({ position, usedBytes, journaled });
        this.files.calls.push(`done ${position}`);
        this.#onDone();
      },
      ...options,
    });
    t.teardown(() => this.writer.close());
  }

  /** Appends chunks as the receive thread has them: without a CRC, in memory of a whole chunk. */
  append(...chunks: readonly Uint8Array[]): void {
    for (const bytes of chunks) {
      const chunk = new Uint8Array(1 << 20).fill(0xee);
      chunk.set(bytes);
      viewOf(chunk).setUint32(16, 0, true);
      this.writer.append(chunk.buffer, bytes.length);
    }
  }

  /** Appends, and resolves to whether they were journaled once all are handed on. */
  async write(...chunks: readonly Uint8Array[]): Promise<boolean[]> {
    const from = this.done.length;
    this.append(...chunks);
    while (this.done.length < from + chunks.length)
      await new Promise<void>((resolve) => {
        this.#onDone = resolve;
      });
    return this.done.slice(from).map(({ journaled }) => journaled);
  }

  file(base: number): Uint8Array {
    return new Uint8Array(readFileSync(join(this.directory, segmentName(base))));
  }

  get names(): string[] {
    return readdirSync(this.directory);
  }
}

/** Chunks of 128 octets, from 0 on. */
const chunks = chunksFrom(
  0,
  Array.from({ length: 9 }, () => [56]),
);
const chunk = (i: number): Uint8Array => chunks[i] as Uint8Array;

t.test('the octets of a segment', async (t) => {
  const rig = new WriterRig(t);
  const payload = Buffer.from('abc');
  await rig.write(chunkOf([{ payload, micros: 1_700_000_000_123_456 }], 0x1_0000_0010));
  t.same(
    rig.file(4_294_967_312),
    hexBytes(`
      464c4a53 01000000 10000000 01000000 00010203 04050607 08090a0b 0c0d0e0f
      00401e18 240a0600 00000000 00000000 00000000 00000000 00000000 2602c8cc
      464c4331 50000000 10000000 01000000 42c402f6 01000000 00000000 00000000
      03000000 01010400 50c30708 00000000 00000000 00000000 0000ffff c0000209
      40222018 240a0600 61626300 00000000`),
  );
  t.same(rig.names, ['0000004294967312.flj']);
  t.equal(rig.writer.segmentBase, 4_294_967_312);
});

t.test('chunks are handed on in order, each once it is written', async (t) => {
  const rig = new WriterRig(t);
  rig.append(...chunks);
  t.same(rig.done, [], 'nothing before it is written');
  await rig.writer.close();
  t.same(
    rig.done,
    chunks.map((bytes, i) => ({ position: 128 * i, usedBytes: bytes.length, journaled: true })),
  );
  t.same(rig.file(0), segmentOf(0, chunks));
  t.match(rig.writer, { chunksWritten: 9, writtenBytes: 9 * 128, writeErrors: 0, unjournaledBytes: 0 });
  t.equal(
    rig.files.calls.filter((call) => call.includes('write')).length,
    10,
    'a header, and one write a chunk',
  );
  t.ok(rig.files.calls.indexOf('0 write 192+128') < rig.files.calls.indexOf('done 128'));
  t.throws(() => rig.append(chunk(0)), /closed/);
});

t.test('a segment rolls when the next chunk would pass its size', async (t) => {
  const rig = new WriterRig(t, { segmentBytes: 64 + 3 * 128 });
  await rig.write(...chunks.slice(0, 4));
  t.equal(rig.writer.segmentBase, 384);
  await rig.write(...chunks.slice(4, 7));
  t.same(rig.names.sort(), [segmentName(0), segmentName(384), segmentName(768)]);
  t.same(rig.file(0), segmentOf(0, chunks.slice(0, 3)));
  t.same(rig.file(384), segmentOf(384, chunks.slice(3, 6)));
  t.same(rig.file(768), segmentOf(768, chunks.slice(6, 7)));
});

t.test('a chunk that is larger than a segment has one of its own', async (t) => {
  const rig = new WriterRig(t, { segmentBytes: 100 });
  t.same(await rig.write(chunk(0), chunk(1)), [true, true]);
  t.same(rig.names.sort(), [segmentName(0), segmentName(128)]);
});

t.test('positions that do not follow begin a segment', async (t) => {
  const rig = new WriterRig(t);
  t.same(await rig.write(chunk(0), chunk(2), chunk(3)), [true, true, true]);
  t.same(rig.file(256), segmentOf(256, [chunk(2), chunk(3)]));
});

t.test('the disk refuses', async (t) => {
  const rig = new WriterRig(t);
  t.same(await rig.write(chunk(0)), [true]);
  rig.files.mostBytes = 100;
  let writes = 0;
  rig.files.onCall = (call) => {
    if (call === 'write' && ++writes === 2) rig.files.faults.set('write', 'EIO');
  };
  t.same(await rig.write(chunk(1)), [false], 'handed on all the same');
  t.equal(
    rig.writer.problem,
    `the journal cannot be written: the disk of ${rig.directory} reports an error (EIO)`,
  );
  t.equal(rig.writer.segmentBase, undefined);
  t.same(rig.file(0), segmentOf(0, [chunk(0)]), 'the part that was written is cut off');

  const calls = rig.files.calls.filter((call) => !call.startsWith('done')).length;
  rig.micros += 499_999;
  t.same(await rig.write(chunk(2), chunk(3)), [false, false]);
  t.equal(rig.files.calls.filter((call) => !call.startsWith('done')).length, calls, 'not tried so soon');

  rig.micros += 1;
  t.same(await rig.write(chunk(4), chunk(5)), [false, false], 'tried once more, in vain');
  t.same(rig.names, [segmentName(0)], 'a new segment without a chunk does not stay');
  t.match(rig.writer, { writeErrors: 2, unjournaledBytes: 5 * 128, unjournaledFrames: 5 });

  rig.micros += 500_000;
  rig.files.faults.clear();
  t.same(await rig.write(chunk(6), chunk(7)), [true, true]);
  t.equal(rig.writer.problem, undefined);
  t.same(rig.file(768).subarray(64), joinBytes(chunk(6), chunk(7)));
  t.match(rig.writer, { writeErrors: 2, chunksWritten: 3, writtenBytes: 3 * 128 });
  t.same(
    rig.done.map(({ position }) => position),
    [0, 1, 2, 3, 4, 5, 6, 7].map((i) => i * 128),
  );
});

t.test('a clock that is put back does not put off the next try', async (t) => {
  const rig = new WriterRig(t);
  rig.files.faults.set('open', 'EROFS');
  t.same(await rig.write(chunk(0)), [false]);
  t.match(rig.writer.problem, /is read-only \(EROFS\)$/);
  rig.files.faults.clear();
  rig.micros -= 3_600_000_000;
  t.same(await rig.write(chunk(1)), [true]);
});

t.test('a full disk, and room again', async (t) => {
  const disk = mountSmallDisk(t, '1m');
  if (disk === undefined) return;
  const rig = new WriterRig(t, { directory: disk.directory });
  // 240,032 octets each: four go in, and a part of the fifth.
  const large = chunksFrom(
    0,
    Array.from({ length: 8 }, () => [60_000 - 40, 60_000 - 40, 60_000 - 40, 60_000 - 40]),
  );
  t.same(await rig.write(...large.slice(0, 6)), [true, true, true, true, false, false]);
  t.equal(rig.writer.problem, `the journal cannot be written: no space left on ${disk.directory} (ENOSPC)`);
  t.same(rig.file(0), segmentOf(0, large.slice(0, 4)));
  t.same(rig.names, [segmentName(0)]);

  rmSync(join(disk.directory, segmentName(0)));
  rig.micros += 500_000;
  t.same(await rig.write(...large.slice(6)), [true, true]);
  t.equal(rig.writer.problem, undefined);
  t.same(rig.names, [segmentName(6 * 240_032)]);
  t.same(rig.file(6 * 240_032).subarray(64), joinBytes(...large.slice(6)));
  t.match(rig.writer, { unjournaledFrames: 8, unjournaledBytes: 2 * 240_032, chunksWritten: 6 });
});

t.test('a segment of an earlier run is not appended to', async (t) => {
  const first = new WriterRig(t);
  await first.write(chunk(0));
  await first.writer.close();
  const second = new WriterRig(t, { directory: first.directory });
  t.same(await second.write(chunk(0)), [false]);
  t.match(second.writer.problem, /a file of that name is there already \(EEXIST\)$/);
  t.same(first.file(0), segmentOf(0, [chunk(0)]));
});

const without = (calls: readonly string[], word: RegExp): string[] =>
  calls.filter((call) => !word.test(call));

t.test('sync off: never', async (t) => {
  const rig = new WriterRig(t, { segmentBytes: 64 + 128 });
  await rig.write(chunk(0), chunk(1));
  await rig.writer.close();
  t.notMatch(rig.files.calls.join(), /datasync/);
});

t.test('sync always: before a chunk is handed on', async (t) => {
  const rig = new WriterRig(t, { sync: 'always' });
  await rig.write(chunk(0), chunk(1));
  await rig.writer.close();
  t.same(without(rig.files.calls, /write/), [
    '0 open',
    '0 datasync',
    'done 0',
    '0 datasync',
    'done 128',
    '0 close',
  ]);
});

t.test(
  'sync interval: by itself, as long as there is something to sync, and before a segment is closed',
  async (t) => {
    const rig = new WriterRig(t, { sync: 'interval', syncIntervalMs: 5, segmentBytes: 64 + 256 });
    const nextSync = (): Promise<void> =>
      new Promise((resolve) => {
        rig.files.onCall = (call) => {
          if (call === 'datasync') resolve();
        };
      });
    const first = nextSync();
    await rig.write(chunk(0));
    await first;
    const second = nextSync();
    await rig.write(chunk(1));
    await second;
    await rig.write(chunk(2));
    await rig.writer.close();
    t.same(without(rig.files.calls, /write|done/).slice(0, 3), ['0 open', '0 datasync', '0 datasync']);
    const last = rig.files.calls.filter((call) => call.startsWith('256'));
    t.same(last, ['256 open', '256 write 0+64', '256 write 64+128', '256 datasync', '256 close']);
  },
);

t.test('sync interval: a rolled segment is synced before it is closed', async (t) => {
  const rig = new WriterRig(t, { sync: 'interval', syncIntervalMs: 3_600_000, segmentBytes: 64 + 128 });
  await rig.write(chunk(0), chunk(1));
  await rig.writer.close();
  for (const base of [0, 128])
    t.same(
      rig.files.calls.filter((call) => call.startsWith(`${base} `)),
      [`${base} open`, `${base} write 0+64`, `${base} write 64+128`, `${base} datasync`, `${base} close`],
    );
});

t.test('a sync that fails is said, and the data stays', async (t) => {
  const rig = new WriterRig(t, { sync: 'always' });
  rig.files.faults.set('datasync', 'EIO');
  t.same(await rig.write(chunk(0)), [true]);
  t.match(rig.writer.problem, /^the journal cannot be synced: the disk of .* reports an error \(EIO\)$/);
  rig.files.faults.clear();
  t.same(await rig.write(chunk(1)), [true]);
  t.equal(rig.writer.problem, undefined);
  t.same(rig.file(0), segmentOf(0, [chunk(0), chunk(1)]));
});
