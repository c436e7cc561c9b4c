import { readFileSync } from 'node:fs';
import t from 'tap';
import { generateKernel } from '../../../collector/kernel/generate-kernel.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../../collector/kernel/${name}`, import.meta.url), 'utf8');

t.test('the generated kernel is current', async (t) => {
  const generated = await generateKernel(read('move-kernel.as.ts'));
  t.ok(generated === read('move-kernel.generated.ts'), 'else: npm run generate');
});

t.test('a kernel that does not compile is an error', async (t) => {
  await t.rejects(generateKernel('export function broken(: void {}'), /does not compile/);
});
