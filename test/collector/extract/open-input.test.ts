import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { openInput } from '../../../collector/extract/open-input.ts';

const octetsOf = async (path: string): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  // The buffers are used again.
  for await (const piece of (await openInput(path)).octets) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
};

t.test('a file of several buffers, and the same packed', async (t) => {
  const folder = t.testdir();
  const bytes = Buffer.alloc(5 * (1 << 20) + 3, 'flow');
  const [plain, packed] = [join(folder, 'x.pcap'), join(folder, 'x.pcap.gz')];
  writeFileSync(plain, bytes);
  writeFileSync(packed, gzipSync(bytes));
  t.ok((await octetsOf(plain)).equals(bytes));
  t.ok((await octetsOf(packed)).equals(bytes));
  const [input, other] = [await openInput(plain), await openInput(packed)];
  t.equal(input.totalBytes, bytes.length);
  t.equal(other.totalBytes, 0, 'what comes out of it is not known');
  t.equal(input.name, plain);
  for (const { octets } of [input, other]) for await (const _ of octets) break;
});

t.test('what cannot be opened', async (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, 'd'));
  await t.rejects(openInput(join(folder, 'none')), { message: `${folder}/none: there is no such file` });
  await t.rejects(openInput(join(folder, 'd')), {
    message: `${folder}/d: this is a folder, not a capture file`,
  });
});
