/** The exporter's own datagrams: each record of them would make another one. */

import { addressBytes } from '../../shared/wire/address.ts';
import type { FlowRecord } from './flow-record.ts';

/** Where a collector listens. */
export interface Endpoint {
  /** 16 octets, IPv4 mapped. */
  readonly address: Uint8Array;
  readonly port: number;
}

const udp = 17;

const isSame = (one: Uint8Array, other: Uint8Array): boolean => {
  for (let i = addressBytes - 1; i >= 0; i--) if (one[i] !== other[i]) return false;
  return true;
};

/**
 * True for UDP from or to one of the endpoints, before or after translation. Exporters beside or behind this one that send to
 * the same collector are left out as well: two that observe each other would never be silent.
 */
export const makeOwnTraffic = (endpoints: readonly Endpoint[]): ((record: FlowRecord) => boolean) => {
  const isEndpoint = (address: Uint8Array, port: number): boolean => {
    for (const endpoint of endpoints)
      if (port === endpoint.port && isSame(address, endpoint.address)) return true;
    return false;
  };
  return (record) => {
    if (record.protocol !== udp) return false;
    if (isEndpoint(record.dstAddress, record.dstPort)) return true;
    if (isEndpoint(record.srcAddress, record.srcPort)) return true;
    if (!record.isTranslated) return false;
    return (
      isEndpoint(record.postDstAddress, record.postDstPort) ||
      isEndpoint(record.postSrcAddress, record.postSrcPort)
    );
  };
};
