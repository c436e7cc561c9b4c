import t from 'tap';
import { parseAllowList } from '../../../collector/receive/allow-list.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { ChunkWriter } from '../../../collector/receive/chunk-writer.ts';
import { SourceTable } from '../../../collector/receive/source-table.ts';

/** A chunk of two frames, written out by hand. */
const literal = (): Buffer =>
  Buffer.from(
    // header: FLC1, 128 octets in use, position 2^32 + 8, CRC 0, 2 frames, reserved
    `464c4331 80000000 0800000001000000 00000000 02000000 0000000000000000
     03000000 01 01 04 00 50c3 0708 00000000 00000000000000000000ffffc0000207 40222018240a0600 aabbcc0000000000
     08000000 02 00 06 00 0000 8312 00000000 20010db8000000000000000000000009 41222018240a0600 1122334455667788`.replace(
      /\s/g,
      '',
    ),
    'hex',
  );

const open = (octets: Buffer, usedBytes = octets.length): ChunkReader => {
  const reader = new ChunkReader();
  reader.open(Uint8Array.from(octets).buffer, usedBytes);
  return reader;
};

const walk = (octets: Buffer, usedBytes = octets.length): number => {
  const reader = open(octets, usedBytes);
  let frames = 0;
  while (reader.next()) frames++;
  return frames;
};

t.test('frames as laid out by hand', async (t) => {
  const reader = open(literal());
  t.equal(reader.position, 2 ** 32 + 8);
  t.equal(reader.frames, 2);
  t.equal(reader.next(), true);
  t.match(reader, {
    kind: 1,
    transport: 1,
    family: 4,
    exporterPort: 50000,
    localPort: 2055,
    micros: 1_700_000_000_123_456,
  });
  t.match(reader, { addressOffset: 48, payloadOffset: 72, payloadBytes: 3 });
  t.match(reader, { framePosition: 2 ** 32 + 40, nextPosition: 2 ** 32 + 88 });
  t.same([...reader.bytes.subarray(72, 75)], [0xaa, 0xbb, 0xcc]);
  t.equal(reader.next(), true);
  t.match(reader, {
    kind: 2,
    transport: 0,
    family: 6,
    exporterPort: 0,
    localPort: 4739,
    micros: 1_700_000_000_123_457,
  });
  t.match(reader, { addressOffset: 96, payloadOffset: 120, payloadBytes: 8 });
  t.match(reader, { framePosition: 2 ** 32 + 88, nextPosition: 2 ** 32 + 136 });
  t.equal(reader.next(), false);
  t.equal(reader.next(), false, 'and stays at the end');
});

t.test('before the first frame, the next position is that of the first', async (t) => {
  const reader = open(literal());
  t.match(reader, { framePosition: 2 ** 32 + 40, nextPosition: 2 ** 32 + 40 });
});

t.test('a chunk inside of other memory', async (t) => {
  const memory = new Uint8Array(1000);
  memory.set(literal(), 408);
  const reader = new ChunkReader();
  reader.open(memory.subarray(408), 128);
  t.equal(reader.next(), true);
  t.same(
    [...reader.bytes.subarray(reader.payloadOffset, reader.payloadOffset + reader.payloadBytes)],
    [0xaa, 0xbb, 0xcc],
  );
  t.equal(reader.next(), true);
  t.equal(reader.view.getUint8(reader.payloadOffset), 0x11);
  t.equal(reader.next(), false);
});

t.test('what is no chunk is not walked', async (t) => {
  t.throws(() => open(Buffer.alloc(0)), /length out of bounds/);
  t.throws(() => open(literal(), 129), /length out of bounds/);
  t.throws(() => open(literal(), 120), /wrong length/);
  const magic = literal();
  magic[0] = 0;
  t.throws(() => open(magic), /wrong magic/);
});

t.test('frames stay inside of their chunk', async (t) => {
  const changed = (offset: number, value: number): Buffer => {
    const octets = literal();
    octets.writeUInt32LE(value, offset);
    return octets;
  };
  t.equal(walk(literal()), 2);
  t.throws(() => walk(changed(80, 9)), /payload is cut off/);
  t.throws(
    () => walk(changed(80, 0xfffffff9)),
    /payload is cut off/,
    'a length that wraps when it is rounded up',
  );
  t.throws(() => walk(changed(32, 25)), /frame header is cut off/);
  t.throws(() => walk(changed(20, 3)), /wrong number of frames/);
  t.throws(() => walk(changed(68, 0x00200000)), /time is out of bounds/);
  const cut = literal().subarray(0, 124);
  cut.writeUInt32LE(124, 4);
  cut.writeUInt32LE(3, 80);
  t.throws(() => walk(cut), /padding of a payload is cut off/);
});

t.test('what the writer wrote', async (t) => {
  const sources = new SourceTable(parseAllowList([]));
  const reader = new ChunkReader();
  const seen: string[] = [];
  const writer = new ChunkWriter({
    maxAgeMs: 1e9,
    onChunk: (chunk, usedBytes) => {
      reader.open(chunk, usedBytes);
      while (reader.next()) seen.push(`${reader.exporterPort} ${reader.payloadBytes} ${reader.micros}`);
      reader.close();
      writer.recycle(chunk);
    },
  });
  const expected: string[] = [];
  for (let i = 0; i < 5000; i++) {
    writer.append(Buffer.alloc(i % 1500), sources.source(`10.0.0.${i % 9}`), i % 65536, 2055, 1e15 + i);
    expected.push(`${i % 65536} ${i % 1500} ${1e15 + i}`);
  }
  writer.flush();
  t.same(seen, expected);
});

t.test('a closed reader holds no chunk', async (t) => {
  const reader = open(literal());
  reader.close();
  t.equal(reader.bytes.length, 0);
  t.equal(reader.next(), false);
});
