-- What is made out of `flows` by the rollup jobs, a window of receipt at a time (collector/rollup). Each row of them says until when of receipt
-- its table has what its collector stored. TRUNCATE one, and it is made again from the `flows` that are there.
-- A key may have several rows: read with sum, min, max and GROUP BY.
-- flows_1m and flows_1h have each flow twice, in rows about its interfaces and in rows about its AS, since both together would be nearly as many
-- rows as there are flows: read WHERE about = 'interfaces', or 'as'. What a row is not about is 0 in it.

CREATE TABLE flows_1m
(
  about Enum8('interfaces' = 0, 'as' = 1) COMMENT 'interfaces: no AS; as: no interfaces, protocol and service. Each flow is in rows of both: ask for one',
  minute DateTime COMMENT 'beginning of the minute; where grain is hour, that of the hour, or of the start of the flow in its first one' CODEC(T64, LZ4),
  exporter IPv6 COMMENT 'source address of the datagrams',
  domain UInt32 COMMENT 'Observation Domain id; v9 source id; v5 engine type and id' CODEC(T64, LZ4),
  in_if UInt32 COMMENT 'SNMP index of the input interface' CODEC(T64, LZ4),
  out_if UInt32 COMMENT 'SNMP index of the output interface' CODEC(T64, LZ4),
  direction Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2) COMMENT 'at the Observation Point',
  proto UInt8 COMMENT 'IP protocol number',
  service UInt16 COMMENT 'port of the service, 0 where none of both is known as one' CODEC(T64, LZ4),
  src_as UInt32 COMMENT 'AS number of the source' CODEC(T64, LZ4),
  dst_as UInt32 COMMENT 'AS number of the destination' CODEC(T64, LZ4),
  sampling_rate UInt32 COMMENT 'one packet in so many was looked at; counters are as sent' CODEC(T64, LZ4),
  grain Enum8('minute' = 0, 'hour' = 1, 'end' = 2) COMMENT 'how long flows are booked: up to an hour by the minute, up to 48 hours by the hour, longer ones where they end',
  collector LowCardinality(String) COMMENT 'name of the collector that stored them',
  received_hour DateTime COMMENT 'beginning of the hour of receipt' CODEC(T64, LZ4),
  bytes UInt64 COMMENT 'octets, the shares of this minute; of a biflow both directions, the second one with its ends exchanged' CODEC(T64, LZ4),
  packets UInt64 COMMENT 'packets, likewise' CODEC(T64, LZ4),
  flows UInt64 COMMENT 'flows that ended; a biflow is one, an interim record is none' CODEC(T64, LZ4),
  until DateTime64(6) COMMENT 'what was received before this is in the table' CODEC(Delta(8), LZ4)
)
ENGINE = MergeTree
PARTITION BY toDate(received_hour, 'UTC')
ORDER BY (about, minute, exporter, in_if, out_if)
TTL received_hour + toIntervalDay(7)
SETTINGS min_bytes_for_wide_part = 200000000, index_granularity = 32768, non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'flows by the minute, without addresses: 7 days';

CREATE TABLE flows_1h
(
  about Enum8('interfaces' = 0, 'as' = 1) COMMENT 'interfaces: no AS; as: no interfaces, protocol and service. Each flow is in rows of both: ask for one',
  hour DateTime COMMENT 'beginning of the hour' CODEC(T64, LZ4),
  exporter IPv6 COMMENT 'source address of the datagrams',
  domain UInt32 COMMENT 'Observation Domain id; v9 source id; v5 engine type and id' CODEC(T64, LZ4),
  in_if UInt32 COMMENT 'SNMP index of the input interface' CODEC(T64, LZ4),
  out_if UInt32 COMMENT 'SNMP index of the output interface' CODEC(T64, LZ4),
  direction Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2) COMMENT 'at the Observation Point',
  proto UInt8 COMMENT 'IP protocol number',
  service UInt16 COMMENT 'port of the service, 0 where none of both is known as one' CODEC(T64, LZ4),
  src_as UInt32 COMMENT 'AS number of the source' CODEC(T64, LZ4),
  dst_as UInt32 COMMENT 'AS number of the destination' CODEC(T64, LZ4),
  sampling_rate UInt32 COMMENT 'one packet in so many was looked at; counters are as sent' CODEC(T64, LZ4),
  grain Enum8('hour' = 1, 'end' = 2) COMMENT 'how long flows are booked: up to 48 hours by the hour, longer ones where they end',
  collector LowCardinality(String) COMMENT 'name of the collector that stored them',
  received_hour DateTime COMMENT 'beginning of the hour of receipt' CODEC(T64, LZ4),
  bytes UInt64 COMMENT 'octets, the shares of this hour; of a biflow both directions, the second one with its ends exchanged' CODEC(T64, LZ4),
  packets UInt64 COMMENT 'packets, likewise' CODEC(T64, LZ4),
  flows UInt64 COMMENT 'flows that ended; a biflow is one, an interim record is none' CODEC(T64, LZ4),
  until DateTime64(6) COMMENT 'what was received before this is in the table: always a whole hour' CODEC(Delta(8), LZ4)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_hour, 'UTC')
ORDER BY (about, hour, exporter, in_if, out_if)
TTL received_hour + toIntervalDay(366)
SETTINGS min_bytes_for_wide_part = 200000000, index_granularity = 32768, non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'flows by the hour, without addresses: a year. Made once an hour of receipt is over';

-- An hour is written again when flows of it came later: of an hour, exporter and collector, the rows of the newest version hold, and no others:
-- WHERE (hour, exporter, collector, version) IN (SELECT hour, exporter, collector, max(version) FROM talkers_1h WHERE ... GROUP BY ALL)

CREATE TABLE talkers_1h
(
  hour DateTime COMMENT 'beginning of the hour' CODEC(T64, LZ4),
  exporter IPv6 COMMENT 'source address of the datagrams',
  collector LowCardinality(String) COMMENT 'name of the collector that stored them',
  role Enum8('src' = 0, 'dst' = 1) COMMENT 'what the address is in the flow; of a biflow both directions count',
  rank UInt16 COMMENT '1 has most octets x sampling_rate; 0: all addresses that are not among the first 1000' CODEC(T64, LZ4),
  address IPv6 COMMENT ':: where rank is 0',
  sampling_rate UInt32 COMMENT 'one packet in so many was looked at; an address that was seen with two rates has a place for each' CODEC(T64, LZ4),
  addresses UInt64 COMMENT 'how many the row is about: 1, or those of rank 0' CODEC(T64, LZ4),
  bytes UInt64 COMMENT 'octets as sent, the shares of this hour' CODEC(T64, LZ4),
  packets UInt64 COMMENT 'packets, likewise' CODEC(T64, LZ4),
  flows UInt64 COMMENT 'flows that ended' CODEC(T64, LZ4),
  version DateTime64(6) COMMENT 'what was received before this is in it' CODEC(Delta(8), LZ4)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour, 'UTC')
ORDER BY (hour, exporter, collector, role, rank, sampling_rate)
TTL hour + toIntervalDay(366)
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'the 1000 addresses with most octets of each closed hour and exporter, and the rest: a year. Read the newest version';

CREATE TABLE host_activity
(
  address IPv6 COMMENT 'inside, as --inside says',
  day Date COMMENT 'in which flows of it ended, UTC',
  collector LowCardinality(String) COMMENT 'name of the collector that stored them',
  sampling_rate UInt32 COMMENT 'one packet in so many was looked at; counters are as sent',
  received_day Date COMMENT 'of receipt, UTC',
  first_seen SimpleAggregateFunction(min, DateTime) COMMENT 'start of the first flow, which may be before the day' CODEC(T64, LZ4),
  last_seen SimpleAggregateFunction(max, DateTime) COMMENT 'end of the last flow' CODEC(T64, LZ4),
  last_in SimpleAggregateFunction(max, DateTime) COMMENT 'end of the last flow to a port of a service of it that was answered, as far as one row tells; 1970: none' CODEC(T64, LZ4),
  flows_out SimpleAggregateFunction(sum, UInt64) COMMENT 'flows of which it is the source' CODEC(T64, LZ4),
  flows_in SimpleAggregateFunction(sum, UInt64) COMMENT 'flows of which it is the destination' CODEC(T64, LZ4),
  unanswered_in SimpleAggregateFunction(sum, UInt64) COMMENT 'of flows_in: TCP that got no answer (SYN and never ACK, or a biflow with nothing back)' CODEC(T64, LZ4),
  bytes_out SimpleAggregateFunction(sum, UInt64) COMMENT 'octets that it sent' CODEC(T64, LZ4),
  bytes_in SimpleAggregateFunction(sum, UInt64) COMMENT 'octets that it was sent' CODEC(T64, LZ4),
  packets_out SimpleAggregateFunction(sum, UInt64) COMMENT 'packets that it sent' CODEC(T64, LZ4),
  packets_in SimpleAggregateFunction(sum, UInt64) COMMENT 'packets that it was sent' CODEC(T64, LZ4),
  peers AggregateFunction(uniqCombined(12), IPv6) COMMENT 'addresses at the other end: uniqCombinedMerge(12)(peers), a few per cent exact',
  until SimpleAggregateFunction(max, DateTime64(6)) COMMENT 'what was received before this is in the table' CODEC(Delta(8), LZ4)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(received_day)
ORDER BY (address, day, collector, sampling_rate, received_day)
TTL received_day + toIntervalDay(366)
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'addresses inside, a day: a year. So that "is anything still using it" outlives the flows';

CREATE TABLE nat_log
(
  public_addr IPv6 COMMENT 'SNAT: source after translation; DNAT: destination before it' CODEC(LZ4),
  is_block Bool COMMENT 'a block of ports, or all ports of the address, was given to inside_addr',
  first_port UInt16 COMMENT 'public port; of a block the first one' CODEC(T64, LZ4),
  last_port UInt16 COMMENT 'of a block the last one; else first_port' CODEC(T64, LZ4),
  proto UInt8 COMMENT 'IP protocol number; 0 in a block: all',
  kind Enum8('snat' = 0, 'dnat' = 1) COMMENT 'which end was translated; a record of both has two rows',
  phase Enum8('interval' = 0, 'begin' = 1, 'end' = 2, 'other' = 3) COMMENT 'a record with counters covers started to ended; an event says that the translation began, or ended, at started',
  event UInt8 COMMENT 'natEvent, RFC 8158: 4/5 session created/deleted, 16/17 port block ...; 0: not said',
  firewall_event UInt8 COMMENT '1 created, 2 deleted, 3 denied, 4 alert, 5 update; 0: not said',
  record_kind Enum8('flow' = 0, 'interim' = 1, 'event' = 2) COMMENT 'a whole flow, an interim part of one, or an event without counters',
  started DateTime64(6) COMMENT 'first packet, or the time of the event' CODEC(Delta(8), LZ4),
  ended DateTime64(6) COMMENT 'last packet, or the time of the event' CODEC(Delta(8), LZ4),
  inside_addr IPv6 COMMENT 'SNAT: source before translation; DNAT: destination after it',
  inside_port UInt16 COMMENT 'its port',
  remote_addr IPv6 COMMENT 'the other end; :: where it was not said',
  remote_port UInt16 COMMENT 'its port',
  bytes_out UInt64 COMMENT 'octets from inside' CODEC(T64, LZ4),
  bytes_in UInt64 COMMENT 'octets to inside' CODEC(T64, LZ4),
  packets_out UInt64 COMMENT 'packets from inside' CODEC(T64, LZ4),
  packets_in UInt64 COMMENT 'packets to inside' CODEC(T64, LZ4),
  total_bytes_out UInt64 COMMENT 'octets from inside since the flow began; 0: not said' CODEC(T64, LZ4),
  total_bytes_in UInt64 COMMENT 'octets to inside since the flow began; 0: not said' CODEC(T64, LZ4),
  end_reason UInt8 COMMENT '1 idle, 2 active timeout, 3 end, 4 forced, 5 lack of resources',
  exporter IPv6 COMMENT 'source address of the datagram',
  domain UInt32 COMMENT 'Observation Domain id; v9 source id' CODEC(T64, LZ4),
  vrf_in UInt32 COMMENT 'VRF of ingress; conntrack zone' CODEC(T64, LZ4),
  flow_id UInt64 COMMENT 'identifier of the flow at its exporter; 0: not said' CODEC(T64, LZ4),
  sampling_rate UInt32 COMMENT 'one packet in so many was looked at; counters are as sent' CODEC(T64, LZ4),
  collector LowCardinality(String) COMMENT 'name of the collector that stored it',
  received DateTime64(6) COMMENT 'when the datagram arrived' CODEC(Delta(8), LZ4),
  until DateTime64(6) COMMENT 'what was received before this is in the table' CODEC(Delta(8), LZ4),
  INDEX inside_addr inside_addr TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received, 'UTC')
ORDER BY (public_addr, is_block, first_port, started)
TTL toDateTime(received) + toIntervalDay(365)
SETTINGS non_replicated_deduplication_window = 1000, ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'who had which public address and port: a year';

CREATE TABLE connections
(
  exporter IPv6 COMMENT 'source address of the datagrams',
  domain UInt32 COMMENT 'Observation Domain id; v9 source id' CODEC(T64, LZ4),
  flow_id UInt64 COMMENT 'identifier of the flow at its exporter' CODEC(T64, LZ4),
  src_addr IPv6 COMMENT 'source address',
  dst_addr IPv6 COMMENT 'destination address',
  src_port UInt16 COMMENT 'source port' CODEC(T64, LZ4),
  dst_port UInt16 COMMENT 'destination port' CODEC(T64, LZ4),
  proto UInt8 COMMENT 'IP protocol number',
  collector LowCardinality(String) COMMENT 'name of the collector that stored it',
  first_start SimpleAggregateFunction(min, DateTime64(6)) COMMENT 'first packet, or the event that said so' CODEC(T64, LZ4),
  last_seen SimpleAggregateFunction(max, DateTime64(6)) COMMENT 'end of the last record' CODEC(T64, LZ4),
  bytes SimpleAggregateFunction(sum, UInt64) COMMENT 'octets, added up over the records' CODEC(T64, LZ4),
  packets SimpleAggregateFunction(sum, UInt64) COMMENT 'packets, likewise' CODEC(T64, LZ4),
  reverse_bytes SimpleAggregateFunction(sum, UInt64) COMMENT 'octets back, likewise' CODEC(T64, LZ4),
  reverse_packets SimpleAggregateFunction(sum, UInt64) COMMENT 'packets back, likewise' CODEC(T64, LZ4),
  total_bytes SimpleAggregateFunction(max, UInt64) COMMENT 'octets since the connection began, as the exporter said; 0: not said, take bytes' CODEC(T64, LZ4),
  total_packets SimpleAggregateFunction(max, UInt64) COMMENT 'packets, likewise' CODEC(T64, LZ4),
  reverse_total_bytes SimpleAggregateFunction(max, UInt64) COMMENT 'octets back, likewise' CODEC(T64, LZ4),
  reverse_total_packets SimpleAggregateFunction(max, UInt64) COMMENT 'packets back, likewise' CODEC(T64, LZ4),
  tcp_flags SimpleAggregateFunction(groupBitOr, UInt16) COMMENT 'all TCP flags seen',
  reverse_tcp_flags SimpleAggregateFunction(groupBitOr, UInt16) COMMENT 'TCP flags from destination to source',
  post_nat_src_addr SimpleAggregateFunction(max, IPv6) COMMENT 'source address after translation; :: where there is none',
  post_nat_dst_addr SimpleAggregateFunction(max, IPv6) COMMENT 'destination address after translation; :: where there is none',
  post_nat_src_port SimpleAggregateFunction(max, UInt16) COMMENT 'source port after translation' CODEC(T64, LZ4),
  post_nat_dst_port SimpleAggregateFunction(max, UInt16) COMMENT 'destination port after translation' CODEC(T64, LZ4),
  vrf_in SimpleAggregateFunction(max, UInt32) COMMENT 'VRF of ingress; conntrack zone' CODEC(T64, LZ4),
  ct_mark SimpleAggregateFunction(max, UInt32) COMMENT 'conntrack mark' CODEC(T64, LZ4),
  is_closed SimpleAggregateFunction(max, UInt8) COMMENT '1: a record said that it is over',
  received SimpleAggregateFunction(max, DateTime64(6)) COMMENT 'when the last record arrived' CODEC(Delta(8), LZ4),
  record_kind SimpleAggregateFunction(anyLast, Enum8('flow' = 0, 'interim' = 1, 'event' = 2)) COMMENT 'of the record that arrived last, as the three that follow',
  end_reason SimpleAggregateFunction(anyLast, UInt8) COMMENT '1 idle, 2 active timeout, 3 end, 4 forced, 5 lack of resources',
  nat_event SimpleAggregateFunction(anyLast, UInt8) COMMENT 'RFC 8158: 4/5 session created/deleted',
  firewall_event SimpleAggregateFunction(anyLast, UInt8) COMMENT '1 created, 2 deleted, 3 denied, 4 alert, 5 update',
  sampling_rate SimpleAggregateFunction(max, UInt32) COMMENT 'one packet in so many was looked at; counters are as sent' CODEC(T64, LZ4),
  until SimpleAggregateFunction(max, DateTime64(6)) COMMENT 'what was received before this is in the table' CODEC(Delta(8), LZ4)
)
ENGINE = AggregatingMergeTree
ORDER BY (exporter, domain, flow_id, src_addr, dst_addr, src_port, dst_port, proto, collector)
TTL toDateTime(last_seen) + toIntervalDay(1)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'the newest state of each connection that has a flow_id: until a day after it was last seen. Read with FINAL';

CREATE TABLE rollups
(
  rollup LowCardinality(String) COMMENT 'the table',
  collector LowCardinality(String) COMMENT 'whose rows of flows',
  since DateTime64(6) COMMENT 'of receipt: from here on it is whole',
  until DateTime64(6) COMMENT 'of receipt: what came before this is in the table',
  written_until DateTime64(6) COMMENT 'the newest until of its rows: windows may be empty',
  rows UInt64 COMMENT 'written since the table was begun',
  seconds Float64 COMMENT 'spent on it, likewise',
  at DateTime64(6) DEFAULT now64(6) COMMENT 'when this row was written; the last one of a key holds'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (rollup, collector)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'how far each rollup has come with what each collector stored: read with FINAL';
