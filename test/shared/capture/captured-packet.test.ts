import t from 'tap';
import { ByteQueue } from '../../../shared/capture/byte-queue.ts';
import { makeCapturedPacket, pointAt, pointAtHeader } from '../../../shared/capture/captured-packet.ts';

t.test('points into the queue, without a copy', async (t) => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array([9, 9, 1, 1, 7, 8, 9]));
  queue.skip(2);
  const packet = makeCapturedPacket();
  pointAt(packet, queue, 2, 3);
  t.equal(packet.bytes, queue.bytes);
  t.equal(packet.view, queue.view);
  t.same([...packet.bytes.subarray(packet.at, packet.end)], [7, 8, 9]);
  t.same([packet.blockAt, packet.blockEnd, packet.isHeader], [2, 7, false]);
});

t.test('a block that is no packet', async (t) => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(10));
  queue.skip(4);
  const packet = makeCapturedPacket();
  pointAtHeader(packet, queue, 6);
  t.same([packet.blockAt, packet.blockEnd, packet.isHeader], [4, 10, true]);
  t.equal(packet.at, packet.end);
});
