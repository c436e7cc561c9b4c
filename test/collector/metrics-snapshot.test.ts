import t from 'tap';
import { type MetricSources, makeMetricsSnapshot } from '../../collector/metrics-snapshot.ts';

const listener = {
  name: 'udp://0.0.0.0:2055',
  datagrams: 10,
  bytes: 1000,
  kernelDrops: 3,
  errors: 0,
  grantedBufferBytes: 1,
  receiveQueueBytes: 0,
};
const source = { address: '192.0.2.1', datagrams: 7, refused: 0, queueDrops: 2 };

const make = (more: Partial<MetricSources> = {}) =>
  makeMetricsSnapshot({
    reception: {
      listeners: [listener],
      sources: { values: () => [source], size: 1, evicted: { datagrams: 3, refused: 0, queueDrops: 0 } },
      writer: { chunksAway: 2 },
      clock: { aheadMicros: 1_500_000 },
      kernel: { known: true },
    },
    ledger: undefined,
    journalWriter: undefined,
    journal: undefined,
    rollups: [],
    lagSeconds: 0.5,
    problem: undefined,
    partitionsDropped: 4,
    diskBytes: 0,
    startedAtSeconds: 100,
    version: '1.2.3',
    ...more,
  } as unknown as MetricSources);

t.test('reception, per socket and per source', async (t) => {
  t.match(make(), {
    flowledger_datagrams_total: [{ labels: [listener.name], value: 10 }],
    flowledger_exporter_datagrams_total: [
      { labels: ['192.0.2.1'], value: 7 },
      { labels: ['other'], value: 3 },
    ],
    flowledger_refused_datagrams_total: { length: 0 },
    flowledger_kernel_dropped_datagrams_total: [{ value: 3 }],
    flowledger_clock_ahead_seconds: 1.5,
    flowledger_lag_seconds: 0.5,
    flowledger_storing: 1,
    flowledger_build_info: [{ labels: ['1.2.3'], value: 1 }],
  });
});

t.test('rollups, each by its name', async (t) => {
  const state = {
    rollup: 'flows_1m',
    untilMicros: 1,
    lagSeconds: 61.5,
    rows: 12,
    seconds: 0.25,
    problem: undefined,
  } as const;
  t.match(make({ rollups: [state] }), {
    flowledger_rollup_lag_seconds: [{ labels: ['flows_1m'], value: 61.5 }],
    flowledger_rollup_rows_total: [{ labels: ['flows_1m'], value: 12 }],
    flowledger_rollup_seconds_total: [{ labels: ['flows_1m'], value: 0.25 }],
  });
});

t.test('a problem', async (t) => t.match(make({ problem: 'away' }), { flowledger_storing: 0 }));

t.test('the ledger: reasons under their exporter, losses never negative', async (t) => {
  const exporter = {
    exporter: '192.0.2.1',
    missing: -2,
    reordered: 1,
    duplicate: 0,
    restarts: 0,
    reasons: [['set-length', 4]],
  };
  const ledger = {
    exporters: [exporter],
    flowRecords: 5,
    optionsRecords: 1,
    recordsDropped: 0,
    rowsStored: 5,
    domains: 1,
  };
  t.match(make({ ledger: ledger as unknown as NonNullable<MetricSources['ledger']> }), {
    flowledger_malformed_total: [{ labels: ['192.0.2.1', 'set-length'], value: 4 }],
    flowledger_sequence_missing_total: [{ labels: ['192.0.2.1'], value: 0 }],
    flowledger_records_total: [
      { labels: ['flow'], value: 5 },
      { labels: ['options'], value: 1 },
      { labels: ['dropped'], value: 0 },
    ],
    flowledger_exporters: 1,
  });
});

t.test('the journal, and without one nothing of it', async (t) => {
  const names = Object.keys(make()).filter((name) => name.startsWith('flowledger_journal_'));
  t.same(names, []);
  const journalWriter = { writtenBytes: 1000, writeErrors: 2, unjournaledBytes: 30 };
  const journal = { bytes: 900, maxBytes: 5000, lagBytes: 100, fullInSeconds: 60 };
  const some = { journalWriter, journal } as unknown as Partial<MetricSources>;
  t.match(make(some), {
    flowledger_journal_written_bytes_total: 1000,
    flowledger_journal_write_errors_total: 2,
    flowledger_journal_unjournaled_bytes_total: 30,
    flowledger_journal_bytes: 900,
    flowledger_journal_max_bytes: 5000,
    flowledger_journal_full_in_seconds: 60,
    flowledger_journal_segments: 0,
    flowledger_journal_dropped_datagrams_total: { length: 0 },
  });
  const drops = (exporter: string, journalDrops: number) => ({
    ...{ exporter, journalDrops, missing: 0, reordered: 0, duplicate: 0, restarts: 0, reasons: [] },
  });
  const ledger = {
    ...{ exporters: [drops('192.0.2.1', 0), drops('192.0.2.2', 7)], lagBytes: 100 },
    journal: { segments: 3, checkpoints: 4, damagedBytes: 5, lostBytes: 6 },
    recovery: { rowsFound: 10, rowsStored: 11, rowsLost: 12 },
  };
  t.match(make({ ...some, ledger } as unknown as Partial<MetricSources>), {
    flowledger_journal_dropped_datagrams_total: [{ labels: ['192.0.2.2'], value: 7 }],
    flowledger_journal_damaged_bytes_total: 5,
    flowledger_journal_lost_bytes_total: 6,
    flowledger_journal_segments: 3,
    flowledger_journal_checkpoints_total: 4,
    flowledger_lag_bytes: 100,
    flowledger_recovered_rows_total: [
      { labels: ['found'], value: 10 },
      { labels: ['stored'], value: 11 },
      { labels: ['lost'], value: 12 },
    ],
  });
  const { fullInSeconds: _, ...calm } = journal;
  t.notOk(
    'flowledger_journal_full_in_seconds' in make({ ...some, journal: { ...calm, fullInSeconds: undefined } }),
  );
});
