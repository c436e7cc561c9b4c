import t from 'tap';
import { makeChunkFeed } from '../../../collector/load/feed-chunks.ts';
import type { PastFrame } from '../../../collector/load/history.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { frameKinds } from '../../../collector/receive/frame.ts';
import { hexBytes } from '../../support/capture-builder.ts';

const address = '00000000000000000000ffffc0000209';

const frameOf = (text: string, micros: number, kind: number = frameKinds.datagram): PastFrame => ({
  kind,
  payload: Buffer.from(text),
  octetWords: new Uint32Array(hexBytes(address).buffer),
  family: 4,
  exporterPort: 50_000,
  localPort: 2055,
  micros,
});

async function* framesOf(...frames: readonly PastFrame[]): AsyncGenerator<PastFrame> {
  yield* frames;
}

/** A feed whose chunks are kept, and what is in them. */
const keptFeed = () => {
  const chunks: { chunk: ArrayBuffer; usedBytes: number }[] = [];
  const feed = makeChunkFeed((chunk, usedBytes) => chunks.push({ chunk, usedBytes }));
  const read = () => {
    const reader = new ChunkReader();
    const found: { kind: number; text: string; micros: number; from: string }[] = [];
    for (const { chunk, usedBytes } of chunks) {
      const octets = new Uint8Array(chunk, 0, usedBytes);
      reader.open(octets, usedBytes);
      while (reader.next()) {
        const { kind, micros, payloadOffset, payloadBytes, addressOffset, exporterPort, localPort } = reader;
        const text = Buffer.from(octets.subarray(payloadOffset, payloadOffset + payloadBytes)).toString();
        const host = Buffer.from(octets.subarray(addressOffset, addressOffset + 16)).toString('hex');
        found.push({ kind, text, micros, from: `${host}:${exporterPort}>${localPort}` });
      }
    }
    return found;
  };
  return { feed, chunks, read };
};

t.test('frames come out as they went in', async (t) => {
  const { feed, read } = keptFeed();
  await feed.run(framesOf(frameOf('a', 10), frameOf('{}', 20, frameKinds.control), frameOf('b', 30)));
  const from = `${address}:50000>2055`;
  const control = read()[1];
  t.same(
    [read()[0], read()[2]],
    [
      { kind: 1, text: 'a', micros: 10, from },
      { kind: 1, text: 'b', micros: 30, from },
    ],
  );
  t.match(control, { kind: 2, text: '{}', micros: 20 });
  t.same(feed.fed, { frames: 3, datagrams: 2, lateFrames: 0 });
});

t.test('times of receipt strictly increase; only what came out of order is late', async (t) => {
  const { feed, read } = keptFeed();
  const times = [100, 100, 100, 101, 90, 200, 199];
  await feed.run(framesOf(...times.map((micros, i) => frameOf(String(i), micros))));
  t.same(
    read().map(({ micros }) => micros),
    [100, 101, 102, 103, 104, 200, 201],
  );
  t.equal(feed.fed.lateFrames, 2);
});

t.test('what came before an error is handed on', async (t) => {
  const { feed, read } = keptFeed();
  const broken = async function* (): AsyncGenerator<PastFrame> {
    yield frameOf('before', 1);
    throw new Error('cut off');
  };
  await t.rejects(feed.run(broken()), { message: 'cut off' });
  t.same(
    read().map(({ text }) => text),
    ['before'],
  );
});

t.test('it waits for a free chunk, and drops nothing', async (t) => {
  const { feed, chunks } = keptFeed();
  const text = 'x'.repeat(60_000);
  const count = 400;
  let calls = 0;
  const frames = Array.from({ length: count }, (_, i) => frameOf(text, i + 1));
  const running = feed.run(framesOf(...frames), () => calls++);
  let isDone = false;
  void running.then(() => {
    isDone = true;
  });
  let seen = 0;
  let most = 0;
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, chunks.length);
    for (const { chunk, usedBytes } of chunks.splice(0)) {
      seen += new DataView(chunk, 0, usedBytes).getUint32(20, true);
      feed.recycle(chunk);
    }
  }
  await running;
  for (const { chunk } of chunks) seen += new DataView(chunk).getUint32(20, true);
  t.equal(seen, count);
  t.equal(calls, count, 'it tells of each frame');
  t.equal(most, 8, 'no more chunks than these exist');
  t.same(feed.fed, { frames: count, datagrams: count, lateFrames: 0 });
});
