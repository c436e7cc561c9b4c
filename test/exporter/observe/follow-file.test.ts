import {
  appendFileSync,
  copyFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FollowedFile, type FollowOptions } from '../../../exporter/observe/follow-file.ts';
import { TestLogReceiver } from '../../support/log-receiver.ts';
import { until } from '../../support/until.ts';

const startFollowing = async (t: Test, path: string, more: Partial<FollowOptions> = {}) => {
  const warnings: string[] = [];
  const source = await FollowedFile.open({
    path,
    follow: true,
    fromEnd: false,
    resume: undefined,
    warn: (message) => warnings.push(message),
    ...more,
  });
  const receiver = new TestLogReceiver();
  const reading = source.read(receiver);
  t.teardown(() => source.stop());
  return {
    warnings,
    receiver,
    source,
    sees: (...lines: readonly string[]) =>
      until(`lines ${lines.join(' ')}`, () => receiver.lines.length >= lines.length).then(() =>
        t.same(receiver.lines, lines),
      ),
    stop: async () => {
      const mark = source.mark;
      source.stop();
      await reading;
      if (mark === undefined) throw new Error('nothing was read');
      return { ...mark, position: receiver.position, line: 0 };
    },
  };
};

const readOnce = async (t: Test, path: string, more: Partial<FollowOptions>) => {
  const { receiver, warnings, source } = await startFollowing(t, path, { follow: false, ...more });
  await until('its end', () => receiver.lines.at(-1) === 'waiting');
  const { mark } = source;
  return {
    lines: receiver.lines.slice(0, -1),
    starts: receiver.starts,
    warnings,
    mark,
    position: receiver.position,
  };
};

const pathOf = (t: Test): string => join(t.testdir(), 'log');

t.test('what is appended; a line without its end waits', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, 'one\n');
  const { sees, stop, receiver } = await startFollowing(t, path);
  await sees('one');
  appendFileSync(path, 'two\nthr');
  await sees('one', 'two');
  appendFileSync(path, 'ee\n');
  await sees('one', 'two', 'three');
  t.ok(Math.abs((receiver.writtenMs.at(-1) ?? 0) - Date.now()) < 60_000);
  t.match(await stop(), { position: 14, headBytes: 14 });
});

t.test('a file that is not there yet', async (t) => {
  const path = pathOf(t);
  const { sees, warnings } = await startFollowing(t, path, { fromEnd: true });
  t.match(warnings, [/there is no such file yet; it is waited for/]);
  writeFileSync(path, 'one\n');
  await sees('one');
});

t.test(
  'renamed: the former file is read as long as it is written to, the new one from its start',
  async (t) => {
    const path = pathOf(t);
    writeFileSync(path, 'one\n');
    const { sees, receiver } = await startFollowing(t, path);
    await sees('one');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, 'two\n');
    await sees('one', 'two');
    writeFileSync(path, 'four\n');
    appendFileSync(`${path}.1`, 'three');
    await sees('one', 'two', 'three', 'four');
    t.same(receiver.starts, [
      { position: 0, line: 0 },
      { position: 0, line: 0 },
    ]);
  },
);

t.test('rotated twice in no time: what lies between is read, too', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, 'one\n');
  const { sees } = await startFollowing(t, path);
  await sees('one');
  utimesSync(path, 1000, 1000);
  renameSync(path, `${path}.2`);
  writeFileSync(`${path}.1`, 'two\n');
  utimesSync(`${path}.1`, 2000, 2000);
  writeFileSync(path, 'three\n');
  await sees('one', 'two', 'three');
});

t.test('cut to no length: from the start again, and the rest is in the copy', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, 'one\n');
  const { sees, warnings } = await startFollowing(t, path);
  await sees('one');
  appendFileSync(path, 'two\nthr');
  appendFileSync(path, 'ee\n');
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
  appendFileSync(path, 'four\n');
  await sees('one', 'two', 'three', 'four');
  t.same(warnings, []);
});

t.test('cut without a copy: the half line is no line, and it is said', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, 'one\n');
  const { sees, warnings, source } = await startFollowing(t, path);
  await sees('one');
  appendFileSync(path, 'half a li');
  await until('the half line is read', () => source.mark?.headBytes === 13);
  truncateSync(path);
  appendFileSync(path, 'new\n');
  await sees('one', 'cut', 'new');
  t.match(warnings, [/cut to no length, and there is no copy of it/]);
});

t.test('cut, and longer than before when we look again', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, 'one\n');
  const { sees } = await startFollowing(t, path);
  await sees('one');
  writeFileSync(path, 'much longer than that\n');
  await sees('one', 'cut', 'much longer than that');
});

t.test('from the end: only what comes now', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, 'one\ntwo\nthr');
  const { sees } = await startFollowing(t, path, { fromEnd: true });
  appendFileSync(path, 'ee\n');
  await sees('three');
});

t.test('going on from where it was read', async (t) => {
  const path = pathOf(t);
  writeFileSync(path, 'one\ntwo\nthr');
  const { mark, position, lines } = await readOnce(t, path, {});
  t.same(lines, ['one', 'two']);
  t.equal(position, 8);
  if (mark === undefined) throw new Error('it was read');
  const resume = { ...mark, position, line: 2 };
  appendFileSync(path, 'ee\n');
  const again = await readOnce(t, path, { resume });
  t.same(again.lines, ['three']);
  t.same(again.starts, [{ position: 8, line: 2 }]);

  t.test('rotated while nobody looked, and again', async (t) => {
    utimesSync(path, 1000, 1000);
    renameSync(path, `${path}.2`);
    writeFileSync(`${path}.1`, 'four\n');
    utimesSync(`${path}.1`, 2000, 2000);
    writeFileSync(path, 'five\n');
    const { lines, warnings } = await readOnce(t, path, { resume });
    t.same(lines, ['three', 'four', 'five']);
    t.same(warnings, []);
  });

  t.test('copied and cut', async (t) => {
    const path = pathOf(t);
    writeFileSync(path, 'one\ntwo\nthree\n');
    const { mark } = await readOnce(t, path, {});
    if (mark === undefined) throw new Error('it was read');
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, 'four\n');
    const { lines } = await readOnce(t, path, { resume: { ...mark, position: 4, line: 1 } });
    t.same(lines, ['two', 'three', 'four']);
  });

  t.test('gone', async (t) => {
    unlinkSync(`${path}.2`);
    const { lines, warnings } = await readOnce(t, path, { resume });
    t.same(lines, ['five']);
    t.match(warnings, [/the file that was read up to octet 8 is gone/]);
  });
});

t.test('what cannot be followed is refused', async (t) => {
  const folder = t.testdir();
  const packed = join(folder, 'packed');
  writeFileSync(packed, Buffer.from([0x1f, 0x8b, 8, 0]));
  const open = (path: string, more: Partial<FollowOptions> = {}) =>
    FollowedFile.open({
      path,
      follow: true,
      fromEnd: false,
      resume: undefined,
      warn: () => undefined,
      ...more,
    });
  const refusal = (message: RegExp) => ({ name: 'ConfigError', message });
  await t.rejects(open(packed), refusal(/it is packed/));
  writeFileSync(packed, Buffer.from([0xff, 0xfe, 0x7b, 0]));
  await t.rejects(open(packed), refusal(/it is UTF-16/));
  await t.rejects(open(folder), refusal(/only a plain file has a position/));
  await t.rejects(open(join(folder, 'nothing'), { follow: false }), refusal(/there is no such file/));
  await t.rejects(open(join(packed, 'log')), refusal(/ENOTDIR/));
});
