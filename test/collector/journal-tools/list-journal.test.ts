import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { crc32 } from 'node:zlib';
import t, { type Test } from 'tap';
import { writeCheckpoint } from '../../../collector/journal/checkpoint-file.ts';
import { type ListOptions, runJournalLs } from '../../../collector/journal-tools/list-journal.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { buildJournal } from '../../support/journal-builder.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const collector = () => {
  const collected = { text: '', stream: new Writable() };
  collected.stream._write = (chunk, _encoding, done) => {
    collected.text += chunk;
    done();
  };
  return collected;
};

const ls = async (directory: string, options: Partial<ListOptions> = {}) => {
  const [out, err] = [collector(), collector()];
  const all = { directory, json: false, environment: {}, ...options };
  const status = await runJournalLs(all, out.stream, err.stream);
  return { status, out: out.text, err: err.text };
};

const start = 1_704_067_200_000_000;

/** Four segments of 480 octets of chunks. */
const build = (t: Test) =>
  buildJournal(
    temporaryDirectory(t),
    Array.from({ length: 16 }, (_, i) => ({
      payload: new Uint8Array(60),
      address: '192.0.2.1',
      port: 50000,
      micros: start + i,
    })),
    { chunkEvery: 2, segmentBytes: 600 },
  );

const writeLog = (directory: string, journal: string, records: readonly object[]): void => {
  const lines = [{ type: 'log', format: 1, journal }, ...records].map((record) => {
    const json = JSON.stringify(record);
    return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
  });
  writeFileSync(join(directory, 'commits.log'), lines.join(''));
};

t.test('the table and what is below it', async (t) => {
  const { directory, journalId } = build(t);
  const times = { firstMicros: start, lastMicros: start + 9 };
  writeLog(directory, journalId, [
    { type: 'intent', batch: 1, start: 0, end: 1200, ...times, rows: 5, token: 'a' },
    { type: 'commit', batch: 1, stored: 5, quarantined: 0 },
    { type: 'intent', batch: 2, start: 1200, end: 1440, ...times, rows: 5, token: 'b' },
  ]);
  writeCheckpoint(directory, { journal: journalId, position: 480, settled: false, state: {} }, false);
  const { status, out, err } = await ls(directory);
  t.same([status, err], [0, '']);
  t.equal(
    out,
    `base   size  chunks  frames  first received               last received                state    damaged
----  -----  ------  ------  ---------------------------  ---------------------------  -------  -------
   0  544 B       2       4  2024-01-01T00:00:00.000000Z  2024-01-01T00:00:00.000003Z  kept           -
 480  544 B       2       4  2024-01-01T00:00:00.000004Z  2024-01-01T00:00:00.000007Z  stored         -
 960  544 B       2       4  2024-01-01T00:00:00.000008Z  2024-01-01T00:00:00.000011Z  part           -
1440  544 B       2       4  2024-01-01T00:00:00.000012Z  2024-01-01T00:00:00.000015Z  waiting        -

journal      00112233445566778899aabbccddeeff
holds        4 segments, 2.13 KiB, 16 frames
waiting      720 B from 1200 on, 1 batch begun and not acknowledged
commit log   up to 1440
checkpoints  at 480
needed       from 480 on at the next start
`,
  );
});

t.test('for programs: one object a segment', async (t) => {
  const { directory, segments } = build(t);
  const { out, err } = await ls(directory, { json: true });
  const lines = out.split('\n').slice(0, -1);
  t.equal(lines.length, 4);
  t.same(JSON.parse(lines[1] ?? ''), {
    file: segments[1],
    base: 480,
    end: 960,
    bytes: 544,
    chunks: 2,
    frames: 4,
    first: '2024-01-01T00:00:00.000004Z',
    last: '2024-01-01T00:00:00.000007Z',
    state: 'waiting',
    damagedBytes: 0,
  });
  t.equal(err, '');
});

t.test('damaged and strange files', async (t) => {
  const { directory, segments } = build(t);
  truncateSync(segments[1] ?? '', 308);
  writeFileSync(join(directory, '0000000000009992.flj'), 'something else');
  const { status, out, err } = await ls(directory, { check: true });
  t.equal(status, 0);
  t.match(out, /\n 480 {2}308 B {7}1 {7}2 {2}.* waiting {6}4 B\n/);
  t.match(out, '4 segments, 1.89 KiB, 14 frames, 4 octets damaged');
  t.match(err, /0000000000009992\.flj is left alone: it is too short/);
});

t.test('an empty journal, and one that is none', async (t) => {
  const directory = temporaryDirectory(t);
  await t.rejects(ls(directory), ConfigError);
  const { segments } = buildJournal(directory, []);
  t.same(segments, []);
  t.match(await ls(directory), {
    status: 0,
    out: /holds {8}0 segments, 0 B, 0 frames\nwaiting {6}nothing\n/,
  });
  t.match(await ls(directory, { json: true }), { status: 0, out: '' });
});

t.test('a segment that goes while the others are listed', async (t) => {
  const { directory, segments } = build(t);
  // Standard error is written to between the survey and the count: a stranger is told of there.
  writeFileSync(join(directory, '0000000000009992.flj'), '');
  const out = collector();
  const err = new Writable({
    write: (_chunk, _encoding, done) => {
      rmSync(segments[0] ?? '', { force: true });
      done();
    },
  });
  const options = { directory, json: true, environment: {} };
  t.equal(await runJournalLs(options, out.stream, err), 0);
  t.equal(out.text.split('\n').length, 4);
});
