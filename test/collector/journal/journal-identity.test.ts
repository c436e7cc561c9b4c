import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readIdentity } from '../../../collector/journal/journal-identity.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const nowMicros = (): number => 1_700_000_000_123_456;
const id = '0123456789abcdef0123456789abcdef';

t.test('a new journal, and the same once more', async (t) => {
  const directory = temporaryDirectory(t);
  const { journalId, warnings } = await readIdentity(directory, undefined, nowMicros);
  t.match(journalId, /^[0-9a-f]{32}$/);
  t.same(warnings, []);
  t.equal(
    readFileSync(join(directory, 'journal.json'), 'utf8'),
    `{"format":1,"id":"${journalId}","created":"2023-11-14T22:13:20.123Z"}\n`,
  );
  t.equal(statSync(join(directory, 'journal.json')).mode & 0o777, 0o600);
  t.same(readdirSync(directory), ['journal.json']);
  t.same(await readIdentity(directory, undefined, nowMicros), { journalId, warnings: [] });
  t.same(await readIdentity(directory, id, nowMicros), { journalId, warnings: [] }, 'whatever segments say');
  const other = await readIdentity(temporaryDirectory(t), undefined, nowMicros);
  t.not(other.journalId, journalId);
});

t.test('a newer format', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'journal.json');
  writeFileSync(path, '{"format":2,"id":[]}');
  await t.rejects(readIdentity(directory, id, nowMicros), {
    name: 'ConfigError',
    message: `${path} was written by a newer version of flowledger: use that version, or move the journal away`,
  });
});

const damages = [
  '',
  '{"format":1,"id":"',
  'null',
  '[]',
  '3',
  '{}',
  '{"format":1,"id":"abc"}',
  '{"format":0}',
  '\0\0',
];

t.test('damaged, and no segment: what to do is said', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'journal.json');
  for (const damage of damages) {
    writeFileSync(path, damage);
    await t.rejects(readIdentity(directory, undefined, nowMicros), {
      name: 'ConfigError',
      message: `${path} is damaged: move it away, and a new journal begins in ${directory}`,
    });
    t.equal(readFileSync(path, 'utf8'), damage);
  }
});

t.test('damaged or gone, and segments bear the id', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'journal.json');
  t.same(await readIdentity(directory, id, nowMicros), {
    journalId: id,
    warnings: [`${path} was not there: written again, with the id that the segments bear`],
  });
  for (const damage of damages) {
    writeFileSync(path, damage);
    t.same(await readIdentity(directory, id, nowMicros), {
      journalId: id,
      warnings: [`${path} was damaged: written again, with the id that the segments bear`],
    });
    t.equal(JSON.parse(readFileSync(path, 'utf8')).id, id);
  }
});

t.test('what cannot be read is not replaced', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'journal.json'));
  await t.rejects(readIdentity(directory, id, nowMicros), { code: 'EISDIR' });
});
