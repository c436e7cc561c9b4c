/** Addresses of records as text. */

import { formatIpv4, formatIpv6 } from '../../shared/wire/address.ts';

/**
 * `address` are 16 octets, IPv4 mapped. The family decides, not the octets: a packet of IPv6 may carry a mapped address
 * (RFC 4291 2.5.5.2).
 */
export const addressText = (family: 4 | 6, address: Uint8Array): string =>
  family === 4 ? formatIpv4(address, 12) : formatIpv6(address, 0);

/** `198.51.100.0/24`; a whole address goes without its length. */
export const networkText = (family: 4 | 6, address: Uint8Array, prefixLength: number): string => {
  const text = addressText(family, address);
  return prefixLength === (family === 4 ? 32 : 128) ? text : `${text}/${prefixLength}`;
};
