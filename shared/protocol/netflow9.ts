/**
 * The NetFlow v9 Message Header, RFC 3954 5.1:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |       Version Number = 9      |            Count              |
 *     +-------------------------------+-------------------------------+
 *     |                           sysUpTime                           |
 *     +---------------------------------------------------------------+
 *     |                           UNIX Secs                           |
 *     +---------------------------------------------------------------+
 *     |                       Sequence Number                         |
 *     +---------------------------------------------------------------+
 *     |                        Source ID                              |
 *     +---------------------------------------------------------------+
 */

export const netflow9HeaderBytes = 20;

export interface Netflow9Header {
  /** Records of all kinds in the Message. Exporters get it wrong (softflowd), so readers go by lengths instead. */
  count: number;
  sysUptimeMs: number;
  exportSeconds: number;
  /** Messages sent before this one, modulo 2^32. */
  sequence: number;
  /** The Source ID, which IPFIX calls Observation Domain ID. */
  domain: number;
}

/** Reads the header at `at`; the caller has made sure that 20 octets are there. */
export const readNetflow9Header = (view: DataView, at: number): Netflow9Header => ({
  count: view.getUint16(at + 2),
  sysUptimeMs: view.getUint32(at + 4),
  exportSeconds: view.getUint32(at + 8),
  sequence: view.getUint32(at + 12),
  domain: view.getUint32(at + 16),
});

/** Writes the header at `at`; the numbers are taken modulo 2^32 (sysUpTime wraps after 49.7 days). */
export const writeNetflow9Header = (view: DataView, at: number, header: Netflow9Header): void => {
  view.setUint16(at, 9);
  view.setUint16(at + 2, header.count);
  view.setUint32(at + 4, header.sysUptimeMs);
  view.setUint32(at + 8, header.exportSeconds);
  view.setUint32(at + 12, header.sequence);
  view.setUint32(at + 16, header.domain);
};
