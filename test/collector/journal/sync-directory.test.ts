import { join } from 'node:path';
import t from 'tap';
import { syncDirectory } from '../../../collector/journal/sync-directory.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

t.test('a directory is synced; one that is not there says so', async (t) => {
  const directory = temporaryDirectory(t);
  await t.resolves(syncDirectory(directory));
  await t.rejects(syncDirectory(join(directory, 'none')), { code: 'ENOENT' });
});
