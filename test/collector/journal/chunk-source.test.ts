import { readdirSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { ChunkSource } from '../../../collector/journal/chunk-source.ts';
import { JournalWriter } from '../../../collector/journal/journal-writer.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { ChunkWriter } from '../../../collector/receive/chunk-writer.ts';
import { SourceTable } from '../../../collector/receive/source-table.ts';
import { JournalReaderRig, target } from '../../support/journal-reader-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { chunksFrom, segmentJournalId, segmentOf } from '../../support/segment-bytes.ts';

/** Six chunks of 80 octets from 800 on. */
const six = (): Uint8Array[] => chunksFrom(800, new Array(6).fill([8]));
const at = (n: number): number => 800 + n * 80;

/** In memory, as the receive thread has it: its 1 MiB is longer than what is used. */
const inMemory = (chunk: Uint8Array | undefined): ArrayBuffer => {
  const bytes = new Uint8Array(1 << 20);
  bytes.set(chunk ?? []);
  return bytes.buffer;
};

const make = (reader: JournalReaderRig['reader'] | undefined, position = 800) => {
  const recycled: ArrayBuffer[] = [];
  const source = new ChunkSource({ reader, position, recycle: (chunk) => recycled.push(chunk) });
  const memory = six().map(inMemory);
  return { source, recycled, memory, offer: (n: number) => source.offer(memory[n] as ArrayBuffer, 80) };
};

/** `m800 d880`: what came from memory, what from disk. */
const rest = async (source: ChunkSource): Promise<string> => {
  const seen: string[] = [];
  for (let chunk = await source.next(target); chunk; chunk = await source.next(target)) {
    if (chunk.usedBytes !== 80) throw new Error('another length');
    seen.push(`${chunk.fromDisk ? 'd' : 'm'}${chunk.position}`);
  }
  return seen.join(' ');
};

t.test('chunks from memory are copied and given back, in order', async (t) => {
  const { source, recycled, memory, offer } = make(undefined);
  const chunks = six();
  for (const n of [0, 1]) offer(n);
  t.same([source.position, source.end], [800, 960]);
  for (const n of [0, 1]) {
    t.same(await source.next(target), { position: at(n), usedBytes: 80, fromDisk: false });
    t.ok(Buffer.compare(target.subarray(0, 80), chunks[n] as Uint8Array) === 0);
    t.equal(source.position, at(n + 1));
    t.equal(recycled[n], memory[n]);
  }
  t.equal(source.lostBytes, 0);
});

t.test('next() waits for a chunk, for news of one on disk, and for the end', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, six()));
  const { source, offer } = make(rig.reader);
  const memory = source.next(target);
  setImmediate(() => setImmediate(() => offer(0)));
  t.match(await memory, { position: 800, fromDisk: false });
  const disk = source.next(target);
  setImmediate(() => setImmediate(() => source.written(at(2))));
  t.match(await disk, { position: 880, fromDisk: true });
  const end = source.next(target);
  setImmediate(() => setImmediate(() => source.close()));
  t.equal(await end, undefined);
  t.equal(await source.next(target), undefined, 'and stays at the end');
});

t.test('two cannot wait at once', async (t) => {
  const { source } = make(undefined);
  const first = source.next(target);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await t.rejects(source.next(target), /waited for already/);
  source.close();
  t.equal(await first, undefined);
});

t.test('what was only announced is read from disk, before what was offered after it', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, six()));
  const { source, offer } = make(rig.reader);
  offer(0);
  source.written(at(3));
  offer(3);
  source.written(at(5));
  offer(5);
  source.close();
  t.equal(await rest(source), 'm800 d880 d960 m1040 d1120 m1200');
  t.same([source.position, source.end, source.lostBytes], [at(6), at(6), 0]);
});

t.test('a restart: all that is on disk, then what comes in', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, six().slice(0, 4)));
  const { source, offer } = make(rig.reader);
  source.written(at(4));
  offer(4);
  source.close();
  t.equal(await rest(source), 'd800 d880 d960 d1040 m1120');
});

t.test('what is neither in memory nor on disk is lost, and counted', async (t) => {
  const rig = new JournalReaderRig(t);
  const chunks = six();
  chunks[1] = new Uint8Array(80);
  rig.put(800, segmentOf(800, chunks.slice(0, 3)));
  const { source, offer } = make(rig.reader);
  offer(4);
  source.written(at(6) + 40);
  source.close();
  t.equal(await rest(source), 'd800 d960 m1120');
  t.equal(source.lostBytes, 80 + 80 + 120);
  t.same([source.position, source.end], [at(6) + 40, at(6) + 40]);
  t.same([rig.reader.damagedBytes, rig.reader.missingBytes], [80, 200]);
});

t.test('without a journal, gaps are lost', async (t) => {
  const { source, offer } = make(undefined, 0);
  for (const n of [0, 1, 4]) offer(n);
  source.close();
  t.equal(await rest(source), 'm800 m880 m1120');
  t.equal(source.lostBytes, 800 + 160);
});

t.test('a chunk behind the position is given back; one across it is handed out whole', async (t) => {
  const { source, recycled, memory, offer } = make(undefined, at(1) + 40);
  for (const n of [0, 1]) offer(n);
  t.same(recycled, [memory[0]]);
  t.match(await source.next(target), { position: at(1), usedBytes: 80 });
  offer(1);
  t.equal(recycled.length, 3);
  t.same([source.position, source.end, source.lostBytes], [at(2), at(2), 0]);
});

t.test('close(true) gives all back and hands out nothing more', async (t) => {
  const { source, recycled, memory, offer } = make(undefined);
  for (const n of [0, 1, 2]) offer(n);
  source.close(true);
  t.same(recycled, memory.slice(0, 3));
  t.equal(await source.next(target), undefined);
  offer(3);
  t.equal(recycled.length, 4, 'nor is anything kept after it');
  t.equal(source.position, 800);
});

t.test('the event loop turns between chunks', async (t) => {
  const { source, offer } = make(undefined);
  for (let n = 0; n < 6; n++) offer(n);
  source.close();
  let turns = 0;
  const turn = (): void => {
    turns++;
    if (source.position < at(6)) setImmediate(turn);
  };
  setImmediate(turn);
  await rest(source);
  t.ok(turns >= 6, `${turns} turns`);
});

/** What an open descriptor of this process leads to; nothing when it is closed by now. */
const fileOf = (fd: string): string => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
};

t.test('while chunks come from memory, no segment is held open', async (t) => {
  const rig = new JournalReaderRig(t);
  rig.put(800, segmentOf(800, six()));
  const { source, offer } = make(rig.reader);
  const openSegments = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => fileOf(fd).startsWith(rig.directory)).length;
  source.written(at(1));
  await source.next(target);
  t.equal(openSegments(), 1);
  offer(1);
  await source.next(target);
  t.equal(openSegments(), 0);
});

t.test(
  'any mixture of memory, disk and loss: each chunk that is somewhere comes once, in order',
  async (t) => {
    const rig = new JournalReaderRig(t);
    const random = new SeededRandom(9);
    for (let round = 0; round < 300; round++) {
      const chunks = six();
      const reader = rig.fresh();
      const { source, offer } = make(reader);
      const expected: string[] = [];
      let lost = 0;
      const waiting = rest(source);
      for (const [n, chunk] of chunks.entries()) {
        const onDisk = random.chance(0.7);
        const offered = random.chance(0.5);
        if (!onDisk) chunk.fill(0);
        rig.put(800, segmentOf(800, chunks.slice(0, n + 1)));
        if (offered) offer(n);
        else source.written(at(n + 1));
        if (offered || onDisk) expected.push(`${offered ? 'm' : 'd'}${at(n)}`);
        else lost += 80;
        if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
      }
      source.close();
      const found = await waiting;
      reader.close();
      if (found !== expected.join(' ')) t.equal(found, expected.join(' '), `round ${round}`);
      if (source.lostBytes !== lost) t.equal(source.lostBytes, lost, `round ${round}`);
    }
  },
);

t.test('every datagram that the receive thread wrote comes once, from memory or disk', async (t) => {
  const rig = new JournalReaderRig(t);
  const expected: string[] = [];
  const found: string[] = [];
  const from = { memory: 0, disk: 0 };
  let micros = 1_700_000_000_000_000;
  const recycle = (chunk: ArrayBuffer): void => writer.recycle(chunk);
  const source = new ChunkSource({ reader: rig.reader, position: 4096, recycle });
  const journal = new JournalWriter({
    directory: rig.directory,
    journalId: segmentJournalId,
    segmentBytes: 3 << 20,
    sync: 'off',
    nowMicros: () => micros,
    onDone: (chunk, usedBytes) => {
      if (journal.chunksWritten % 3 === 0) source.offer(chunk, usedBytes);
      else {
        source.written(4096 + journal.writtenBytes);
        recycle(chunk);
      }
    },
  });
  const onChunk = (chunk: ArrayBuffer, usedBytes: number): void => journal.append(chunk, usedBytes);
  const writer: ChunkWriter = new ChunkWriter({ onChunk, maxAgeMs: 1e9, firstPosition: 4096 });
  const sender = new SourceTable(() => true).source('192.0.2.1');
  for (let i = 0; i < 12_000; i++) {
    writer.append(Buffer.alloc(i % 1400, i), sender, i, 2055, ++micros);
    expected.push(`${i} ${i % 1400} ${micros}`);
  }
  writer.flush();
  void journal.close().then(() => source.close());
  const walk = new ChunkReader();
  for (let chunk = await source.next(target); chunk; chunk = await source.next(target)) {
    from[chunk.fromDisk ? 'disk' : 'memory']++;
    walk.open(target, chunk.usedBytes);
    while (walk.next()) found.push(`${walk.exporterPort} ${walk.payloadBytes} ${walk.micros}`);
  }
  t.same(found, expected);
  t.same([source.position, source.lostBytes], [writer.handedOnPosition, 0]);
  t.ok(from.memory > 0 && from.disk > 0, 'from both');
  t.ok(readdirSync(rig.directory).length > 1, 'more than one segment');
});
