import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { fileOctets } from '../../../shared/capture/file-octets.ts';

const opened = async (path: string) => {
  const handle = await open(path);
  return { handle, ...(await fileOctets(handle, await handle.stat())) };
};

t.test('a file of several buffers, and the same packed', async (t) => {
  const folder = t.testdir();
  const bytes = Buffer.alloc(5 * (1 << 20) + 3);
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(at, at);
  const [plain, packed] = [join(folder, 'x.pcap'), join(folder, 'x.pcap.gz')];
  writeFileSync(plain, bytes);
  writeFileSync(packed, gzipSync(bytes));
  for (const [path, totalBytes] of [
    [plain, bytes.length],
    [packed, 0],
  ] as const) {
    const file = await opened(path);
    t.equal(file.totalBytes, totalBytes);
    const pieces: Buffer[] = [];
    // The buffers are used again.
    for await (const piece of file.octets) pieces.push(Buffer.from(piece));
    t.ok(Buffer.concat(pieces).equals(bytes), path);
    t.equal(file.handle.fd, -1, 'it is closed');
  }
});

t.test('a piece stays as it is while the next one is looked at', async (t) => {
  const path = join(t.testdir(), 'x');
  const piece = Buffer.alloc(1 << 20);
  writeFileSync(path, Buffer.concat([1, 2, 3, 4, 5].map((octet) => Buffer.alloc(piece.length, octet))));
  const { octets } = await opened(path);
  let before: Uint8Array | undefined;
  let number = 0;
  for await (const next of octets) {
    if (before) t.ok(before.every((octet) => octet === number));
    number++;
    before = next;
  }
  t.equal(number, 5);
});

t.test('who stops early closes it, too; an empty file has nothing', async (t) => {
  const folder = t.testdir({ empty: '', x: 'abc' });
  const { handle, octets } = await opened(join(folder, 'x'));
  for await (const _ of octets) break;
  t.equal(handle.fd, -1);
  const empty = await opened(join(folder, 'empty'));
  for await (const _ of empty.octets) t.fail('there is nothing');
});
