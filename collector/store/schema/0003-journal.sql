-- Rows that ClickHouse refused; and losses as totals of a minute, which may be written again after a crash: a later row replaces an
-- earlier one of the same key. What the table had before cannot be told apart by minute and is dropped.

CREATE TABLE quarantine
(
  at DateTime DEFAULT now() COMMENT 'when it was refused',
  collector LowCardinality(String) COMMENT 'name of the collector that received it',
  first_received DateTime64(6) COMMENT 'receipt of the first datagram',
  last_received DateTime64(6) COMMENT 'receipt of the last datagram',
  rows UInt32 COMMENT 'rows that are not in flows',
  reason String COMMENT 'what ClickHouse said',
  file String COMMENT 'where the rows are, for INSERT INTO flows FORMAT Native; empty where they could not be kept'
)
ENGINE = MergeTree
ORDER BY (at, collector)
TTL at + toIntervalDay(400)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'rows that ClickHouse refused for good';

DROP TABLE IF EXISTS exporter_loss;

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
  journal_drops UInt64 COMMENT 'datagrams that were in the journal and had to go before they could be stored' CODEC(T64, LZ4),
  not_stored UInt64 COMMENT 'rows that ClickHouse did not take' CODEC(T64, LZ4),
  written DateTime64(3) DEFAULT now64(3) COMMENT 'when this row was; the last one of a key holds'
)
ENGINE = ReplacingMergeTree(written)
PARTITION BY toYYYYMM(minute, 'UTC')
ORDER BY (exporter, domain, collector, minute)
TTL minute + toIntervalDay(400)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'what was lost, a minute of receipt: read with FINAL';

ALTER TABLE exporters
  ADD COLUMN IF NOT EXISTS journal_drops UInt64 COMMENT 'datagrams that were in the journal and had to go before they could be stored';
