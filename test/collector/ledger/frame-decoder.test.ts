import t from 'tap';
import { FrameDecoder } from '../../../collector/ledger/frame-decoder.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { type ChunkFrame, chunkOf } from '../../support/chunk-bytes.ts';
import { receivedMicros } from '../../support/decoder-rig.ts';
import { keepRows } from '../../support/kept-rows.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';
import { readRows } from '../../support/row-reader.ts';

const make = (sampling = 0) => {
  const kept = keepRows();
  const address = '00000000000000000000ffffc0000209';
  const frames = new FrameDecoder({
    groups: [],
    keepExtra: true,
    exporters: sampling > 0 ? [{ address, name: 'edge', site: '', sampling }] : [],
    collector: 'here',
    batchCapacity: 100,
    batches: 2,
    rowWriter: kept.writer,
  });
  const take = (chunk: Uint8Array): void => {
    frames.chunkMemory.set(chunk);
    const reader = new ChunkReader();
    reader.open(frames.chunkMemory, chunk.length);
    while (reader.next()) frames.frame(reader);
  };
  return { frames, take, kept };
};

const template = set(2, templateRecord(256, [[1, 4]]));
const at = (micros: number, ...sets: readonly Uint8Array[]): ChunkFrame => ({
  payload: ipfix({}, ...sets),
  micros: receivedMicros + micros,
});
/** A chunk of which all frames say something of the receive thread. */
const controls = (position: number, ...payloads: readonly string[]): Uint8Array => {
  const chunk = chunkOf(
    payloads.map((payload, i) => ({ payload: Buffer.from(payload), micros: receivedMicros + 10 + i })),
    position,
  );
  let offset = 32;
  for (const payload of payloads) {
    chunk[offset + 4] = 2;
    offset += 40 + ((payload.length + 7) & ~7);
  }
  return chunk;
};

t.test('frames become rows; position and time are those behind the last', async (t) => {
  const { frames, take } = make(500);
  const chunk = chunkOf([at(0, template), at(5, set(256, u32(7), u32(8)))], 4096);
  take(chunk);
  t.match(readRows(frames.sink.batch), [
    { bytes: 7n, sampling_rate: 500 },
    { bytes: 8n, sampling_rate: 500 },
  ]);
  t.same([frames.position, frames.newestMicros], [4096 + chunk.length, receivedMicros + 5]);
});

t.test('control frames are booked, those that cannot be read are counted', async (t) => {
  const { frames, take, kept } = make();
  take(controls(0, '{"kernelDrops":3,"refused":2,"queueDrops":0,"exporters":[["192.0.2.1",2,0]]}', '{"x'));
  frames.books.writeMinute();
  t.equal(frames.controlErrors, 1);
  const losses = kept.rows.map(({ exporter, refused, kernel_drops }) => [exporter, refused, kernel_drops]);
  t.same(losses.sort(), [['::', 0, 3], ['::ffff:192.0.2.1', 2, 0]]); // biome-ignore format: short
  t.equal(frames.decoder.datagrams, 0);
});

t.test('what depends on time happens at the first frame of a second', async (t) => {
  const { frames, take } = make();
  const waited = 31 * 60e6;
  const base = 1e6 - (receivedMicros % 1e6);
  take(chunkOf([at(base, set(256, u32(7))), at(base + 1, template.subarray(0, 0))]));
  t.equal(frames.decoder.domains.totals().dataSetsWaiting, 1);
  take(chunkOf([at(base + waited, set(300, u32(1)))], 1000));
  t.match(frames.decoder.domains.totals(), { dataSetsWaiting: 1, dataSetsExpired: 1 });
});

t.test('restored in between, it goes on in the same way', async (t) => {
  const chunks = [
    chunkOf([at(0, set(256, u32(7))), at(10, set(3, '012c0002000100010004 00220004'.replace(/ /g, '')))]),
    chunkOf([at(1e6, template), at(2e6, set(256, u32(9)))], 4096),
  ] as const;
  const whole = make(20);
  for (const chunk of chunks) whole.take(chunk);
  const first = make(20);
  first.take(chunks[0]);
  const state = JSON.parse(JSON.stringify(first.frames.save()));
  const second = make(20);
  second.frames.restore(state, first.frames.position);
  t.equal(second.frames.position, chunks[0].length);
  second.take(chunks[1]);
  t.equal(readRows(whole.frames.sink.batch).length, 2);
  t.same(readRows(second.frames.sink.batch), readRows(whole.frames.sink.batch));
  t.same(second.frames.save(), whole.frames.save());
  t.throws(() => make().frames.restore({ ...state, decoder: { datagrams: 'x' } }, 0), /decoder state/);
});

t.test('discarding: it learns, and makes no rows', async (t) => {
  const { frames, take } = make();
  frames.sink.discarding = true;
  take(chunkOf([at(0, template), at(1, set(256, u32(7), u32(8)))]));
  t.same([frames.sink.batch.rows, frames.sink.recordsDiscarded], [0, 2]);
  frames.sink.discarding = false;
  take(chunkOf([at(2, set(256, u32(9)))], 4096));
  t.match(readRows(frames.sink.batch), [{ bytes: 9n }]);
});

t.test('it needs a batch', async (t) => {
  const options = {
    groups: [],
    keepExtra: true,
    exporters: [],
    collector: 'x',
    batchCapacity: 1,
    batches: 0,
  };
  t.throws(() => new FrameDecoder({ ...options, rowWriter: keepRows().writer }), /needs a batch/);
});
