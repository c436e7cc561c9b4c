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
