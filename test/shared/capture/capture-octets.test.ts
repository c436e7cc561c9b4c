import { spawn } from 'node:child_process';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { CaptureError } from '../../../shared/capture/capture-error.ts';
import { captureOctets, pieceBytes } from '../../../shared/capture/capture-octets.ts';

const content = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * i + (i >> 7)) & 0xff));

const read = async (file: string): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of captureOctets(createReadStream(file, { highWaterMark: pieceBytes })))
    pieces.push(piece.slice());
  return Buffer.concat(pieces);
};

const fileOf = (t: { testdir(): string }, bytes: Uint8Array): string => {
  const path = join(t.testdir(), 'file');
  writeFileSync(path, bytes);
  return path;
};

t.test('a file as it is', async (t) => {
  for (const length of [0, 1, 2, 700_000]) {
    t.ok(
      (await read(fileOf(t, content.subarray(0, length)))).equals(content.subarray(0, length)),
      `${length} octets`,
    );
  }
});

t.test('a gzipped one unpacked, of several members too', async (t) => {
  t.ok((await read(fileOf(t, gzipSync(content)))).equals(content));
  const members = Buffer.concat([gzipSync(content.subarray(0, 1000)), gzipSync(content.subarray(1000))]);
  t.ok((await read(fileOf(t, members))).equals(content));
});

t.test('a gzip that is cut or damaged', async (t) => {
  const packed = gzipSync(content);
  await t.rejects(read(fileOf(t, packed.subarray(0, -100))), CaptureError);
  await t.rejects(read(fileOf(t, packed.subarray(0, 5))), /damaged or cut off/);
  const damaged = Buffer.from(packed);
  damaged.fill(0xff, 20, 60);
  await t.rejects(read(fileOf(t, damaged)), CaptureError);
});

t.test('a file that cannot be read', async (t) => {
  await t.rejects(read(join(t.testdir(), 'none')), { code: 'ENOENT' });
  await t.rejects(read(t.testdir()), { code: 'EISDIR' });
});

t.test('standard input, however it comes in', async (t) => {
  const source = new URL('../../../shared/capture/capture-octets.ts', import.meta.url);
  const program = `
    import { createHash } from 'node:crypto';
    import { captureOctets } from ${JSON.stringify(source.href)};
    const hash = createHash('sha256');
    for await (const piece of captureOctets(process.stdin)) hash.update(piece);
    console.log(hash.digest('hex'));`;
  const hashOf = async (pieces: readonly Uint8Array[]): Promise<string> => {
    const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    for (const piece of pieces) child.stdin.write(piece);
    child.stdin.end();
    let out = '';
    for await (const text of child.stdout) out += text;
    return out.trim();
  };
  const packed = gzipSync(content);
  const expected = await hashOf([content]);
  t.match(expected, /^[0-9a-f]{64}$/);
  t.equal(await hashOf([packed.subarray(0, 1), packed.subarray(1, 3), packed.subarray(3)]), expected);
});
