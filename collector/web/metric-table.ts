/**
 * Every metric of the collector: its name, kind, labels and help. The registry is made of this list, and docs/operating.md is checked
 * against it. To add a metric, add a row, and its value to the snapshot.
 */

export interface MetricRow {
  /** `counter`: only grows while the process lives, and ends in `_total`. */
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly help: string;
}

const counter = <const L extends readonly string[]>(labels: L, help: string) =>
  ({ kind: 'counter', labels, help }) as const;
const gauge = <const L extends readonly string[]>(labels: L, help: string) =>
  ({ kind: 'gauge', labels, help }) as const;

export const metricTable = {
  // receive: datagrams = refused + queue dropped + in a chunk
  flowledger_datagrams_total: counter(['socket'], 'datagrams read from a socket'),
  flowledger_datagram_bytes_total: counter(
    ['socket'],
    'octets of these datagrams, without UDP and IP headers',
  ),
  flowledger_exporter_datagrams_total: counter(
    ['exporter'],
    'datagrams by source address, refused ones included',
  ),
  flowledger_refused_datagrams_total: counter(
    ['exporter'],
    'datagrams from addresses that --allow does not name',
  ),
  flowledger_queue_dropped_datagrams_total: counter(
    ['exporter'],
    'datagrams dropped because no chunk was free: storing fell behind',
  ),
  flowledger_kernel_dropped_datagrams_total: counter(
    ['socket'],
    'datagrams that found the receive buffer of the socket full',
  ),
  flowledger_receive_errors_total: counter(['socket'], 'errors of reading from a socket'),
  flowledger_receive_buffer_bytes: gauge(['socket'], 'receive buffer that the kernel granted'),
  flowledger_receive_queue_bytes: gauge(
    ['socket'],
    'octets waiting in the receive buffer, with overhead of the kernel',
  ),
  flowledger_sources: gauge([], 'source addresses in memory'),
  flowledger_chunks_in_use: gauge([], 'chunks handed on and not yet given back'),
  flowledger_clock_ahead_seconds: gauge(
    [],
    'how far times of receipt are ahead of a wall clock that was put back',
  ),

  // decode
  flowledger_records_total: counter(['outcome'], 'Data Records by what became of them'),
  flowledger_sets_total: counter(['outcome'], 'Sets by what became of them'),
  flowledger_malformed_total: counter(
    ['exporter', 'reason'],
    'datagrams, Sets or records that are not what the RFC says, by reason',
  ),
  flowledger_sequence_missing_total: counter(
    ['exporter'],
    'what sequence numbers say was sent and did not come: v5 flows, v9 datagrams, IPFIX records',
  ),
  flowledger_sequence_reordered_total: counter(
    ['exporter'],
    'datagrams that came later than their successor',
  ),
  flowledger_sequence_duplicate_total: counter(['exporter'], 'datagrams that came twice'),
  flowledger_exporter_restarts_total: counter(
    ['exporter'],
    'restarts of an exporter, seen by its sequence numbers and uptime',
  ),
  flowledger_exporters: gauge([], 'exporters and Observation Domains known'),
  flowledger_templates: gauge([], 'Templates known'),
  flowledger_waiting_bytes: gauge([], 'octets of Data Sets that wait for their Template'),
  flowledger_waiting_sets: gauge([], 'Data Sets that wait for their Template'),

  flowledger_options_refused_total: counter(
    [],
    'Options Data Records that made no row, because their Observation Domain had many in that hour',
  ),

  flowledger_elements_refused_total: counter(
    [],
    'announcements of elements (RFC 5610) that were not taken, because there were too many in their Observation Domain, or they changed too often',
  ),

  // journal
  flowledger_journal_written_bytes_total: counter([], 'octets of chunks written to the journal'),
  flowledger_journal_write_errors_total: counter([], 'tries to write or sync the journal that failed'),
  flowledger_journal_unjournaled_bytes_total: counter(
    [],
    'octets of chunks that could not be written, and went to the decoder from memory',
  ),
  flowledger_journal_dropped_datagrams_total: counter(
    ['exporter'],
    'datagrams that were in the journal and had to go, because it was full, before they were stored',
  ),
  flowledger_journal_damaged_bytes_total: counter([], 'octets of segments that could not be read as chunks'),
  flowledger_journal_lost_bytes_total: counter(
    [],
    'octets of chunks that neither memory nor the journal had when their turn came',
  ),
  flowledger_journal_bytes: gauge([], 'octets of all segments on disk'),
  flowledger_journal_max_bytes: gauge([], 'octets that segments may take'),
  flowledger_journal_full_in_seconds: gauge(
    [],
    'time until the journal is full at the present rate; absent while it does not fill',
  ),
  flowledger_journal_segments: gauge([], 'segments on disk'),
  flowledger_journal_checkpoints_total: counter([], 'checkpoints written'),
  flowledger_lag_bytes: gauge([], 'octets of chunks received whose rows are not stored'),
  flowledger_recovered_rows_total: counter(
    ['outcome'],
    'rows that were under way when the last run ended: found in ClickHouse, stored at this start, lost',
  ),

  // store
  flowledger_rows_stored_total: counter(['table'], 'rows that ClickHouse acknowledged'),
  flowledger_rows_failed_total: counter(['table'], 'rows that could not be stored'),
  flowledger_rows_quarantined_total: counter([], 'rows of flows that ClickHouse refuses for good'),
  flowledger_batches_total: counter(['outcome'], 'batches stored, and tries of them that failed'),
  flowledger_insert_seconds_total: counter([], 'time that inserts took, waiting for ClickHouse included'),
  flowledger_batch_rows: gauge([], 'rows in the batch that is being filled'),
  flowledger_inserts_in_flight: gauge([], 'inserts that ClickHouse has not answered yet'),
  flowledger_lag_seconds: gauge([], 'age of the oldest datagram received whose rows are not stored'),
  flowledger_storing: gauge([], '1 while the last insert succeeded, else 0'),
  flowledger_partitions_dropped_total: counter([], 'partitions dropped to keep within --max-disk'),
  flowledger_disk_bytes: gauge([], 'octets of the tables on disk'),

  // rollup
  flowledger_rollup_lag_seconds: gauge(
    ['rollup'],
    'what is stored in flows and not in the rollup, as time of receipt; talkers_1h: of the flows',
  ),
  flowledger_rollup_rows_total: counter(['rollup'], 'rows written to a rollup'),
  flowledger_rollup_seconds_total: counter(['rollup'], 'time that ClickHouse took to make them'),

  // process: the names that Prometheus users know
  process_cpu_seconds_total: counter([], 'user and system CPU time of the collector, without ClickHouse'),
  process_resident_memory_bytes: gauge([], 'resident memory of the collector, without ClickHouse'),
  process_start_time_seconds: gauge([], 'when the collector started, seconds since 1970'),
  flowledger_build_info: gauge(['version'], 'always 1; the label says the version'),
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metricTable;
