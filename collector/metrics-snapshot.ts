/** The values of all metrics at one moment, for a scrape. */

import type { JournalWriter } from './journal/journal-writer.ts';
import type { LedgerSnapshot } from './ledger/ledger-messages.ts';
import type { Reception } from './receive/reception.ts';
import type { RollupState } from './rollup/rollup-keeper.ts';
import type { JournalFill } from './status-line.ts';
import type { MetricSample, MetricsSnapshot } from './web/metrics.ts';

export interface MetricSources {
  readonly reception: Reception;
  readonly ledger: LedgerSnapshot | undefined;
  /** Undefined without a journal. */
  readonly journalWriter: JournalWriter | undefined;
  readonly journal: JournalFill | undefined;
  readonly rollups: readonly RollupState[];
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
      sample(['discarded'], ledger.recordsDiscarded),
    ],
    flowledger_options_refused_total: ledger.optionsRefused,
    flowledger_elements_refused_total: ledger.elementsRefused,
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
      sample(['flows'], ledger.rowsQuarantined + ledger.rowsGivenUp),
      sample(['others'], ledger.tableRowsFailed),
    ],
    flowledger_rows_quarantined_total: ledger.rowsQuarantined,
    flowledger_batches_total: [
      sample(['stored'], ledger.batchesStored),
      sample(['retried'], ledger.batchesRetried),
    ],
    flowledger_insert_seconds_total: ledger.insertSeconds,
    flowledger_batch_rows: ledger.batchRows,
    flowledger_inserts_in_flight: ledger.insertsInFlight,
  };
};

const journalMetrics = ({ journal, journalWriter, ledger }: MetricSources): MetricsSnapshot => {
  if (!journal || !journalWriter) return {};
  const { exporters = [], recovery } = ledger ?? {};
  const read = ledger?.journal;
  return {
    flowledger_journal_written_bytes_total: journalWriter.writtenBytes,
    flowledger_journal_write_errors_total: journalWriter.writeErrors,
    flowledger_journal_unjournaled_bytes_total: journalWriter.unjournaledBytes,
    flowledger_journal_dropped_datagrams_total: exporters
      .filter(({ journalDrops }) => journalDrops > 0)
      .map(({ exporter, journalDrops }) => sample([exporter], journalDrops)),
    flowledger_journal_damaged_bytes_total: read?.damagedBytes ?? 0,
    flowledger_journal_lost_bytes_total: read?.lostBytes ?? 0,
    flowledger_journal_bytes: journal.bytes,
    flowledger_journal_max_bytes: journal.maxBytes,
    ...(journal.fullInSeconds !== undefined && {
      flowledger_journal_full_in_seconds: journal.fullInSeconds,
    }),
    flowledger_journal_segments: read?.segments ?? 0,
    flowledger_journal_checkpoints_total: read?.checkpoints ?? 0,
    flowledger_recovered_rows_total: [
      sample(['found'], recovery?.rowsFound ?? 0),
      sample(['stored'], recovery?.rowsStored ?? 0),
      sample(['lost'], recovery?.rowsLost ?? 0),
    ],
  };
};

const rollupMetrics = (rollups: readonly RollupState[]): MetricsSnapshot => {
  const each = (read: (state: RollupState) => number): readonly MetricSample[] =>
    rollups.map((state) => sample([state.rollup], read(state)));
  return {
    flowledger_rollup_lag_seconds: each(({ lagSeconds }) => lagSeconds),
    flowledger_rollup_rows_total: each(({ rows }) => rows),
    flowledger_rollup_seconds_total: each(({ seconds }) => seconds),
  };
};

export const makeMetricsSnapshot = (sources: MetricSources): MetricsSnapshot => {
  const cpu = process.cpuUsage();
  return {
    ...receiveMetrics(sources.reception),
    ...(sources.ledger ? ledgerMetrics(sources.ledger) : {}),
    ...journalMetrics(sources),
    ...rollupMetrics(sources.rollups),
    flowledger_lag_bytes: sources.ledger?.lagBytes ?? 0,
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
