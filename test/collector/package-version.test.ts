import { readFileSync } from 'node:fs';
import t from 'tap';
import { version } from '../../collector/package-version.ts';

t.test('the version of the package', async (t) => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  t.equal(version, JSON.parse(manifest).version);
});
