import t from 'tap';
import { diskProblem } from '../../../collector/journal/disk-problem.ts';

const error = (code: string): Error => Object.assign(new Error(`${code}: some words, write`), { code });

t.test('in words, with the code', async (t) => {
  t.equal(diskProblem(error('ENOSPC'), '/j'), 'no space left on /j (ENOSPC)');
  t.equal(diskProblem(error('EROFS'), '/j'), '/j is read-only (EROFS)');
  t.equal(diskProblem(error('EIO'), '/j'), 'the disk of /j reports an error (EIO)');
});

t.test('what we have no words for says itself', async (t) => {
  t.equal(diskProblem(error('EMFILE'), '/j'), '/j: EMFILE: some words, write');
  t.equal(diskProblem(new Error('nothing was written'), '/j'), '/j: nothing was written');
});
