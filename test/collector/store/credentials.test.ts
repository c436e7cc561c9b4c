import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openCredentials, readCredentials } from '../../../collector/store/credentials.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

t.test('made once, then read, by their owner only', async (t) => {
  const directory = temporaryDirectory(t);
  t.equal(readCredentials(directory), undefined);
  const made = openCredentials(directory);
  t.match(made, { password: /^[0-9a-f]{48}$/, readerPassword: /^[0-9a-f]{24}$/ });
  t.equal(statSync(join(directory, 'credentials.json')).mode & 0o777, 0o600);
  t.same(openCredentials(directory), made);
  t.same(readCredentials(directory), made);
});

t.test('every directory has its own', async (t) => {
  const [a, b] = [openCredentials(temporaryDirectory(t)), openCredentials(temporaryDirectory(t))];
  t.equal(new Set([a.password, a.readerPassword, b.password, b.readerPassword]).size, 4);
});

t.test('a file that is broken or of another kind is made anew', async (t) => {
  for (const text of [
    '',
    '{"password":"',
    'null',
    '[]',
    '{"password":1,"readerPassword":"x"}',
    '{"password":"x"}',
  ]) {
    const directory = temporaryDirectory(t);
    const file = join(directory, 'credentials.json');
    writeFileSync(file, text);
    t.equal(readCredentials(directory), undefined, JSON.stringify(text));
    const made = openCredentials(directory);
    t.same(JSON.parse(readFileSync(file, 'utf8')), made);
  }
});

t.test('a file that cannot be read is no credentials', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'credentials.json'));
  t.equal(readCredentials(directory), undefined);
});
