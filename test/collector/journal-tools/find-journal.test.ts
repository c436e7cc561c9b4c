import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findJournal } from '../../../collector/journal-tools/find-journal.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { buildJournal } from '../../support/journal-builder.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const id = '0123456789abcdef0123456789abcdef';
const datagram = { payload: new Uint8Array(8), address: '192.0.2.1', port: 50000, micros: 1e15 };

const failure = (directory: string): string => {
  try {
    return findJournal(directory);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

t.test('by journal.json, or else by the newest segment', async (t) => {
  const directory = temporaryDirectory(t);
  const { segments } = buildJournal(directory, [datagram, datagram], {
    journalId: id,
    chunkEvery: 1,
    segmentBytes: 1,
  });
  t.equal(findJournal(directory), id);
  const identity = join(directory, 'journal.json');
  const other = 'f'.repeat(32);
  writeFileSync(identity, JSON.stringify({ format: 1, id: other }));
  t.equal(findJournal(directory), other);
  for (const text of ['', '{"format":1,"id":', 'null', '{"format":1,"id":"../x"}']) {
    writeFileSync(identity, text);
    t.equal(findJournal(directory), id, text);
  }
  rmSync(identity);
  writeFileSync(segments[1] ?? '', 'FLJS and nothing else');
  t.equal(findJournal(directory), id, 'the newest that can be read');
});

t.test('where there is none', async (t) => {
  const directory = temporaryDirectory(t);
  t.equal(
    failure(directory),
    `there is no journal in ${directory}: it has neither journal.json nor segments (*.flj)`,
  );
  t.equal(failure(join(directory, 'x')), `there is no journal in ${join(directory, 'x')}: it is not there`);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  t.equal(failure(file), `there is no journal in ${file}: it is no directory`);
  mkdirSync(join(directory, '0000000000000000.flj'));
  t.match(failure(directory), 'it has neither');
});

t.test('of a newer version', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'journal.json'), JSON.stringify({ format: 2, id: 'anything' }));
  t.equal(
    failure(directory),
    `the journal in ${directory} was written by a newer version of flowledger: use that one`,
  );
});
