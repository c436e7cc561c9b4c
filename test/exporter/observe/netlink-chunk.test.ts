import t from 'tap';
import {
  ChunkWriter,
  chunkBytes,
  frameKinds,
  maxAttributed,
  maxDatagramBytes,
  readChunk,
} from '../../../exporter/observe/netlink-chunk.ts';

interface Posted {
  readonly chunk: ArrayBuffer;
  readonly usedBytes: number;
}

const makeRoad = (maxChunks = 1000) => {
  const posted: Posted[] = [];
  const returned: ArrayBuffer[] = [];
  let pauses = 0;
  const writer = new ChunkWriter({
    maxChunks,
    post: (chunk, usedBytes) => posted.push({ chunk, usedBytes }),
    takeBack: () => returned.shift(),
    pause: () => {
      pauses++;
      returned.push(new ArrayBuffer(chunkBytes));
    },
  });
  const write = (text: string, micros = 0): void => {
    writer.reserve();
    const octets = Buffer.from(text);
    writer.bytes.set(octets, writer.payloadAt);
    writer.commit(octets.length, frameKinds.datagram, micros);
  };
  return { posted, returned, writer, write, pauses: () => pauses };
};

const readAll = (posted: readonly Posted[]): string[] => {
  const read: string[] = [];
  for (const { chunk, usedBytes } of posted)
    readChunk(chunk, usedBytes, {
      datagram: (view, bytes, at, end, micros) => {
        t.equal(view.buffer, bytes.buffer);
        read.push(`${Buffer.from(bytes.subarray(at, end)).toString()} ${micros}`);
      },
      overrun: (micros) => read.push(`overrun ${micros}`),
      chunkEnd: () => read.push('end'),
    });
  return read;
};

t.test('numbers of processes go with their datagram', (t) => {
  const { posted, writer, write } = makeRoad();
  write('a');
  writer.reserve();
  writer.bytes.set(Buffer.from('seven..'), writer.payloadAt);
  writer.commit(7, frameKinds.attributed, 5, Uint32Array.of(1, 0, 0, 4_000_000_000, 9, 9), 2);
  write('b');
  writer.flush();
  const read: unknown[] = [];
  readChunk(posted[0]?.chunk ?? new ArrayBuffer(0), posted[0]?.usedBytes ?? 0, {
    datagram: (view, bytes, at, end, _, processesAt, attributed) => {
      const numbers = Array.from({ length: 2 * attributed }, (_, i) =>
        view.getUint32(processesAt + 4 * i, true),
      );
      read.push([Buffer.from(bytes.subarray(at, end)).toString(), ...numbers]);
    },
    overrun: () => read.push('overrun'),
    chunkEnd: () => read.push('end'),
  });
  t.same(read, [['a'], ['seven..', 1, 0, 0, 4_000_000_000], ['b'], 'end']);
  t.end();
});

t.test('the largest datagram with the most numbers fits', (t) => {
  const { posted, writer } = makeRoad();
  for (let i = 0; i < 20; i++) {
    writer.reserve();
    writer.commit(
      maxDatagramBytes,
      frameKinds.attributed,
      0,
      new Uint32Array(2 * maxAttributed).fill(7),
      maxAttributed,
    );
  }
  writer.flush();
  t.ok(posted.every(({ usedBytes }) => usedBytes <= chunkBytes));
  t.end();
});

t.test('datagrams and overruns arrive in their order, with their times', (t) => {
  const { posted, writer, write } = makeRoad();
  write('a', 1795265228078798);
  writer.commit(0, frameKinds.overrun, 1795265228078799);
  write('ninechars', 1795265228078800);
  t.same(posted, [], 'they wait for others');
  writer.flush();
  t.same(readAll(posted), [
    'a 1795265228078798',
    'overrun 1795265228078799',
    'ninechars 1795265228078800',
    'end',
  ]);
  writer.flush();
  t.equal(posted.length, 1, 'nothing is not posted');
  t.end();
});

t.test('a chunk goes when the next datagram might not fit', (t) => {
  const { posted, write } = makeRoad();
  const datagram = 'x'.repeat(maxDatagramBytes - 1000);
  for (let i = 0; i < 4; i++) write(datagram);
  t.equal(posted.length, 0);
  write(datagram);
  t.equal(posted.length, 1);
  t.equal(readAll(posted).length, 5, 'four, and the end');
  t.ok((posted[0]?.usedBytes ?? 0) <= chunkBytes);
  t.end();
});

t.test('a chunk goes 20 ms after its first datagram, and when the clock was set back', (t) => {
  const { posted, write } = makeRoad();
  write('a', 1_000_000);
  write('b', 1_019_999);
  t.equal(posted.length, 0);
  write('c', 1_020_000);
  t.equal(posted.length, 1);
  write('d', 1_020_001);
  t.equal(posted.length, 1, 'the next one begins anew');
  write('e', 900_000);
  t.equal(posted.length, 2);
  t.end();
});

t.test('a receiver that is behind gets full chunks only', (t) => {
  const { posted, returned, writer, write } = makeRoad();
  for (let i = 0; i < 20; i++) {
    write('a');
    writer.flushIfAwaited();
  }
  t.equal(posted.length, 8);
  returned.push(new ArrayBuffer(chunkBytes));
  writer.flushIfAwaited();
  t.equal(posted.length, 9);
  t.equal(readAll(posted.slice(8)).length, 13, 'the other 12 and the end');
  t.end();
});

t.test('chunks on the road are limited: reading waits until one comes back', (t) => {
  const { writer, write, pauses } = makeRoad(3);
  for (let i = 0; i < 2; i++) {
    write('a');
    writer.flush();
  }
  t.equal(pauses(), 0);
  write('a');
  writer.flush();
  t.equal(pauses(), 1);
  t.end();
});

t.test('memory that came back is used again', (t) => {
  const { posted, writer, write } = makeRoad();
  write('a');
  writer.flush();
  const back = posted[0]?.chunk ?? new ArrayBuffer(0);
  writer.giveBack(back);
  write('b');
  writer.flush();
  write('c');
  writer.flush();
  t.equal(posted[2]?.chunk, back);
  t.end();
});
