import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import t from 'tap';
import { writeCheckpoint } from '../../../collector/journal/checkpoint-file.ts';
import { readProgress, stateOf } from '../../../collector/journal-tools/journal-progress.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const journal = '00112233445566778899aabbccddeeff';

const writeLog = (directory: string, records: readonly object[]): void => {
  const lines = [{ type: 'log', format: 1, journal }, ...records].map((record) => {
    const json = JSON.stringify(record);
    return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
  });
  writeFileSync(join(directory, 'commits.log'), lines.join(''));
};

const intent = (batch: number, start: number, end: number) => ({
  type: 'intent',
  batch,
  start,
  end,
  firstMicros: 1,
  lastMicros: 2,
  rows: 3,
  token: 'x',
});
const commit = (batch: number) => ({ type: 'commit', batch, stored: 3, quarantined: 0 });

const statesOf = (directory: string): readonly string[] => {
  const progress = readProgress(directory, journal);
  const rest = { path: '', bytes: 0, createdMicros: 0, modifiedMicros: 0, headerDamaged: false };
  return [0, 1000, 2000, 3000].map((base) => stateOf({ base, end: base + 1000, ...rest }, progress));
};

t.test('a journal of which nothing is stored yet', async (t) => {
  const directory = temporaryDirectory(t);
  t.same(readProgress(directory, journal), {
    settledTo: 0,
    neededFrom: 0,
    loggedTo: 0,
    openBatches: 0,
    checkpoints: [],
    warnings: [],
  });
  t.same(statesOf(directory), ['waiting', 'waiting', 'waiting', 'waiting']);
});

t.test('batches under way, and a checkpoint behind them', async (t) => {
  const directory = temporaryDirectory(t);
  writeLog(directory, [
    intent(1, 0, 2500),
    commit(1),
    intent(2, 2500, 3100),
    intent(3, 3100, 3200),
    commit(3),
  ]);
  writeCheckpoint(directory, { journal, position: 1000, settled: false, state: {} }, false);
  writeCheckpoint(directory, { journal, position: 3200, settled: false, state: {} }, false);
  t.match(readProgress(directory, journal), {
    settledTo: 2500,
    neededFrom: 1000,
    loggedTo: 3200,
    openBatches: 1,
  });
  t.same(statesOf(directory), ['kept', 'stored', 'part', 'waiting']);
});

t.test('after a clean stop, what lies behind the last batch has no rows', async (t) => {
  const directory = temporaryDirectory(t);
  writeLog(directory, [intent(1, 0, 2500), commit(1)]);
  writeCheckpoint(directory, { journal, position: 4000, settled: true, state: {} }, false);
  t.match(readProgress(directory, journal), {
    settledTo: 4000,
    neededFrom: 4000,
    loggedTo: 2500,
    checkpoints: [{ position: 4000, settled: true }],
  });
  t.same(statesOf(directory), ['kept', 'kept', 'kept', 'kept']);
});
