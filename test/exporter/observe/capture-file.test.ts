import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { openCaptureFile } from '../../../exporter/observe/capture-file.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const octets = Buffer.from(Uint8Array.from({ length: 5_000_003 }, (_, i) => (i * 31) ^ (i >> 8)));

t.test('a file, packed or not, comes whole', async (t) => {
  const folder = t.testdir();
  for (const [name, content] of [
    ['plain', octets],
    ['packed', gzipSync(octets)],
    ['empty', Buffer.alloc(0)],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, content);
    const source = await openCaptureFile(path);
    t.match(source, { name: path, isLive: false, totalOctets: name === 'packed' ? 0 : content.length });
    const pieces: Uint8Array[] = [];
    for await (const piece of source.octets()) pieces.push(piece.slice());
    t.ok(Buffer.concat(pieces).equals(name === 'empty' ? content : octets), name);
  }
});

t.test('a piece stays as it is until the next but one is asked for', async (t) => {
  const path = join(t.testdir(), 'plain');
  writeFileSync(path, octets);
  const pieces = (await openCaptureFile(path)).octets();
  const first = (await pieces.next()).value as Uint8Array;
  const copy = Buffer.from(first);
  await pieces.next();
  await new Promise(setImmediate);
  t.ok(copy.equals(first));
  await pieces.return(undefined);
});

t.test('stopped, it ends', async (t) => {
  const path = join(t.testdir(), 'plain');
  writeFileSync(path, octets);
  const source = await openCaptureFile(path);
  let count = 0;
  for await (const _ of source.octets()) {
    count++;
    source.stop();
  }
  t.equal(count, 1);
});

t.test('no file', async (t) => {
  await t.rejects(
    openCaptureFile(join(t.testdir(), 'none')),
    new ConfigError(`${join(t.testdirName, 'none')}: there is no such file`),
  );
  await t.rejects(openCaptureFile(t.testdir()), { message: /this is a folder/ });
});
