import { execFileSync } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { openLog } from '../../../exporter/observe/open-log.ts';
import type { StandardInput } from '../../../exporter/observe/packet-source.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { TestLogReceiver } from '../../support/log-receiver.ts';

const input = (text: string, more = {}): StandardInput =>
  Object.assign(Readable.from([Buffer.from(text)]), more);

t.test('a file, packed or not, to its end; what it says is as old as its last change', async (t) => {
  const folder = t.testdir();
  const text = 'one\ntwo\nthree';
  for (const [name, content] of [
    ['plain', text],
    ['packed', gzipSync(text)],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, content);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    const source = await openLog(path);
    t.match(source, { name: path, isLive: false, totalOctets: name === 'plain' ? text.length : 0 });
    const receiver = new TestLogReceiver();
    await source.read(receiver);
    t.same(receiver.lines, ['one', 'two', 'three']);
    t.same(receiver.starts, [{ position: 0, line: 0 }]);
    t.same(receiver.writtenMs, [1_700_000_000_000]);
  }
});

t.test('standard input and pipes are written now', async (t) => {
  const source = await openLog('-', input('one\ntwo'));
  t.match(source, { name: 'standard input', isLive: true });
  const receiver = new TestLogReceiver();
  await source.read(receiver);
  t.same(receiver.lines, ['one', 'two']);
  t.ok(Math.abs(Date.now() - (receiver.writtenMs[0] ?? 0)) < 60_000);
  const fifo = join(t.testdir(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const opening = openLog(fifo);
  // Both ends of a pipe wait for each other.
  const writing = writeFile(fifo, 'three\n');
  const piped = new TestLogReceiver();
  await (await opening).read(piped);
  await writing;
  t.same(piped.lines, ['three']);
});

t.test('who stops it gets what was read, and no cut line', async (t) => {
  const stream = new PassThrough();
  const source = await openLog('-', stream);
  const receiver = new TestLogReceiver();
  const reading = source.read(receiver);
  stream.write('one\ntw');
  await new Promise(setImmediate);
  source.stop();
  await reading;
  t.same(receiver.lines, ['one', 'waiting']);
});

t.test('what is no log is refused in words', async (t) => {
  await t.rejects(openLog('-', input('', { isTTY: true })), {
    name: 'ConfigError',
    message: /is a terminal/,
  });
  await t.rejects(openLog(t.testdir()), new ConfigError(`${t.testdirName}: this is a folder, not a log`));
  await t.rejects(openLog('/nowhere/log'), { name: 'ConfigError', message: /no such file/ });
});

t.test('what is packed otherwise is not taken for lines', async (t) => {
  const path = join(t.testdir(), 'log.xz');
  writeFileSync(path, Buffer.from('fd377a585a000004', 'hex'));
  await t.rejects(openLog(path), /^[^\n]*log\.xz: it is packed with xz/);
  await t.rejects(openLog(path), ConfigError);
});
