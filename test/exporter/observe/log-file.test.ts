import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hashHead, headBytes, LogFile } from '../../../exporter/observe/log-file.ts';

const openNew = async (t: Test, text: string) => {
  const path = join(t.testdir(), 'log');
  writeFileSync(path, text);
  const file = await LogFile.open(path);
  if (file === undefined) throw new Error('it is there');
  t.teardown(() => file.close());
  const buffer = Buffer.alloc(4096);
  const read = async (): Promise<string> => Buffer.from(await file.read(buffer)).toString();
  return { path, file, read };
};

t.test('what follows, also when the file has another name', async (t) => {
  const { path, file, read } = await openNew(t, 'one\n');
  t.equal(await read(), 'one\n');
  t.equal(await read(), '');
  appendFileSync(path, 'two\n');
  renameSync(path, `${path}.1`);
  t.equal(await read(), 'two\n');
  t.equal(file.position, 8);
  t.match(await file.facts(), { size: 8, isFile: true, ...file.identity });
  t.ok(file.isSame(file.identity));
  t.notOk(file.isSame({ ...file.identity, inode: 'another' }));
  t.equal(await LogFile.open(path), undefined);
});

t.test('the head is what was read of the first octets', async (t) => {
  const { path, file, read } = await openNew(t, 'one\n');
  await read();
  t.equal(String(file.head), 'one\n');
  appendFileSync(path, 'x'.repeat(2 * headBytes));
  await read();
  t.equal(file.head.length, headBytes);
  t.equal(hashHead(file.head), hashHead(await file.readHead(headBytes)));
  await file.moveTo(3);
  t.equal(String(file.head), 'one');
  await file.moveTo(0);
  t.equal(file.head.length, 0);
});

t.test('a file that was cut, and has grown again', async (t) => {
  const { path, file, read } = await openNew(t, 'one\ntwo\n');
  await read();
  t.notOk(await file.isCut(8));
  truncateSync(path);
  t.ok(await file.isCut(0));
  appendFileSync(path, 'other lines, and more of them\n');
  t.ok(await file.isCut((await file.facts()).size));
});

t.test('the end is behind the last whole line', async (t) => {
  const { path, file, read } = await openNew(t, 'one\ntwo\nthr');
  await file.moveToEnd();
  t.equal(await read(), 'thr');
  for (const [text, position] of [
    ['', 0],
    ['no line end', 0],
    ['one\n', 4],
    [`${'x'.repeat(100_000)}\n`, 100_001],
  ] as const) {
    writeFileSync(path, text);
    await file.moveToEnd();
    t.equal(file.position, position);
  }
});
