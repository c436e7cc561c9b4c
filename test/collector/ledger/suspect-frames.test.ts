import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SuspectFrames } from '../../../collector/ledger/suspect-frames.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

t.test('what was written down is known at the next start', async (t) => {
  const directory = temporaryDirectory(t);
  const suspects = SuspectFrames.load(directory);
  t.equal(suspects.size, 0);
  suspects.add(4096, new TypeError('x is not a function\n  second line'), '2026-01-01T00:00:00Z');
  suspects.add(4096, new Error('again'), 'later');
  t.ok(suspects.has(4096));
  t.same(JSON.parse(readFileSync(join(directory, 'suspects.json'), 'utf8')), [
    { position: 4096, error: 'TypeError: x is not a function', at: '2026-01-01T00:00:00Z' },
  ]);
  const again = SuspectFrames.load(directory);
  t.ok(again.has(4096));
  t.notOk(again.has(4104));
});

t.test('their number is bounded', async (t) => {
  const directory = temporaryDirectory(t);
  const many = Array.from({ length: 1000 }, (_, i) => ({ position: i, error: '', at: '' }));
  writeFileSync(join(directory, 'suspects.json'), JSON.stringify(many));
  const suspects = SuspectFrames.load(directory);
  suspects.add(5000, new Error('one more'), '');
  t.equal(suspects.size, 1000);
  t.notOk(suspects.has(5000));
});

t.test('a file that is damaged or something else is none', async (t) => {
  const directory = temporaryDirectory(t);
  for (const text of ['', '{', '{"position":1}', '[1,null,{"position":"7"},{"position":8}]']) {
    writeFileSync(join(directory, 'suspects.json'), text);
    t.equal(SuspectFrames.load(directory).size, text.includes('8') ? 1 : 0, text);
  }
});
