import t from 'tap';
import { makeStatus } from '../../collector/status-line.ts';
import { zeroReading as zero } from '../support/zero-reading.ts';

t.test('rates between two readings', async (t) => {
  const { text, fields } = makeStatus(
    { ...zero, atMs: 1000, datagrams: 10, flows: 100 },
    { ...zero, atMs: 3000, datagrams: 30, flows: 500, stored: 480, exporters: 1 },
  );
  t.match(fields, { datagrams_per_second: 10, flows_per_second: 200, rows_stored: 480, exporters: 1 });
  t.match(text, /480 rows stored/);
  t.match(text, /1 exporter\b/);
  t.notMatch(text, /refused|not stored/, 'what is zero is not said');
  t.notOk('problem' in fields);
});

t.test('losses and problems are said', async (t) => {
  const { text, fields } = makeStatus(zero, {
    ...zero,
    atMs: 1000,
    kernelDrops: 2,
    queueDrops: 3,
    journalDrops: 6,
    refused: 4,
    notStored: 5,
    exporters: 2,
    problem: 'away',
  });
  t.match(text, /11 dropped/);
  t.match(text, /2 exporters.*4 refused.*5 rows not stored.*away$/);
  t.match(fields, {
    kernel_drops: 2,
    queue_drops: 3,
    journal_drops: 6,
    refused: 4,
    rows_not_stored: 5,
    problem: 'away',
  });
});

t.test('the journal is told while it fills', async (t) => {
  const journal = { bytes: 3 << 20, maxBytes: 10 << 20, lagBytes: 2 << 20, fullInSeconds: undefined };
  const calm = makeStatus(zero, { ...zero, atMs: 1000, journal });
  t.notMatch(calm.text, /journal|wait/);
  t.match(calm.fields, { lag_bytes: 2 << 20, journal_bytes: 3 << 20 });
  t.notOk('journal_full_in_seconds' in calm.fields);
  const filling = makeStatus(zero, { ...zero, atMs: 1000, journal: { ...journal, fullInSeconds: 90 } });
  t.match(filling.text, /\| {2}2 MiB wait {2}\| {2}journal 3 MiB of 10 MiB, full in 1 min 30 s {2}\|/);
  t.equal(filling.fields.journal_full_in_seconds, 90);
  t.notOk('journal_bytes' in makeStatus(zero, zero).fields, '--journal off');
});

t.test('two readings at the same moment', async (t) => {
  t.ok(Number.isFinite(makeStatus(zero, { ...zero, datagrams: 1 }).fields.datagrams_per_second));
});
