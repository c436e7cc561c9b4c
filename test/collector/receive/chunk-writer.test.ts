import t from 'tap';
import { parseAllowList } from '../../../collector/receive/allow-list.ts';
import { ChunkWriter } from '../../../collector/receive/chunk-writer.ts';
import { chunkBytes } from '../../../collector/receive/frame.ts';
import { SourceTable } from '../../../collector/receive/source-table.ts';

const sources = (): SourceTable => new SourceTable(parseAllowList([]));
const never = 1e9;
const micros = 1_700_000_000_123_456;

t.test('header and frames lie as frame.ts says, octet by octet', async (t) => {
  const handedOn: Buffer[] = [];
  const onChunk = (chunk: ArrayBuffer, usedBytes: number) => handedOn.push(Buffer.from(chunk, 0, usedBytes));
  const writer = new ChunkWriter({ onChunk, maxAgeMs: never });
  const table = sources();
  writer.append(Buffer.from('00090102ff', 'hex'), table.source('192.0.2.7'), 50000, 2055, micros);
  writer.append(Buffer.alloc(0), table.source('2001:db8::9'), 1, 65535, micros + 1);
  writer.flush();
  const chunk = handedOn[0] as Buffer;
  const at = (from: number, to: number): string => chunk.toString('hex', from, to);
  t.equal(chunk.length, 32 + 48 + 40);
  t.equal(at(0, 4), Buffer.from('FLC1').toString('hex'), 'magic');
  t.equal(at(4, 8), '78000000', 'octets in use: 120');
  t.equal(at(8, 16), '0000000000000000', 'position 0');
  t.equal(at(16, 20), '00000000', 'CRC is for the journal');
  t.equal(at(20, 24), '02000000', 'two frames');
  t.equal(at(24, 32), '0000000000000000', 'reserved');
  t.equal(at(32, 36), '05000000', 'payload length');
  t.equal(at(36, 40), '01010400', 'datagram, UDP, IPv4, reserved');
  t.equal(at(40, 44), '50c30708', 'ports 50000 and 2055');
  t.equal(at(44, 48), '00000000', 'reserved');
  t.equal(at(48, 64), '00000000000000000000ffffc0000207', '192.0.2.7, mapped');
  t.equal(at(64, 72), '40222018240a0600', '1700000000123456 us');
  t.equal(at(72, 80), '00090102ff000000', 'payload, padded with zeros');
  t.equal(at(80, 84), '00000000', 'an empty payload');
  t.equal(at(84, 88), '01010600', 'datagram, UDP, IPv6');
  t.equal(at(88, 92), '0100ffff', 'ports 1 and 65535');
  t.equal(at(96, 112), '20010db8000000000000000000000009');
  t.equal(at(112, 120), '41222018240a0600');
});

t.test('a full chunk is handed on, and positions count the octets before it', async (t) => {
  const handedOn: Array<{ usedBytes: number; position: number; frames: number }> = [];
  const writer = new ChunkWriter({
    maxAgeMs: never,
    onChunk: (chunk, usedBytes) => {
      const view = new DataView(chunk);
      handedOn.push({ usedBytes, position: view.getUint32(8, true), frames: view.getUint32(20, true) });
      writer.recycle(chunk);
    },
  });
  const source = sources().source('10.0.0.1');
  const payload = Buffer.alloc(65507);
  // A frame takes 65552 octets; 15 of them and the header fit into 1048576.
  for (let i = 0; i < 31; i++) writer.append(payload, source, 1, 2, micros + i);
  t.same(handedOn, [
    { usedBytes: 32 + 15 * 65552, position: 0, frames: 15 },
    { usedBytes: 32 + 15 * 65552, position: 983312, frames: 15 },
  ]);
  t.same(
    { frames: writer.frames, bytes: writer.payloadBytes, on: writer.chunksHandedOn, away: writer.chunksAway },
    { frames: 31, bytes: 31 * 65507, on: 2, away: 0 },
  );
  t.equal(writer.handedOnPosition, 2 * 983312);
  writer.flush();
});

t.test('a journal is continued where it ended', async (t) => {
  const positions: string[] = [];
  const writer: ChunkWriter = new ChunkWriter({
    maxAgeMs: never,
    firstPosition: 3 * 2 ** 32 - 120,
    onChunk: (chunk) => {
      positions.push(Buffer.from(chunk).toString('hex', 8, 16));
      writer.recycle(chunk);
    },
  });
  t.equal(writer.handedOnPosition, 3 * 2 ** 32 - 120);
  for (let i = 0; i < 2; i++) {
    writer.append(Buffer.alloc(48), sources().source('10.0.0.1'), 1, 2, micros + i);
    writer.flush();
  }
  t.same(positions, ['88ffffff02000000', '0000000003000000']);
});

t.test('a control frame is laid out as a datagram of nobody, and counts as none', async (t) => {
  const handedOn: Buffer[] = [];
  const onChunk = (chunk: ArrayBuffer, usedBytes: number) => handedOn.push(Buffer.from(chunk, 0, usedBytes));
  const writer = new ChunkWriter({ onChunk, maxAgeMs: never });
  t.equal(writer.appendControl(Buffer.from('{"refused":7}'), micros), true);
  writer.flush();
  const chunk = handedOn[0] as Buffer;
  t.equal(chunk.toString('hex', 20, 24), '01000000', 'a frame');
  t.equal(
    chunk.toString('hex', 32, 72),
    `0d000000 02000000 00000000 00000000 ${'00'.repeat(16)} 40222018240a0600`.replaceAll(' ', ''),
    '13 octets of kind 2',
  );
  t.equal(chunk.toString('latin1', 72), '{"refused":7}\0\0\0');
  t.equal(writer.frames, 0);
  t.equal(writer.payloadBytes, 0);
});

t.test('without a free chunk a control frame is to be said later, and is no loss', async (t) => {
  const away: ArrayBuffer[] = [];
  const writer = new ChunkWriter({ onChunk: (chunk) => away.push(chunk), maxChunks: 1, maxAgeMs: never });
  writer.appendControl(Buffer.from('{}'), micros);
  writer.flush();
  t.equal(writer.appendControl(Buffer.from('{}'), micros), false);
  t.equal(writer.queueDrops, 0);
  writer.recycle(away[0] as ArrayBuffer);
  t.equal(writer.appendControl(Buffer.from('{}'), micros + 1), true);
  writer.flush();
});

t.test('without a free chunk datagrams are dropped and counted, until one comes back', async (t) => {
  const away: ArrayBuffer[] = [];
  const writer = new ChunkWriter({ onChunk: (chunk) => away.push(chunk), maxChunks: 2, maxAgeMs: never });
  const table = sources();
  const payload = Buffer.alloc(65000);
  let kept = 0;
  for (let i = 0; i < 40; i++) if (writer.append(payload, table.source('10.0.0.1'), 1, 2, micros + i)) kept++;
  t.equal(kept, 32, 'two chunks of 16');
  t.equal(writer.queueDrops, 8);
  t.equal(table.source('10.0.0.1').queueDrops, 8);
  t.equal(writer.chunksAway, 2);
  writer.recycle(away[0] as ArrayBuffer);
  t.equal(writer.append(payload, table.source('10.0.0.1'), 1, 2, micros), true);
  t.equal(writer.frames + writer.queueDrops, 41);
  writer.flush();
});

t.test('octets of an older datagram do not show in the padding', async (t) => {
  let last = Buffer.alloc(0);
  const writer = new ChunkWriter({
    maxAgeMs: never,
    onChunk: (chunk, usedBytes) => {
      last = Buffer.from(chunk.slice(0, usedBytes));
      writer.recycle(chunk);
    },
  });
  const source = sources().source('10.0.0.1');
  writer.append(Buffer.alloc(200, 0xee), source, 1, 2, micros);
  writer.flush();
  writer.append(Buffer.from([1, 2, 3]), source, 1, 2, micros);
  writer.flush();
  t.equal(last.toString('hex', 72, 80), '0102030000000000');
});

t.test('a chunk that is not full goes on when it is old, and no timer runs before or after', async (t) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const source = sources().source('10.0.0.1');
  const usedBytes = await new Promise((resolve) => {
    const writer = new ChunkWriter({ onChunk: (_chunk, used) => resolve(used), maxAgeMs: 5 });
    t.equal(timers(), before);
    writer.append(Buffer.from([1]), source, 1, 2, micros);
    writer.append(Buffer.from([2]), source, 1, 2, micros + 1);
    t.equal(timers(), before + 1);
  });
  t.equal(usedBytes, 32 + 48 + 48);
  t.equal(timers(), before);
});

t.test('a chunk that went to another thread and came back is used again', async (t) => {
  const writer: ChunkWriter = new ChunkWriter({
    maxChunks: 1,
    maxAgeMs: never,
    onChunk: (chunk) => writer.recycle(structuredClone(chunk, { transfer: [chunk] })),
  });
  const source = sources().source('10.0.0.1');
  for (let i = 0; i < 100; i++) writer.append(Buffer.alloc(65000), source, 1, 2, micros + i);
  t.equal(writer.queueDrops, 0);
  t.equal(writer.chunksHandedOn, 6);
  writer.flush();
});

t.test('a detached chunk is not taken back', async (t) => {
  const writer = new ChunkWriter({ onChunk: () => {}, maxAgeMs: never });
  t.throws(() => writer.recycle(new ArrayBuffer(0)), RangeError);
  t.throws(() => writer.recycle(new ArrayBuffer(chunkBytes - 1)), RangeError);
});
