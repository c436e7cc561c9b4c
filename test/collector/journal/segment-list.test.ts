import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { listSegments, surveySegments } from '../../../collector/journal/segment-list.ts';
import {
  chunksFrom,
  segmentHeader,
  segmentJournalId,
  segmentName,
  segmentOf,
} from '../../support/segment-bytes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const reasonsIn = (directory: string, journalId?: string): Record<string, string> =>
  Object.fromEntries(
    surveySegments(directory, journalId).strangers.map(({ path, reason }) => [basename(path), reason]),
  );

t.test('segments in order, empty and cut ones among them', async (t) => {
  const directory = temporaryDirectory(t);
  const second = join(directory, segmentName(10_000));
  writeFileSync(second, segmentOf(10_000, chunksFrom(10_000, [[8], [8, 8]])).subarray(0, -3));
  writeFileSync(join(directory, segmentName(9_000_000_000_000)), segmentHeader(9_000_000_000_000));
  writeFileSync(join(directory, segmentName(0)), segmentOf(0, chunksFrom(0, [[8]])));
  writeFileSync(join(directory, 'commits.log'), 'else');
  utimesSync(second, 1_700_000_001, 1_700_000_002.5);
  const segments = listSegments(directory, segmentJournalId);
  t.same(
    segments.map(({ base, end, bytes }) => [base, end, bytes]),
    [
      [0, 80, 144],
      [10_000, 10_000 + 80 + 128 - 3, 64 + 80 + 128 - 3],
      [9_000_000_000_000, 9_000_000_000_000, 64],
    ],
  );
  t.match(segments[1], {
    path: second,
    createdMicros: 1_700_000_000_000_000,
    modifiedMicros: 1_700_000_002_500_000,
    headerDamaged: false,
  });
  t.same(listSegments(directory), segments, 'of any journal');
  t.same(surveySegments(directory, segmentJournalId).strangers, []);
});

t.test('what is no segment of this journal is left out, with the reason', async (t) => {
  const directory = temporaryDirectory(t);
  const put = (name: string, bytes: Uint8Array): void => writeFileSync(join(directory, name), bytes);
  const otherId = 'ff0102030405ff0708090a0bffff0e0f';
  put(segmentName(8), segmentHeader(8));
  put(segmentName(16), segmentHeader(16, otherId));
  put(segmentName(24), segmentHeader(24, segmentJournalId, 2));
  put(segmentName(32), segmentHeader(8));
  put(segmentName(40), segmentHeader(40).subarray(0, 63));
  put(segmentName(48), new Uint8Array(4096));
  put(segmentName(49), segmentHeader(49));
  put('9999999999999999.flj', segmentHeader(8));
  put('copy of a segment.flj', segmentHeader(8));
  mkdirSync(join(directory, segmentName(56)));
  symlinkSync(segmentName(8), join(directory, segmentName(64)));
  execFileSync('mkfifo', [join(directory, segmentName(72))]);
  const expected = {
    [segmentName(16)]: 'it is of another journal',
    [segmentName(24)]: 'it was written in format 2, by a newer version of flowledger',
    [segmentName(32)]: 'by its header it begins at 8: it was renamed',
    [segmentName(40)]: 'it is too short for the header of a segment',
    [segmentName(48)]: 'the header of a segment is missing or damaged',
    [segmentName(49)]: 'its name is no position',
    '9999999999999999.flj': 'its name is no position',
    'copy of a segment.flj': 'its name is no position',
    [segmentName(56)]: 'it is no regular file',
    [segmentName(64)]: 'it is no regular file',
    [segmentName(72)]: 'it is no regular file',
  };
  t.same(reasonsIn(directory, segmentJournalId), expected);
  t.same(
    listSegments(directory, segmentJournalId).map(({ base }) => base),
    [8],
  );
  t.same(
    listSegments(directory).map(({ base }) => base),
    [8, 16],
    'without an id, those of any journal',
  );
});

t.test('every flipped bit of a header is seen, and the segment is not lost for it', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, segmentName(800));
  const whole = segmentOf(800, chunksFrom(800, [[8]]));
  for (let bit = 0; bit < 64 * 8; bit++) {
    const bytes = whole.slice();
    bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7));
    writeFileSync(path, bytes);
    const [segment] = listSegments(directory, segmentJournalId);
    if (segment?.headerDamaged !== true || segment.base !== 800 || segment.end !== 880)
      t.fail(`bit ${bit} of the header`);
  }
  t.same(listSegments(directory), [], 'without an id nobody knows whose it is');
  t.same(reasonsIn(directory, 'ffeeddccbbaa99887766554433221100'), {
    [segmentName(800)]: 'the header of a segment is missing or damaged',
  });
});

t.test('a directory that is not there has no segments; a file is no directory', async (t) => {
  const directory = temporaryDirectory(t);
  t.same(surveySegments(join(directory, 'none')), { segments: [], strangers: [] });
  writeFileSync(join(directory, 'file'), '');
  t.throws(() => surveySegments(join(directory, 'file')), { code: 'ENOTDIR' });
});
