import t from 'tap';
import { CollectorBooks } from '../../collector/collector-books.ts';
import type { LedgerClient } from '../../collector/ledger/ledger-client.ts';
import type { ReceivingSide } from '../../collector/open-reception.ts';
import type { OpenStore } from '../../collector/open-store.ts';

/** Books of parts whose words and numbers the test sets. */
const booksOf = (hasJournal = true, nowMs = () => performance.now()) => {
  const journalWriter = { problem: undefined as string | undefined, writtenBytes: 0 };
  const reception = {
    ...{ datagrams: 7, refused: 3, kernelDrops: 1, kernel: { known: true } },
    ...{ listeners: [], clock: { aheadMicros: 0 }, writer: { queueDrops: 2, chunksAway: 0 } },
    sources: { values: () => [], size: 0, evicted: { datagrams: 0, refused: 0, queueDrops: 0 } },
  };
  const receiving = {
    reception,
    ...(hasJournal && { journalWriter, journal: { bytes: 250, maxBytes: 1000 } }),
  } as unknown as ReceivingSide;
  const snapshot = {
    problem: undefined as string | undefined,
    journal: { problem: undefined as string | undefined, bytes: 400 },
    ...{ lagBytes: 300, oldestMicros: 0, flowRecords: 20, rowsStored: 12, domains: 2, exporters: [] },
    ...{ pendingRows: 0, batchesStored: 0 },
    ...{ rowsQuarantined: 1, rowsGivenUp: 2, recordsDropped: 3, datagramsDiscarded: 9 },
  };
  const ledger = { snapshot: undefined as typeof snapshot | undefined };
  const trouble = { store: undefined as string | undefined };
  const store = { problem: () => trouble.store, partitionsDropped: () => 5, diskBytes: () => 6 };
  const books = new CollectorBooks(receiving, nowMs);
  return {
    ...{ books, snapshot, ledger, trouble, journalWriter },
    open: () => {
      books.ledger = ledger as unknown as LedgerClient;
      books.store = store as unknown as OpenStore;
    },
  };
};

t.test('the problem is that which is nearest to the cause', async (t) => {
  const { books, snapshot, ledger, trouble, journalWriter, open } = booksOf();
  t.equal(books.problem, 'the database is being opened');
  open();
  t.equal(books.problem, 'what the last run left is being stored');
  ledger.snapshot = snapshot;
  t.equal(books.problem, undefined);
  snapshot.journal.problem = 'the commit log cannot be written';
  t.equal(books.problem, 'the commit log cannot be written');
  journalWriter.problem = 'disk full';
  t.equal(books.problem, 'disk full');
  snapshot.problem = 'refused';
  t.equal(books.problem, 'refused');
  trouble.store = 'ClickHouse died';
  t.equal(books.problem, 'ClickHouse died');
  t.match(books.health(), { problem: 'ClickHouse died' });
  t.match(books.metrics(), { flowledger_storing: 0, flowledger_disk_bytes: 6 });
});

t.test('a server that takes nothing, and refuses nothing', async (t) => {
  let now = 1000;
  const { books, snapshot, ledger, open } = booksOf(true, () => now);
  open();
  ledger.snapshot = snapshot;
  const after = (ms: number): string | undefined => {
    now += ms;
    return books.problem;
  };
  t.equal(after(60_000), undefined, 'nothing waits');
  snapshot.pendingRows = 5;
  t.equal(after(14_000), undefined);
  t.equal(after(2000), 'ClickHouse has taken no rows for 16 s');
  snapshot.batchesStored = 1;
  t.equal(after(1000), undefined, 'it took some');
  t.match(after(20_000), /no rows for 20 s/);
  snapshot.pendingRows = 0;
  t.equal(after(1), undefined);
});

t.test('health tells lag and journal', async (t) => {
  const { books, snapshot, ledger, open } = booksOf();
  open();
  ledger.snapshot = snapshot;
  t.same(books.health(), {
    problem: undefined,
    details: { lag_seconds: 0, lag_bytes: 300, journal_bytes: 400, journal_max_bytes: 1000 },
  });
  snapshot.oldestMicros = (Date.now() - 5000) * 1000;
  const lag = Number(books.health().details?.lag_seconds);
  t.ok(lag >= 5 && lag < 10, String(lag));
});

t.test('the time until the journal is full is said while it fills', async (t) => {
  const { books, snapshot, ledger, journalWriter, open } = booksOf();
  open();
  ledger.snapshot = snapshot;
  journalWriter.writtenBytes = 100;
  t.equal(books.journal?.fullInSeconds, undefined, 'rows are stored');
  snapshot.problem = 'away';
  t.type(books.journal?.fullInSeconds, 'number', 'nothing is stored, and datagrams come');
  t.match(books.health().details, { journal_full_in_seconds: Number });
  snapshot.journal.bytes = 1200;
  t.equal(books.journal?.fullInSeconds, 0, 'it is full');
});

t.test('how large the journal is, also before the ledger tells', async (t) => {
  const { books, snapshot, ledger, journalWriter, open } = booksOf();
  journalWriter.writtenBytes = 30;
  t.equal(books.journalBytes, 280, 'what was there, and what was written since');
  t.match(books.journal, { bytes: 280 });
  open();
  t.equal(books.journalBytes, 280);
  ledger.snapshot = snapshot;
  t.equal(books.journalBytes, 400);
});

t.test('the reading of the status line', async (t) => {
  const { books, snapshot, ledger, open } = booksOf();
  t.match(books.reading(), { datagrams: 7, flows: 0, stored: 0, exporters: 0 }, 'before the ledger is there');
  open();
  ledger.snapshot = snapshot;
  t.match(books.reading(), {
    ...{ datagrams: 7, flows: 20, stored: 12, notStored: 6, lagMs: 0, exporters: 2, problem: undefined },
    ...{ kernelDrops: 1, queueDrops: 2, journalDrops: 9, refused: 3 },
    journal: { bytes: 400, maxBytes: 1000, lagBytes: 300 },
  });
});

t.test('--journal off: nothing is said of it', async (t) => {
  const { books, snapshot, ledger, open } = booksOf(false);
  open();
  ledger.snapshot = snapshot;
  t.equal(books.journal, undefined);
  t.same(books.health(), { problem: undefined, details: { lag_seconds: 0 } });
});
