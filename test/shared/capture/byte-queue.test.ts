import t from 'tap';
import { ByteQueue } from '../../../shared/capture/byte-queue.ts';

const waiting = (queue: ByteQueue): number[] => [...queue.bytes.subarray(queue.at, queue.end)];

t.test('octets come out as they went in, whatever the pieces', async (t) => {
  const all = Array.from({ length: 1000 }, (_, i) => (i * 31) & 0xff);
  for (const pieceBytes of [1, 3, 7, 100, 1000]) {
    for (const readBytes of [1, 2, 13, 400]) {
      const queue = new ByteQueue();
      const seen: number[] = [];
      for (let at = 0; at < all.length; at += pieceBytes) {
        queue.push(new Uint8Array(all.slice(at, at + pieceBytes)));
        while (queue.available >= readBytes) {
          t.equal(queue.offset, seen.length);
          seen.push(...queue.bytes.subarray(queue.at, queue.at + readBytes));
          if (queue.view.getUint8(queue.at) !== queue.bytes[queue.at])
            t.fail('the view is over other octets');
          queue.skip(readBytes);
        }
      }
      seen.push(...waiting(queue));
      t.same(seen, all, `pieces of ${pieceBytes}, read by ${readBytes}`);
    }
  }
});

t.test('what is pushed is never written to', async (t) => {
  const queue = new ByteQueue();
  const first = new Uint8Array([1, 2, 3, 4]);
  queue.push(first);
  queue.skip(3);
  queue.push(new Uint8Array([5, 6]));
  queue.skip(1);
  queue.push(new Uint8Array([7]));
  t.same(waiting(queue), [5, 6, 7]);
  t.same([...first], [1, 2, 3, 4]);
});

t.test('a long block in small pieces is not copied again with each', async (t) => {
  const queue = new ByteQueue();
  const buffers = new Set<unknown>();
  for (let i = 0; i < 4096; i++) {
    queue.push(new Uint8Array(64));
    buffers.add(queue.bytes);
  }
  t.equal(queue.available, 262144);
  t.ok(buffers.size < 20, `${buffers.size} buffers`);
});

t.test('large pieces are shown bit by bit, and not copied where nothing was left over', async (t) => {
  const pieceBytes = 300_000;
  const all = Uint8Array.from({ length: 3 * pieceBytes }, (_, i) => (i * 31) ^ (i >> 8));
  for (const readBytes of [1000, 1021, 200_003]) {
    const queue = new ByteQueue();
    const seen: Uint8Array[] = [];
    let offset = 0;
    for (let at = 0; at < all.length; at += pieceBytes) {
      queue.push(all.subarray(at, at + pieceBytes));
      do {
        while (queue.available >= readBytes) {
          seen.push(queue.bytes.slice(queue.at, queue.at + readBytes));
          if (queue.offset !== offset) t.fail('the offset is wrong');
          queue.skip(readBytes);
          offset += readBytes;
        }
      } while (queue.more());
    }
    seen.push(queue.bytes.slice(queue.at, queue.end));
    t.ok(Buffer.concat(seen).equals(all), `read by ${readBytes}`);
  }
});
