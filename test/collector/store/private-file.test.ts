import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writePrivateFile } from '../../../collector/store/private-file.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

t.test('a new file is for its owner only', async (t) => {
  const path = join(temporaryDirectory(t), 'x.json');
  writePrivateFile(path, 'secret\n');
  t.equal(readFileSync(path, 'utf8'), 'secret\n');
  t.equal(modeOf(path), 0o600);
});

t.test('an old file is replaced with its mode, and nothing else is left', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'x.json');
  writeFileSync(path, 'a much longer text that anyone could read');
  chmodSync(path, 0o644);
  writePrivateFile(path, 'new');
  t.equal(readFileSync(path, 'utf8'), 'new');
  t.equal(modeOf(path), 0o600);
  t.same(readdirSync(directory), ['x.json']);
});

t.test('what stands there stays when the new one cannot be written', async (t) => {
  const path = join(temporaryDirectory(t), 'no', 'such', 'folder');
  t.throws(() => writePrivateFile(path, 'x'), { code: 'ENOENT' });
});
