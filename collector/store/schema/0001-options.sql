-- What exporters say about themselves in Options Data Records. A later record replaces an earlier one of the same key:
-- read these tables with FINAL.

CREATE TABLE interfaces
(
  exporter IPv6 COMMENT 'source address of the datagram',
  domain UInt32 COMMENT 'Observation Domain id, v9 source id',
  interface UInt32 COMMENT 'SNMP index, as in in_if and out_if (ingressInterface, egressInterface, v9 scope 2)',
  name String COMMENT 'interfaceName',
  description String COMMENT 'interfaceDescription',
  seen DateTime COMMENT 'receipt of the last record'
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (exporter, domain, interface)
COMMENT 'names of interfaces, as exporters say them';

CREATE TABLE samplers
(
  exporter IPv6 COMMENT 'source address of the datagram',
  domain UInt32 COMMENT 'Observation Domain id, v9 source id',
  sampler UInt64 COMMENT 'samplerId, selectorId',
  rate UInt32 COMMENT 'one packet in so many is looked at (samplerRandomInterval, samplingInterval, samplingPacketInterval/Space, samplingSize/Population)',
  mode UInt16 COMMENT 'samplerMode, samplingAlgorithm, selectorAlgorithm',
  name String COMMENT 'samplerName',
  seen DateTime COMMENT 'receipt of the last record'
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (exporter, domain, sampler)
COMMENT 'samplers and their rates, as exporters say them';

CREATE TABLE applications
(
  exporter IPv6 COMMENT 'source address of the datagram',
  domain UInt32 COMMENT 'Observation Domain id, v9 source id',
  app UInt64 COMMENT 'applicationId (RFC 6759) as one number, as in flows.app',
  name String COMMENT 'applicationName',
  description String COMMENT 'applicationDescription',
  seen DateTime COMMENT 'receipt of the last record'
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (exporter, domain, app)
COMMENT 'names of applications, as exporters say them';

CREATE TABLE vrfs
(
  exporter IPv6 COMMENT 'source address of the datagram',
  domain UInt32 COMMENT 'Observation Domain id, v9 source id',
  vrf UInt32 COMMENT 'ingressVRFID, egressVRFID, as in vrf_in and vrf_out',
  name String COMMENT 'VRFname',
  rd String COMMENT 'mplsVpnRouteDistinguisher, as text',
  seen DateTime COMMENT 'receipt of the last record'
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (exporter, domain, vrf)
COMMENT 'names of VRFs, as exporters say them';

CREATE TABLE options
(
  exporter IPv6 COMMENT 'source address of the datagram',
  domain UInt32 COMMENT 'Observation Domain id, v9 source id',
  template UInt16 COMMENT 'id of the Options Template',
  scope Map(LowCardinality(String), String) COMMENT 'scope fields: what the values are about',
  values Map(LowCardinality(String), String) COMMENT 'the other fields, element name or pen.id -> text',
  seen DateTime COMMENT 'receipt of the last record'
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (exporter, domain, template, toString(scope))
TTL seen + toIntervalDay(90)
COMMENT 'all Options Data Records that have no table of their own';
