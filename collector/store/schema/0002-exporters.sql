-- Who sends, and what became of it. Rows of `exporters` are replaced as time goes on (read with FINAL); those of
-- `exporter_loss` are added up (read with sum and GROUP BY).

CREATE TABLE exporters
(
  exporter IPv6 COMMENT 'source address of the datagrams',
  domain UInt32 COMMENT 'Observation Domain id, v9 source id, v5 engine type and id',
  collector LowCardinality(String) COMMENT 'name of the collector that received it',
  name String COMMENT 'from --exporters FILE',
  site String COMMENT 'from --exporters FILE',
  version UInt8 COMMENT 'export protocol of the last datagram: 5, 9 or 10 (IPFIX)',
  first_seen DateTime COMMENT 'receipt of the first datagram',
  last_seen DateTime COMMENT 'receipt of the last datagram',
  templates UInt32 COMMENT 'Templates known now',
  sampling_rate UInt32 COMMENT 'last one that went into a row',
  sampling_source LowCardinality(String) COMMENT 'who said it: default, record, options, header, config',
  clock_offset_ms Int64 COMMENT 'export time of the last datagram minus its receipt',
  datagrams UInt64 COMMENT 'received since first_seen, like all counters that follow',
  flows UInt64 COMMENT 'Data Records that became rows',
  options UInt64 COMMENT 'Options Data Records',
  missing UInt64 COMMENT 'by sequence number: v5 flows, v9 datagrams, IPFIX Data Records',
  reordered UInt64 COMMENT 'came late, in the units of missing',
  duplicate UInt64 COMMENT 'came again, in the units of missing',
  unknown_gaps UInt64 COMMENT 'gaps of which the size cannot be known, because a Template was missing before them',
  restarts UInt64 COMMENT 'times that the sequence numbers began anew',
  malformed UInt64 COMMENT 'datagrams or Sets that broke the protocol',
  waiting UInt64 COMMENT 'Data Sets that wait for their Template',
  expired UInt64 COMMENT 'Data Sets whose Template did not come in time'
)
ENGINE = ReplacingMergeTree(last_seen)
ORDER BY (exporter, domain, collector)
COMMENT 'one row an exporter, Observation Domain and collector';

CREATE TABLE exporter_loss
(
  minute DateTime COMMENT 'of receipt' CODEC(DoubleDelta, LZ4),
  exporter IPv6 COMMENT 'source address of the datagrams; :: where it cannot be known',
  domain UInt32 COMMENT 'Observation Domain id, v9 source id, v5 engine type and id',
  collector LowCardinality(String) COMMENT 'name of the collector that received it',
  datagrams UInt64 COMMENT 'received' CODEC(T64, LZ4),
  records UInt64 COMMENT 'Data Records received' CODEC(T64, LZ4),
  missing Int64 COMMENT 'by sequence number: v5 flows, v9 datagrams, IPFIX Data Records; less where late ones filled a gap of an earlier minute' CODEC(T64, LZ4),
  reordered UInt64 COMMENT 'came late, in the units of missing' CODEC(T64, LZ4),
  duplicate UInt64 COMMENT 'came again, in the units of missing' CODEC(T64, LZ4),
  unknown UInt64 COMMENT 'gaps of which the size cannot be known' CODEC(T64, LZ4),
  malformed UInt64 COMMENT 'datagrams or Sets that broke the protocol' CODEC(T64, LZ4),
  waiting UInt64 COMMENT 'Data Sets that came before their Template' CODEC(T64, LZ4),
  expired UInt64 COMMENT 'Data Sets whose Template did not come in time' CODEC(T64, LZ4),
  refused UInt64 COMMENT 'datagrams refused by --allow' CODEC(T64, LZ4),
  kernel_drops UInt64 COMMENT 'datagrams that the kernel dropped, of all exporters of a socket' CODEC(T64, LZ4),
  queue_drops UInt64 COMMENT 'datagrams dropped because the queue to the decoder was full' CODEC(T64, LZ4),
  not_stored UInt64 COMMENT 'rows that ClickHouse did not take' CODEC(T64, LZ4)
)
ENGINE = SummingMergeTree
PARTITION BY toYYYYMM(minute, 'UTC')
ORDER BY (exporter, domain, collector, minute)
TTL minute + toIntervalDay(400)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'what was lost, a minute: rows of the same key add up';
