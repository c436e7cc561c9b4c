import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CommitLog, readCommitLog } from '../../../collector/journal/commit-log.ts';
import type { CommitOptions, Intent } from '../../../collector/journal/commit-record.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const journal = '00112233445566778899aabbccddeeff';
const header = 'eb427b4b {"type":"log","format":1,"journal":"00112233445566778899aabbccddeeff"}\n';
const foreignHeader = '2c3e4ae5 {"type":"log","format":1,"journal":"ffeeddccbbaa99887766554433221100"}\n';
const optionsLine =
  'acc77760 {"type":"options","groups":["core","nat"],"keepExtra":true,"exporters":[{"address":"00000000000000000000ffffc0000201","name":"Büro","site":"","sampling":0}],"version":"0.1.0"}\n';
const intentLine =
  '389ffa4e {"type":"intent","batch":7,"start":4096,"end":1052672,"firstMicros":1700000000000001,"lastMicros":1700000000999999,"rows":131072,"token":"t-7"}\n';
const commitLine = '75097c7a {"type":"commit","batch":7,"stored":131070,"quarantined":2}\n';
const skipLine = '10e916f5 {"type":"skip","start":1052672,"end":2101248,"datagrams":900}\n';
const doneLine = 'f82cb294 {"type":"done","position":2101248,"nextBatch":8}\n';

const options: CommitOptions = {
  groups: ['core', 'nat'],
  keepExtra: true,
  exporters: [{ address: '00000000000000000000ffffc0000201', name: 'Büro', site: '', sampling: 0 }],
  version: '0.1.0',
};
const literalIntent: Intent = {
  batch: 7,
  start: 4096,
  end: 1052672,
  firstMicros: 1700000000000001,
  lastMicros: 1700000000999999,
  rows: 131072,
  token: 't-7',
};
const intent = (batch: number, token = `t-${batch}`): Intent => ({
  batch,
  start: 100 * batch,
  end: 100 * batch + 100,
  firstMicros: 1000 * batch,
  lastMicros: 1000 * batch + 999,
  rows: 10,
  token,
});

const fileIn = (directory: string): string => join(directory, 'commits.log');
const textIn = (directory: string): string => readFileSync(fileIn(directory), 'utf8');
const openBatches = (directory: string): readonly number[] =>
  readCommitLog(directory, journal).open.map(({ batch }) => batch);
const openLog = (t: Test, directory: string, sync = false): CommitLog => {
  const log = CommitLog.open(directory, journal, { sync });
  t.teardown(() => log.close());
  return log;
};

t.test('the file is as the format says', async (t) => {
  for (const sync of [false, true]) {
    const directory = temporaryDirectory(t);
    const log = openLog(t, directory, sync);
    await log.options(options);
    await log.intent(literalIntent);
    t.equal(textIn(directory), header + optionsLine + intentLine, 'written when the promise resolves');
    await Promise.all([log.commit(7, 131070, 2), log.skip(1052672, 2101248, 900), log.done(2101248)]);
    await log.close();
    t.equal(textIn(directory), header + optionsLine + intentLine + commitLine + skipLine + doneLine);
    t.equal(log.bytes, statSync(fileIn(directory)).size);
    t.equal(statSync(fileIn(directory)).mode & 0o777, 0o600);
    t.equal(log.problem, undefined);
  }
});

t.test('a log is continued', async (t) => {
  const directory = temporaryDirectory(t);
  t.equal(readCommitLog(directory, journal).isOwn, false);
  for (const batch of [1, 2, 3]) {
    const log = openLog(t, directory);
    await log.intent(intent(batch));
    await log.close();
  }
  t.same(openBatches(directory), [1, 2, 3]);
  t.equal(textIn(directory).split(header).length, 2, 'with one header');
});

t.test('a log of another journal is continued with a header of our own', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(fileIn(directory), foreignHeader + intentLine);
  const log = openLog(t, directory);
  await log.intent(intent(1));
  t.same(openBatches(directory), [1]);
  await log.compact({ options: undefined, open: [intent(1)], position: 0 });
  t.same(readCommitLog(directory, journal).warnings, []);
  t.same(openBatches(directory), [1]);
});

t.test('cut at any octet of its last lines, a log is continued', async (t) => {
  const directory = temporaryDirectory(t);
  const whole = header + optionsLine + intentLine + commitLine;
  const octets = Buffer.from(whole);
  const from = octets.length - Buffer.byteLength(intentLine + commitLine);
  for (let length = from; length <= octets.length; length++) {
    writeFileSync(fileIn(directory), octets.subarray(0, length));
    const before = readCommitLog(directory, journal);
    const log = CommitLog.open(directory, journal, { sync: false });
    await log.intent(intent(90));
    await log.close();
    const after = readCommitLog(directory, journal);
    t.same(
      after.open,
      [...before.open, intent(90)].sort((a, b) => a.start - b.start),
    );
    const isTorn = octets[length - 1] !== 0x0a && octets[length] !== 0x0a;
    t.equal(after.damagedLines, isTorn ? 1 : 0, `${length} octets`);
    t.notMatch(textIn(directory), /\n\n/, 'without empty lines');
  }
});

t.test('a log whose header is damaged gets another one', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(fileIn(directory), header.replace('eb', 'ec') + intentLine);
  const log = openLog(t, directory);
  await log.commit(7, 131072, 0);
  const contents = readCommitLog(directory, journal);
  t.match(contents, { open: [], resumeFrom: 1052672, damagedLines: 1 });
  t.ok(textIn(directory).includes(header));
});

t.test('1,000 intents and their commits, interleaved and not waited for', async (t) => {
  const directory = temporaryDirectory(t);
  const log = openLog(t, directory, true);
  const random = new SeededRandom(3);
  const expected = new Set<number>();
  const promises: Promise<void>[] = [];
  for (let batch = 1; batch <= 1000; batch++) {
    promises.push(log.intent(intent(batch)));
    expected.add(batch);
    if (random.chance(0.9)) {
      const committed = random.pick([...expected]);
      promises.push(log.commit(committed, 10, 0));
      expected.delete(committed);
    }
    if (random.chance(0.02)) await promises[random.below(promises.length)];
    if (random.chance(0.01)) {
      const open = [...expected].map((n) => intent(n));
      promises.push(log.compact({ options, open, position: 0 }));
    }
  }
  await Promise.all(promises);
  const contents = readCommitLog(directory, journal);
  t.same(openBatches(directory), [...expected]);
  t.match(contents, { damagedLines: 0, warnings: [], nextBatch: 1001, resumeFrom: 100_100 });
  t.equal(contents.settledTo, 100 * Math.min(...expected));
  t.equal(log.bytes, statSync(fileIn(directory)).size);
});

t.test('a compacted log: what is open, where to go on, and nothing else', async (t) => {
  for (const sync of [false, true]) {
    const directory = temporaryDirectory(t);
    const log = openLog(t, directory, sync);
    await log.options({ ...options, version: 'old' });
    for (const batch of [1, 2, 3, 4]) await log.intent(intent(batch));
    for (const batch of [1, 4]) await log.commit(batch, 10, 0);
    const skips = [{ start: 500, end: 640, datagrams: 9 }];
    await log.compact({ options, open: [intent(2), intent(3)], skips, position: 200 });
    t.same(readdirSync(directory), ['commits.log']);
    t.equal(log.bytes, statSync(fileIn(directory)).size);
    t.equal(statSync(fileIn(directory)).mode & 0o777, 0o600);
    const contents = readCommitLog(directory, journal);
    t.same(contents.open, [intent(2), intent(3)]);
    t.match(contents, { options, skips, settledTo: 200, resumeFrom: 640, nextBatch: 5, damagedLines: 0 });
    t.same(contents.optionsOf(intent(2)), options);
    await log.commit(2, 10, 0);
    await log.intent(intent(5));
    t.same(openBatches(directory), [3, 5]);
  }
});

t.test('a batch that is committed behind an open one is not forgotten', async (t) => {
  const directory = temporaryDirectory(t);
  const log = openLog(t, directory);
  await log.intent(intent(1));
  await log.intent(intent(2));
  await log.commit(2, 10, 0);
  await log.compact({ options: undefined, open: [intent(1)], position: 100 });
  t.match(readCommitLog(directory, journal), { open: [intent(1)], resumeFrom: 300, nextBatch: 3 });
  await log.close();
  const again = openLog(t, directory);
  await again.commit(1, 10, 0);
  await again.compact({ options: undefined, open: [], position: 0 });
  t.match(readCommitLog(directory, journal), { open: [], settledTo: 300, resumeFrom: 300, nextBatch: 3 });
});

t.test('a compaction that was cut short at any octet leaves the log as it was', async (t) => {
  const other = temporaryDirectory(t);
  const writer = openLog(t, other);
  await writer.compact({ options, open: [intent(1)], position: 0 });
  const unfinished = readFileSync(fileIn(other));
  const directory = temporaryDirectory(t);
  const text = header + optionsLine + intentLine;
  writeFileSync(fileIn(directory), text);
  for (let length = 0; length <= unfinished.length; length += 7) {
    writeFileSync(`${fileIn(directory)}.tmp`, unfinished.subarray(0, length));
    if (openBatches(directory).join() !== '7') t.fail(`${length} octets`);
    const log = CommitLog.open(directory, journal, { sync: false });
    await log.close();
    if (readdirSync(directory).join() !== 'commits.log') t.fail('what was left is gone');
  }
  t.equal(textIn(directory), text);
});

t.test('a compaction that fails: appending goes on', async (t) => {
  const directory = temporaryDirectory(t);
  const log = openLog(t, directory);
  await log.intent(intent(1));
  mkdirSync(`${fileIn(directory)}.tmp`);
  await t.rejects(log.compact({ options, open: [], position: 0 }), { message: /commit log .*EISDIR/ });
  t.match(log.problem, /commit log cannot be written: .*EISDIR/);
  await log.intent(intent(2));
  t.equal(log.problem, undefined);
  t.same(openBatches(directory), [1, 2]);
  rmdirSync(`${fileIn(directory)}.tmp`);
  await log.compact({ options, open: [intent(2)], position: 0 });
  t.same(openBatches(directory), [2]);
});

t.test('a closed log', async (t) => {
  const directory = temporaryDirectory(t);
  const log = CommitLog.open(directory, journal, { sync: true });
  const last = log.intent(intent(1));
  await log.close();
  await last;
  await log.close();
  await t.rejects(log.intent(intent(2)), { message: /closed/ });
  await t.rejects(log.compact({ options, open: [], position: 0 }), { message: /closed/ });
  t.same(openBatches(directory), [1]);
});

t.test('a log that cannot be opened', (t) => {
  const directory = temporaryDirectory(t);
  t.throws(() => CommitLog.open(join(directory, 'none'), journal, { sync: false }), {
    name: 'ConfigError',
    message: /commits\.log cannot be opened: .*none is not there \(ENOENT\)/,
  });
  mkdirSync(fileIn(directory));
  t.throws(() => CommitLog.open(directory, journal, { sync: false }), { name: 'ConfigError' });
  t.end();
});

/** Takes all the room that there is. */
const fill = (directory: string): void => {
  const path = join(directory, 'filler');
  writeFileSync(path, '');
  for (;;) {
    try {
      appendFileSync(path, Buffer.alloc(4096));
    } catch {
      return;
    }
  }
};

t.test('a full disk: said, and all that was acknowledged is there', async (t) => {
  const disk = mountSmallDisk(t, '256k');
  if (!disk) return;
  const { directory } = disk;
  const log = openLog(t, directory, true);
  await log.intent(intent(1));
  fill(directory);
  const acknowledged = new Set([1]);
  for (let batch = 2; batch <= 100; batch++)
    await log.intent(intent(batch)).then(
      () => acknowledged.add(batch),
      () => undefined,
    );
  t.ok(acknowledged.size < 100);
  t.match(log.problem, /commit log cannot be written: no space left on .* \(ENOSPC\)/);
  await t.rejects(log.intent(intent(100)), { message: /no space left on / });
  await t.rejects(log.compact({ options, open: [], position: 0 }), { message: /no space left on / });
  t.equal(log.bytes, statSync(fileIn(directory)).size);
  t.same(openBatches(directory), [...acknowledged]);
  t.same(readdirSync(directory).sort(), ['commits.log', 'filler']);

  rmSync(join(directory, 'filler'));
  await log.intent(intent(100));
  t.equal(log.problem, undefined);
  const contents = readCommitLog(directory, journal);
  t.same(openBatches(directory), [...acknowledged, 100]);
  t.equal(contents.damagedLines, 1, 'the line that the full disk cut');
  await log.compact({ options, open: [intent(100)], position: 0 });
  t.match(readCommitLog(directory, journal), { open: [intent(100)], damagedLines: 0 });
});
