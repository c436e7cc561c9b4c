import t from 'tap';
import { ByteQueue } from '../../../shared/capture/byte-queue.ts';
import { CaptureError } from '../../../shared/capture/capture-error.ts';
import { makeCapturedPacket } from '../../../shared/capture/captured-packet.ts';
import { isPcapMagic, PcapReader } from '../../../shared/capture/pcap.ts';
import { hexBytes } from '../../support/capture-builder.ts';

const littleMicros = `
  d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
  40726065 07000000 03000000 3c000000 aabbcc
  41726065 3f420f00 01000000 01000000 dd`;
const bigNanos = `
  a1b23c4d 0002 0004 00000000 00000000 00040000 f0000071
  65607240 3b9ac9ff 00000002 00000002 eeff`;

const readAll = (hex: string) => {
  const queue = new ByteQueue();
  const reader = new PcapReader(queue);
  const packet = makeCapturedPacket();
  const packets = [];
  queue.push(hexBytes(hex));
  while (reader.next(packet)) {
    const { seconds, nanos, interfaceId, linkType, originalBytes } = packet;
    const octets = Buffer.from(packet.bytes.subarray(packet.at, packet.end)).toString('hex');
    packets.push([seconds, nanos, interfaceId, linkType, originalBytes, octets]);
  }
  return { packets, rest: queue.available };
};

t.test('little-endian with microseconds', async (t) => {
  t.same(readAll(littleMicros), {
    packets: [
      [1700819520, 7000, 0, 1, 60, 'aabbcc'],
      [1700819521, 999999000, 0, 1, 1, 'dd'],
    ],
    rest: 0,
  });
});

t.test('big-endian with nanoseconds; the link type without what stands above it', async (t) => {
  t.same(readAll(bigNanos).packets, [[1700819520, 999999999, 0, 113, 2, 'eeff']]);
});

t.test('all four magic numbers', async (t) => {
  t.same([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1].map(isPcapMagic), [true, true, true, true]);
  t.equal(isPcapMagic(0x0a0d0d0a), false);
  t.throws(() => readAll('00'.repeat(24)), CaptureError);
});

t.test('waits for the rest of a packet', async (t) => {
  for (let cut = 1; cut <= 16; cut++) {
    const hex = littleMicros.replace(/\s/g, '');
    const { packets, rest } = readAll(hex.slice(0, hex.length - 2 * cut));
    t.equal(packets.length, 1);
    t.equal(rest, 17 - cut);
  }
});

t.test('a length that cannot be true', async (t) => {
  t.throws(() => readAll(littleMicros.replace('03000000', '03000002')), {
    message: 'a packet of 33554435 octets: the file is damaged (at octet 24)',
    offset: 24,
  });
});
