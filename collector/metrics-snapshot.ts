/** The values of all metrics at one moment, for a scrape. */

import type { LedgerSnapshot } from './ledger/ledger-messages.ts';
import type { Reception } from './receive/reception.ts';
import type { MetricSample, MetricsSnapshot } from './web/metrics.ts';

export interface MetricSources {
  readonly reception: Reception;
  readonly ledger: LedgerSnapshot | undefined;
  readonly lagSeconds: number;
  readonly problem: string | undefined;
  readonly partitionsDropped: number;
  readonly diskBytes: number;
  readonly startedAtSeconds: number;
  readonly version: string;
}

const sample = (labels: readonly string[], value: number): MetricSample => ({ labels, value });

const receiveMetrics = (reception: Reception): MetricsSnapshot => {
  const { listeners, sources, writer, clock } = reception;
  const perSocket = (read: (listener: (typeof listeners)[number]) => number): readonly MetricSample[] =>
    listeners.map((listener) => sample([listener.name], read(listener)));
  const all = [...sources.values()];
  const perSource = (
    read: (source: (typeof all)[number]) => number,
    evicted: number,
  ): readonly MetricSample[] => [
    ...all.filter((source) => read(source) > 0).map((source) => sample([source.address], read(source))),
    ...(evicted > 0 ? [sample(['other'], evicted)] : []),
  ];
  return {
    flowledger_datagrams_total: perSocket((l) => l.datagrams),
    flowledger_datagram_bytes_total: perSocket((l) => l.bytes),
    flowledger_exporter_datagrams_total: perSource((s) => s.datagrams, sources.evicted.datagrams),
    flowledger_refused_datagrams_total: perSource((s) => s.refused, sources.evicted.refused),
    flowledger_queue_dropped_datagrams_total: perSource((s) => s.queueDrops, sources.evicted.queueDrops),
    flowledger_kernel_dropped_datagrams_total: reception.kernel.known ? perSocket((l) => l.kernelDrops) : [],
    flowledger_receive_errors_total: perSocket((l) => l.errors),
    flowledger_receive_buffer_bytes: perSocket((l) => l.grantedBufferBytes),
    flowledger_receive_queue_bytes: perSocket((l) => l.receiveQueueBytes),
    flowledger_sources: sources.size,
    flowledger_chunks_in_use: writer.chunksAway,
    flowledger_clock_ahead_seconds: clock.aheadMicros / 1e6,
  };
};

const ledgerMetrics = (ledger: LedgerSnapshot): MetricsSnapshot => {
  const { exporters } = ledger;
  const perExporter = (read: (exporter: (typeof exporters)[number]) => number): readonly MetricSample[] =>
    exporters.map((e) => sample([e.exporter], Math.max(0, read(e))));
  return {
    flowledger_records_total: [
      sample(['flow'], ledger.flowRecords),
      sample(['options'], ledger.optionsRecords),
      sample(['dropped'], ledger.recordsDropped),
    ],
    flowledger_sets_total: [
      sample(['decoded'], ledger.dataSetsDecoded),
      sample(['malformed'], ledger.dataSetsMalformed),
      sample(['expired'], ledger.dataSetsExpired),
      sample(['dropped'], ledger.dataSetsDropped),
    ],
    flowledger_malformed_total: exporters.flatMap((e) =>
      e.reasons.map(([reason, n]) => sample([e.exporter, reason], n)),
    ),
    flowledger_sequence_missing_total: perExporter((e) => e.missing),
    flowledger_sequence_reordered_total: perExporter((e) => e.reordered),
    flowledger_sequence_duplicate_total: perExporter((e) => e.duplicate),
    flowledger_exporter_restarts_total: perExporter((e) => e.restarts),
    flowledger_exporters: ledger.domains,
    flowledger_templates: ledger.templates,
    flowledger_waiting_bytes: ledger.waitingBytes,
    flowledger_waiting_sets: ledger.dataSetsWaiting,
    flowledger_rows_stored_total: [
      sample(['flows'], ledger.rowsStored),
      sample(['others'], ledger.tableRowsStored),
    ],
    flowledger_rows_failed_total: [
      sample(['flows'], ledger.rowsFailed),
      sample(['others'], ledger.tableRowsFailed),
    ],
    flowledger_inserts_total: [
      sample(['stored'], ledger.insertsStored),
      sample(['retried'], ledger.insertsRetried),
      sample(['failed'], ledger.insertsFailed),
    ],
    flowledger_insert_seconds_total: ledger.insertSeconds,
    flowledger_batch_rows: ledger.batchRows,
    flowledger_inserts_in_flight: ledger.insertsInFlight,
  };
};

export const makeMetricsSnapshot = (sources: MetricSources): MetricsSnapshot => {
  const cpu = process.cpuUsage();
  return {
    ...receiveMetrics(sources.reception),
    ...(sources.ledger ? ledgerMetrics(sources.ledger) : {}),
    flowledger_lag_seconds: sources.lagSeconds,
    flowledger_storing: sources.problem === undefined ? 1 : 0,
    flowledger_partitions_dropped_total: sources.partitionsDropped,
    flowledger_disk_bytes: sources.diskBytes,
    process_cpu_seconds_total: (cpu.user + cpu.system) / 1e6,
    process_resident_memory_bytes: process.memoryUsage.rss(),
    process_start_time_seconds: sources.startedAtSeconds,
    flowledger_build_info: [sample([sources.version], 1)],
  };
};
