/**
 * The IPFIX Message Header, RFC 7011 3.1:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |       Version Number = 10     |            Length             |
 *     +-------------------------------+-------------------------------+
 *     |                           Export Time                         |
 *     +---------------------------------------------------------------+
 *     |                       Sequence Number                         |
 *     +---------------------------------------------------------------+
 *     |                    Observation Domain ID                      |
 *     +---------------------------------------------------------------+
 */

export const ipfixHeaderBytes = 16;

export interface IpfixHeader {
  lengthBytes: number;
  exportSeconds: number;
  /** Data Records sent before this Message, modulo 2^32 (Options Data Records included). */
  sequence: number;
  domain: number;
}

/** Reads the header at `at`; the caller has made sure that 16 octets are there. */
export const readIpfixHeader = (view: DataView, at: number): IpfixHeader => ({
  lengthBytes: view.getUint16(at + 2),
  exportSeconds: view.getUint32(at + 4),
  sequence: view.getUint32(at + 8),
  domain: view.getUint32(at + 12),
});

/** Writes the header at `at`; the numbers are taken modulo 2^32. */
export const writeIpfixHeader = (view: DataView, at: number, header: IpfixHeader): void => {
  view.setUint16(at, 10);
  view.setUint16(at + 2, header.lengthBytes);
  view.setUint32(at + 4, header.exportSeconds);
  view.setUint32(at + 8, header.sequence);
  view.setUint32(at + 12, header.domain);
};
