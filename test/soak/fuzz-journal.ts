/** Damaged segments and commit logs: whatever they hold, they are read to their end, and nothing is made up. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { readCommitLog } from '../../collector/journal/commit-log.ts';
import { type CommitRecord, formatCommitRecord } from '../../collector/journal/commit-record.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { viewOf } from '../support/capture-builder.ts';
import { JournalReaderRig } from '../support/journal-reader-rig.ts';
import { mutate } from '../support/mutator.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { chunksFrom, segmentJournalId, segmentOf } from '../support/segment-bytes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export const fuzzSegments = (t: Test, seed: number, rounds: number): string => {
  const random = new SeededRandom(seed);
  const rig = new JournalReaderRig(t);
  const chunks = chunksFrom(0, [[8, 1400], [1400, 7, 90], [3], [5000], [64, 64, 64], [0], [300, 1, 1]]);
  const others = chunksFrom(0, [[40], [900], [16, 16]]);
  const whole = segmentOf(0, chunks);
  const other = segmentOf(0, others);
  const known = new Set(
    [...chunks, ...others].map((chunk) => `${viewOf(chunk).getBigUint64(8, true)},${chunk.length}`),
  );
  let found = 0;
  let invented = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = mutate(whole, random, other);
    rig.put(0, bytes);
    const reader = rig.fresh();
    for (const span of rig.all(0, Math.max(0, bytes.length - 64), reader)) {
      found++;
      if (!known.has(String(span))) invented++;
    }
    reader.close();
  }
  t.equal(invented, 0, 'no chunk comes out of damage');
  return `${rounds} segments: ${found} of ${rounds * chunks.length} chunks were whole, and read`;
};

const logOf = (random: SeededRandom): readonly CommitRecord[] => {
  const records: CommitRecord[] = [{ type: 'log', format: 1, journal: segmentJournalId }];
  for (let batch = 1, at = 0; batch < 12; batch++) {
    const end = at + 8 * random.between(1, 100_000);
    const rows = random.below(131_072);
    records.push({
      type: 'intent',
      batch,
      start: at,
      end,
      firstMicros: at + 1,
      lastMicros: end,
      rows,
      token: `t-${batch}`,
    });
    if (random.chance(0.8)) records.push({ type: 'commit', batch, stored: rows, quarantined: 0 });
    if (random.chance(0.1)) records.push({ type: 'skip', start: end, end: end + 8, datagrams: 3 });
    at = end + 8;
  }
  return records;
};

export const fuzzCommitLog = (t: Test, seed: number, rounds: number): string => {
  const random = new SeededRandom(seed);
  const directory = temporaryDirectory(t);
  let damagedLines = 0;
  let refused = 0;
  let invented = 0;
  for (let round = 0; round < rounds; round++) {
    const records = logOf(random);
    const text = Buffer.from(records.map(formatCommitRecord).join(''));
    writeFileSync(join(directory, 'commits.log'), mutate(text, random, text));
    try {
      const contents = readCommitLog(directory, segmentJournalId);
      damagedLines += contents.damagedLines;
      const written = new Set(records.flatMap((r) => (r.type === 'intent' ? [r.token] : [])));
      invented += contents.open.filter(({ token }) => !written.has(token)).length;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      refused++;
    }
  }
  t.equal(invented, 0, 'no intent comes out of damage');
  return `${rounds} commit logs: ${damagedLines} damaged lines, ${refused} logs refused`;
};
