import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeCheckpoint } from '../../../collector/journal/checkpoint-file.ts';
import { findCheckpoint, loadCheckpoint } from '../../../collector/ledger/load-checkpoint.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const journal = 'a'.repeat(32);
const pathOf = (directory: string, position: number): string =>
  join(directory, `checkpoint-${String(position).padStart(16, '0')}.json`);

t.test('the newest that fits and can be read', async (t) => {
  const directory = temporaryDirectory(t);
  const problems: string[] = [];
  const find = (position: number) => findCheckpoint(directory, journal, position, (p) => problems.push(p));
  t.equal(find(1e6), undefined);
  for (const position of [8, 16, 24, 32])
    writeCheckpoint(directory, { journal, position, settled: false, state: { at: position } }, false);
  t.same(find(24), { position: 24, state: { at: 24 } });
  t.same(find(23), { position: 16, state: { at: 16 } });
  t.equal(find(7), undefined);
  t.same(problems, []);
  writeFileSync(pathOf(directory, 24), 'nothing');
  writeCheckpoint(directory, { journal: 'b'.repeat(32), position: 16, settled: true, state: {} }, false);
  t.same(find(31), { position: 8, state: { at: 8 } });
  t.match(problems, [/0024\.json: is damaged: it has no header/, /0016\.json: it is of another journal/]);
});

t.test('one that is not there', async (t) => {
  const problems: string[] = [];
  t.equal(loadCheckpoint(pathOf(temporaryDirectory(t), 8), journal, (p) => problems.push(p)), undefined); // biome-ignore format: short
  t.match(problems, [/cannot be read \(ENOENT\)/]);
});
