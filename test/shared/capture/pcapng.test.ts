import t from 'tap';
import { ByteQueue } from '../../../shared/capture/byte-queue.ts';
import { CaptureError } from '../../../shared/capture/capture-error.ts';
import { makeCapturedPacket } from '../../../shared/capture/captured-packet.ts';
import { isPcapngMagic, PcapngReader } from '../../../shared/capture/pcapng.ts';
import { hexBytes } from '../../support/capture-builder.ts';

const readAll = (bytes: Uint8Array, pieceBytes = bytes.length) => {
  const queue = new ByteQueue();
  const reader = new PcapngReader(queue);
  const packet = makeCapturedPacket();
  const packets = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    queue.push(bytes.slice(at, at + pieceBytes));
    while (reader.next(packet)) {
      const { seconds, nanos, interfaceId, linkType, originalBytes } = packet;
      const octets = Buffer.from(packet.bytes.subarray(packet.at, packet.end)).toString('hex');
      packets.push([seconds, nanos, interfaceId, linkType, originalBytes, octets]);
    }
  }
  return packets;
};

const bigEndian = `
  0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
  00000001 00000014 0001 0000 00040000 00000014
  00000001 00000028 0071 0000 00000000  0009 0001 09 000000  000e 0008 0000000000000064  00000028
  00000006 00000024 00000000 00060ae2 e752f247 00000003 0000003c aabbcc00 00000024
  00000006 00000020 00000001 179a8657 9c024d15 00000000 00000040 00000020
  00000005 00000018 00000000 00000000 00000000 00000018
  00000003 00000014 00000002 eeff0000 00000014
  00000002 00000028 0001 0003 00000000 3b9aca00 00000004 00000004 01020304 00000000 00000028`;

const expected = [
  [1700819520, 123463000, 0, 1, 60, 'aabbcc'],
  [1700819620, 123456789, 1, 113, 64, ''],
  [0, 0, 0, 1, 2, 'eeff'],
  [101, 0, 1, 113, 4, '01020304'],
];

t.test('blocks of all kinds, several interfaces, big-endian', async (t) => {
  // 1700819520123463 microseconds; 1700819520123456789 nanoseconds and 100 seconds (if_tsoffset).
  for (const pieceBytes of [1, 5, 64, 1000])
    t.same(readAll(hexBytes(bigEndian), pieceBytes), expected, `by ${pieceBytes}`);
});

const littleSection = '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000';
const littleInterface = '01000000 14000000 e400 0000 02000000 14000000';

t.test('a new section has its own byte order and interfaces', async (t) => {
  const first = bigEndian.slice(0, bigEndian.indexOf('\n  00000006'));
  const simple = '03000000 14000000 05000000 aabb0000 14000000';
  t.same(readAll(hexBytes(first + littleSection + littleInterface + simple)), [[0, 0, 0, 228, 5, 'aabb']]);
  t.throws(() => readAll(hexBytes(first + littleSection + simple)), /interface 0, which is not described/);
});

t.test('damage', async (t) => {
  const start = littleSection + littleInterface;
  const cases = [
    ['06000000 0b000000 00000000', /a block of 11 octets: the file is damaged \(at octet 48\)/],
    ['06000000 0c000001 00000000', /a block of 16777228 octets/],
    ['06000000 21000000 00000000', /a block of 33 octets/],
    ['05000000 10000000 00000000 14000000', /another length than it began with/],
    ['06000000 10000000 00000000 10000000', /too short/],
    ['03000000 0c000000 0c000000', /too short/],
    ['01000000 10000000 00000000 10000000', /too short/],
    [
      '06000000 24000000 00000000 00000000 00000000 05000000 05000000 aabbccdd 24000000',
      /a packet that is longer than its block/,
    ],
    ['0a0d0d0a 1c000000 00000000', /a section without byte order/],
    ['0a0d0d0a 10000000 4d3c2b1a 10000000', /too short/],
  ] as const;
  for (const [hex, message] of cases) {
    t.throws(() => readAll(hexBytes(start + hex)), message, hex);
    t.throws(() => readAll(hexBytes(start + hex)), CaptureError);
  }
});

t.test('options that end behind their block are left alone', async (t) => {
  const odd = '01000000 18000000 0100 0000 00000000 0900ffff 18000000';
  const simple = '03000000 14000000 02000000 aabb0000 14000000';
  t.same(readAll(hexBytes(littleSection + odd + simple)), [[0, 0, 0, 1, 2, 'aabb']]);
});

t.test('magic', async (t) => {
  t.equal(isPcapngMagic(0x0a0d0d0a), true);
  t.equal(isPcapngMagic(0xa1b2c3d4), false);
});

// if_name: "eth0", and "wan" with the zero octet that some writers add.
const eth0 = '01000000 20000000 0100 0000 00000000 0200 0400 65746830 00000000 20000000';
const wan = '01000000 20000000 0100 0000 00000000 0200 0400 77616e00 00000000 20000000';

t.test('names of interfaces', async (t) => {
  const queue = new ByteQueue();
  const reader = new PcapngReader(queue);
  queue.push(hexBytes(littleSection + eth0 + wan + littleInterface));
  reader.next(makeCapturedPacket());
  t.same(reader.interfaceNames, ['eth0', 'wan', '']);
});

t.test(
  'sections of one file: an interface of the same name is the same, another one has a number of its own',
  async (t) => {
    const queue = new ByteQueue();
    const reader = new PcapngReader(queue);
    const packet = makeCapturedPacket();
    const packetOf = (id: number) => `06000000 20000000 0${id}000000 ${'00'.repeat(16)} 20000000`;
    const idsIn = (section: string): number[] => {
      queue.push(hexBytes(littleSection + section));
      const ids: number[] = [];
      while (reader.next(packet)) ids.push(packet.interfaceId);
      return ids;
    };
    t.same(idsIn(eth0 + littleInterface + packetOf(0) + packetOf(1)), [0, 1]);
    t.same(idsIn(wan + eth0 + littleInterface + packetOf(0) + packetOf(1) + packetOf(2)), [2, 0, 1]);
    t.same(idsIn(eth0 + eth0 + packetOf(0) + packetOf(1)), [0, 3], 'two of one section are two');
    t.same(reader.interfaceNames, ['eth0', '', 'wan', 'eth0']);
  },
);
