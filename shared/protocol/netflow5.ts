/**
 * NetFlow v5: a fixed header and records of one fixed layout, told here as a Template so that one path decodes all versions.
 *
 *     header  0 version=5  2 count  4 sysUptime  8 unix_secs  12 unix_nsecs  16 flow_sequence
 *             20 engine_type  21 engine_id  22 sampling_interval (2 bits mode, 14 bits interval)
 */

import { makeTemplate } from './template.ts';

export const netflow5HeaderBytes = 24;
export const netflow5RecordBytes = 48;

export interface Netflow5Header {
  count: number;
  sysUptimeMs: number;
  exportSeconds: number;
  exportNanos: number;
  /** Flows sent before this Message, modulo 2^32. */
  sequence: number;
  /** engine_type * 256 + engine_id: each engine numbers its flows for itself, as an Observation Domain does. */
  domain: number;
  /** Mode in the upper 2 bits, interval in the lower 14 (0x3FFF). */
  sampling: number;
}

/** Reads the header at `at`; the caller has made sure that 24 octets are there. */
export const readNetflow5Header = (view: DataView, at: number): Netflow5Header => ({
  count: view.getUint16(at + 2),
  sysUptimeMs: view.getUint32(at + 4),
  exportSeconds: view.getUint32(at + 8),
  exportNanos: view.getUint32(at + 12),
  sequence: view.getUint32(at + 16),
  domain: view.getUint16(at + 20),
  sampling: view.getUint16(at + 22),
});

/** Writes the header at `at`; the numbers are taken modulo 2^32. */
export const writeNetflow5Header = (view: DataView, at: number, header: Netflow5Header): void => {
  view.setUint16(at, 5);
  view.setUint16(at + 2, header.count);
  view.setUint32(at + 4, header.sysUptimeMs);
  view.setUint32(at + 8, header.exportSeconds);
  view.setUint32(at + 12, header.exportNanos);
  view.setUint32(at + 16, header.sequence);
  view.setUint16(at + 20, header.domain);
  view.setUint16(at + 22, header.sampling);
};

const field = (id: number, lengthBytes: number) => ({ pen: 0, id, lengthBytes });
const padding = 210; // paddingOctets

/** The 48 octets of a record by their IANA elements. Its id is outside those that a Template can have on the wire. */
export const netflow5Template = makeTemplate(5, 5, [
  field(8, 4), // sourceIPv4Address
  field(12, 4), // destinationIPv4Address
  field(15, 4), // ipNextHopIPv4Address
  field(10, 2), // ingressInterface
  field(14, 2), // egressInterface
  field(2, 4), // packetDeltaCount
  field(1, 4), // octetDeltaCount
  field(22, 4), // flowStartSysUpTime
  field(21, 4), // flowEndSysUpTime
  field(7, 2), // sourceTransportPort
  field(11, 2), // destinationTransportPort
  field(padding, 1),
  field(6, 1), // tcpControlBits
  field(4, 1), // protocolIdentifier
  field(5, 1), // ipClassOfService
  field(16, 2), // bgpSourceAsNumber
  field(17, 2), // bgpDestinationAsNumber
  field(9, 1), // sourceIPv4PrefixLength
  field(13, 1), // destinationIPv4PrefixLength
  field(padding, 2),
]);
