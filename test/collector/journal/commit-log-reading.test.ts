import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CommitLogContents, CommitLogReading } from '../../../collector/journal/commit-log-reading.ts';
import {
  type CommitRecord,
  formatCommitRecord,
  type Intent,
} from '../../../collector/journal/commit-record.ts';
import { mutate } from '../../support/mutator.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const journal = '00112233445566778899aabbccddeeff';
const header = 'eb427b4b {"type":"log","format":1,"journal":"00112233445566778899aabbccddeeff"}\n';
const newerHeader = '50c966e4 {"type":"log","format":2,"journal":"00112233445566778899aabbccddeeff"}\n';
const foreignHeader = '2c3e4ae5 {"type":"log","format":1,"journal":"ffeeddccbbaa99887766554433221100"}\n';
const intent7 =
  '389ffa4e {"type":"intent","batch":7,"start":4096,"end":1052672,"firstMicros":1700000000000001,"lastMicros":1700000000999999,"rows":131072,"token":"t-7"}\n';
const commit7 = '75097c7a {"type":"commit","batch":7,"stored":131070,"quarantined":2}\n';
const skip = '10e916f5 {"type":"skip","start":1052672,"end":2101248,"datagrams":900}\n';
const done = 'f82cb294 {"type":"done","position":2101248,"nextBatch":8}\n';

const intent = (batch: number, start: number, end: number, token = `t-${batch}`): Intent => ({
  batch,
  start,
  end,
  firstMicros: 1000 * start,
  lastMicros: 1000 * end - 1,
  rows: end - start,
  token,
});
const intentLine = (...of: Parameters<typeof intent>): string =>
  formatCommitRecord({ type: 'intent', ...intent(...of) });
const commitLine = (batch: number): string =>
  formatCommitRecord({ type: 'commit', batch, stored: 1, quarantined: 0 });
const options = (version: string) => ({ groups: ['core'], keepExtra: true, exporters: [], version });
const optionsLine = (version: string): string => formatCommitRecord({ type: 'options', ...options(version) });

const read = (octets: string | Uint8Array): CommitLogReading =>
  new CommitLogReading(Buffer.from(octets), 'commits.log', journal);

/** What it says, without what it says of the damage. */
const meaning = ({ damagedLines: _, warnings: __, optionsOf, ...contents }: CommitLogContents) => ({
  ...contents,
  versions: contents.open.map((open) => optionsOf(open)?.version),
});

t.test('no log is an empty one', (t) => {
  const reading = CommitLogReading.ofFile(join(temporaryDirectory(t), 'commits.log'), journal);
  t.same(meaning(reading.contents()), {
    options: undefined,
    open: [],
    skips: [],
    settledTo: 0,
    resumeFrom: 0,
    nextBatch: 1,
    isOwn: false,
    versions: [],
  });
  t.same([reading.isHeaded, reading.isTorn], [false, false]);
  t.end();
});

t.test('literal lines', (t) => {
  const open = read(header + intent7).contents();
  t.same(open.open, [
    {
      batch: 7,
      start: 4096,
      end: 1052672,
      firstMicros: 1700000000000001,
      lastMicros: 1700000000999999,
      rows: 131072,
      token: 't-7',
    },
  ]);
  t.match(open, {
    settledTo: 4096,
    resumeFrom: 1052672,
    nextBatch: 8,
    isOwn: true,
    damagedLines: 0,
    warnings: [],
  });
  t.match(read(header + intent7 + commit7).contents(), { open: [], settledTo: 1052672, resumeFrom: 1052672 });
  t.match(read(header + intent7 + commit7 + skip).contents(), {
    skips: [{ start: 1052672, end: 2101248, datagrams: 900 }],
    settledTo: 2101248,
    resumeFrom: 2101248,
    nextBatch: 8,
  });
  t.match(read(header + done).contents(), {
    open: [],
    settledTo: 2101248,
    resumeFrom: 2101248,
    nextBatch: 8,
  });
  t.end();
});

t.test('commits come in any order; what is open is sorted by start', (t) => {
  const intents = [1, 2, 3, 4, 5].map((n) => intentLine(n, 100 * n, 100 * n + 100)).join('');
  const { open, settledTo, resumeFrom, nextBatch } = read(
    header + intents + commitLine(5) + commitLine(2),
  ).contents();
  t.same(
    open.map(({ batch }) => batch),
    [1, 3, 4],
  );
  t.same([settledTo, resumeFrom, nextBatch], [100, 600, 6]);
  const turned = read(header + intentLine(9, 800, 900) + intentLine(8, 500, 600)).contents();
  t.same(
    turned.open.map(({ batch }) => batch),
    [8, 9],
  );
  t.end();
});

t.test('a commit of a batch whose intent is not there: its number is taken', (t) => {
  t.match(read(header + commit7).contents(), { open: [], resumeFrom: 0, nextBatch: 8 });
  t.end();
});

t.test('an intent that was tried again replaces the one before', (t) => {
  const { open } = read(header + intentLine(3, 0, 50) + intentLine(3, 0, 80, 'fresh')).contents();
  t.same(open, [intent(3, 0, 80, 'fresh')]);
  t.end();
});

t.test('done settles the intents before it, and none that follows', (t) => {
  const text = header + intentLine(1, 0, 50) + intentLine(2, 50, 100);
  const doneAt = (position: number): string => formatCommitRecord({ type: 'done', position, nextBatch: 12 });
  t.same(read(text + doneAt(50)).contents().open, [intent(2, 50, 100)]);
  t.same(read(text + doneAt(99)).contents().open, [intent(2, 50, 100)], 'not one that goes beyond');
  const compacted = read(header + doneAt(400) + intentLine(2, 50, 100)).contents();
  t.match(compacted, { open: [{ batch: 2 }], settledTo: 50, resumeFrom: 400, nextBatch: 12 });
  t.end();
});

t.test('options hold for the intents that follow', (t) => {
  const contents = read(
    header +
      intentLine(1, 0, 9) +
      optionsLine('a') +
      intentLine(2, 9, 19) +
      optionsLine('b') +
      intentLine(3, 19, 29),
  ).contents();
  t.same(
    contents.open.map((open) => contents.optionsOf(open)?.version),
    [undefined, 'a', 'b'],
  );
  t.same(contents.options, options('b'));
  t.end();
});

t.test('records of another journal are ignored, and this is said', (t) => {
  const foreign = read(foreignHeader + intent7 + skip);
  t.same(meaning(foreign.contents()), meaning(read('').contents()));
  t.match(foreign.contents().warnings, [/3 records of another journal, ffeeddccbbaa99887766554433221100,/]);
  t.equal(foreign.isHeaded, false);
  const both = read(foreignHeader + intent7 + header + intentLine(1, 0, 9));
  t.same(both.contents().open, [intent(1, 0, 9)]);
  t.equal(both.isHeaded, true);
  t.end();
});

t.test('a newer format is refused', (t) => {
  for (const text of [newerHeader, header + intent7 + newerHeader])
    t.throws(() => read(text), {
      name: 'ConfigError',
      message: /commits\.log was .* newer version .*format 2/,
    });
  t.end();
});

t.test('a file, and one that cannot be read', (t) => {
  const path = join(temporaryDirectory(t), 'commits.log');
  writeFileSync(path, header + intent7);
  t.equal(CommitLogReading.ofFile(path, journal).contents().resumeFrom, 1052672);
  rmSync(path);
  mkdirSync(path);
  t.throws(() => CommitLogReading.ofFile(path, journal), { name: 'ConfigError', message: /EISDIR/ });
  t.end();
});

const story: readonly CommitRecord[] = [
  { type: 'log', format: 1, journal },
  { type: 'options', ...options('a') },
  { type: 'intent', ...intent(1, 0, 50) },
  { type: 'intent', ...intent(2, 50, 90) },
  { type: 'commit', batch: 1, stored: 50, quarantined: 0 },
  { type: 'skip', start: 90, end: 200, datagrams: 3 },
  { type: 'options', ...options('b') },
  { type: 'intent', ...intent(3, 200, 320) },
  { type: 'commit', batch: 3, stored: 119, quarantined: 1 },
  { type: 'intent', ...intent(4, 320, 400) },
];
const storyLines = story.map(formatCommitRecord);

t.test('a log that is cut at any octet: whole lines count, the last one is no damage', (t) => {
  const octets = Buffer.from(storyLines.join(''));
  for (let length = 0, lines = 0, start = 0; length <= octets.length; length++) {
    const next = storyLines[lines]?.length ?? Number.NaN;
    // A line that lacks nothing but its newline is whole.
    if (length - start >= next - 1) {
      lines++;
      start += next;
    }
    const reading = read(octets.subarray(0, length));
    t.same(meaning(reading.contents()), meaning(read(storyLines.slice(0, lines).join('')).contents()));
    t.equal(reading.contents().damagedLines, 0);
    t.equal(reading.isTorn, length > 0 && octets[length - 1] !== 0x0a);
  }
  t.end();
});

t.test('every flipped bit costs the lines it is in, and is seen', (t) => {
  const octets = Buffer.from(storyLines.join(''));
  let at = 0;
  storyLines.forEach((line, i) => {
    const without = meaning(read(storyLines.toSpliced(i, 1).join('')).contents());
    const withoutTwo = meaning(read(storyLines.toSpliced(i, 2).join('')).contents());
    for (let bit = at * 8; bit < (at + line.length) * 8; bit++) {
      const flipped = Buffer.from(octets);
      flipped[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const contents = read(flipped).contents();
      const isNewline = octets[bit >> 3] === 0x0a;
      if (JSON.stringify(meaning(contents)) !== JSON.stringify(isNewline ? withoutTwo : without))
        t.fail(`bit ${bit} changed what the other lines say`);
      const isLast = isNewline && i === storyLines.length - 1;
      if (contents.damagedLines === 0 && !isLast) t.fail(`bit ${bit} was not seen`);
      if (contents.warnings.length !== Math.min(1, contents.damagedLines)) t.fail(`bit ${bit} was not said`);
    }
    at += line.length;
  });
  t.end();
});

t.test('20,000 damaged logs are read, and say nothing that was not written', (t) => {
  const random = new SeededRandom(0x10c);
  const octets = Buffer.from(storyLines.join(''));
  const known = new Set(story.flatMap((record) => (record.type === 'intent' ? record.batch : [])));
  let damaged = 0;
  for (let round = 0; round < 20_000; round++) {
    const shuffled = Buffer.from(
      Array.from({ length: random.between(1, 12) }, () => random.pick(storyLines)).join(''),
    );
    const source = random.chance(0.5) ? octets : shuffled;
    const { open, settledTo, resumeFrom, nextBatch, damagedLines } = read(
      mutate(source, random, shuffled),
    ).contents();
    if (damagedLines > 0) damaged++;
    if (!open.every(({ batch }) => known.has(batch))) t.fail(`round ${round}: an intent that nobody wrote`);
    if (settledTo > resumeFrom || resumeFrom > 400 || nextBatch > 5) t.fail(`round ${round}: out of bounds`);
  }
  t.ok(damaged > 10_000, `${damaged} were damaged`);
  t.end();
});
