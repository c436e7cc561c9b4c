import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
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

const makePipe = (t: Test): string => {
  const path = join(t.testdir(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
};

t.test('a named pipe, packed or not, as it is written', async (t) => {
  for (const [text, content] of [
    ['a capture', Buffer.from('a capture')],
    ['a capture', gzipSync('a capture')],
    ['', Buffer.alloc(0)],
  ] as const) {
    const path = makePipe(t);
    const opening = openCaptureFile(path);
    await writeFile(path, content);
    const source = await opening;
    t.match(source, { name: path, isLive: false, totalOctets: 0 });
    const pieces: Uint8Array[] = [];
    for await (const piece of source.octets()) pieces.push(piece);
    t.equal(Buffer.concat(pieces).toString(), text);
  }
});

t.test('a named pipe that is stopped ends, though its writer stays and says nothing', async (t) => {
  const path = makePipe(t);
  const writer = openSync(path, 'r+');
  t.teardown(() => closeSync(writer));
  const source = await openCaptureFile(path);
  const pieces = source.octets();
  writeSync(writer, 'a capture');
  t.equal(Buffer.from((await pieces.next()).value ?? []).toString(), 'a capture');
  const next = pieces.next();
  source.stop();
  t.equal((await next).done, true);
});

t.test('no file', async (t) => {
  await t.rejects(
    openCaptureFile(join(t.testdir(), 'none')),
    new ConfigError(`${join(t.testdirName, 'none')}: there is no such file`),
  );
  await t.rejects(openCaptureFile(t.testdir()), { message: /this is a folder/ });
});
