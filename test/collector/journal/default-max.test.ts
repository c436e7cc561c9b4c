import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { defaultJournalMaxBytes } from '../../../collector/journal/default-max.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';

t.test('a fifth of what is free, and the same when a part of it is the journal', async (t) => {
  const disk = mountSmallDisk(t, '4g');
  if (disk === undefined) return;
  const fifth = 858_993_459;
  t.equal(await defaultJournalMaxBytes(disk.directory), fifth);
  writeFileSync(join(disk.directory, '0000000000000000.flj'), new Uint8Array(8 << 20));
  t.equal(await defaultJournalMaxBytes(disk.directory), fifth);
  writeFileSync(join(disk.directory, 'other'), new Uint8Array(5 << 20));
  t.equal(await defaultJournalMaxBytes(disk.directory), fifth - (1 << 20), 'what others take is not free');
});

t.test('at least 256 MiB', async (t) => {
  const disk = mountSmallDisk(t, '4m');
  if (disk === undefined) return;
  const directory = join(disk.directory, 'journal');
  mkdirSync(directory);
  t.equal(await defaultJournalMaxBytes(directory), 268_435_456);
});
