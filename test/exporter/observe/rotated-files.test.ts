import { copyFileSync, renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hashHead, LogFile } from '../../../exporter/observe/log-file.ts';
import { type FileMark, findMarkedFile, findNextFormer } from '../../../exporter/observe/rotated-files.ts';

/** A log of which so much was read. */
const readLog = async (t: Test, text: string, position: number) => {
  const path = join(t.testdir(), 'log');
  writeFileSync(path, text);
  const file = await LogFile.open(path);
  await file?.moveTo(position);
  if (file === undefined) throw new Error('it is there');
  t.teardown(() => file.close());
  const mark: FileMark = {
    identity: file.identity,
    position,
    headBytes: file.head.length,
    headHash: hashHead(file.head),
  };
  const find = async (): Promise<string | undefined> => {
    const found = await findMarkedFile(path, mark);
    await found?.close();
    if (found !== undefined) t.equal(found.position, position);
    return found?.path.slice(path.length - 3);
  };
  return { path, file, find };
};

t.test('where it was read is found again', async (t) => {
  const { path, find } = await readLog(t, 'one\ntwo\n', 4);
  t.equal(await find(), 'log');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'new\n');
  t.equal(await find(), 'log.1');
  renameSync(`${path}.1`, `${path}-20261121`);
  t.equal(await find(), 'log-20261121');
  renameSync(`${path}-20261121`, `${path}.old`);
  t.equal(await find(), undefined, 'that is no name of a rotation');
});

t.test('a copy is as good, if it has all that was read', async (t) => {
  const { path, find } = await readLog(t, 'one\ntwo\n', 4);
  copyFileSync(path, `${path}.1`);
  t.equal(await find(), 'log', 'but not before the file itself');
  truncateSync(path);
  t.equal(await find(), 'log.1');
  writeFileSync(path, 'others of the same inode\n');
  t.equal(await find(), 'log.1');
  truncateSync(`${path}.1`, 3);
  t.equal(await find(), undefined);
});

t.test('where nothing was read only the inode counts', async (t) => {
  const { path, find } = await readLog(t, 'one\n', 0);
  writeFileSync(`${path}.1`, 'other\n');
  t.equal(await find(), 'log');
  renameSync(path, `${path}.2`);
  t.equal(await find(), 'log.2');
});

t.test('the next of former files is the one that was written to after this one', async (t) => {
  const { path, file } = await readLog(t, 'a\n', 2);
  const age = (name: string, seconds: number): void => {
    writeFileSync(name, `${name}\n`, { flag: 'a' });
    utimesSync(name, seconds, seconds);
  };
  const next = async (of: LogFile): Promise<LogFile | undefined> => {
    const found = await findNextFormer(path, of);
    if (found !== undefined) t.teardown(() => found.close());
    return found;
  };
  renameSync(path, `${path}.3`);
  age(`${path}.4`, 50);
  age(`${path}.3`, 100);
  age(`${path}.2`, 200);
  age(`${path}.1`, 300);
  age(path, 400);
  const second = await next(file);
  t.equal(second?.path, `${path}.2`);
  const first = second && (await next(second));
  t.equal(first?.path, `${path}.1`);
  t.equal(first && (await next(first)), undefined, 'then it is the one of that name');
});
