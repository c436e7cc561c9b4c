/** Addresses and networks as people write them, as ranges of IPv6 addresses: IPv4 is in its IPv4-mapped form. */

import { isIpv4Mapped, parseAddress } from '../../shared/wire/address.ts';
import { type Network, networkOf, parseNetwork } from '../../shared/wire/network.ts';

/** Both ends are in it; as ClickHouse takes and says IPv6. */
export interface AddressRange {
  readonly from: string;
  readonly to: string;
  /** Bits of the IPv6 form; 128: one address. */
  readonly prefix: number;
}

const rangeOf = ({ first, last, prefixBits }: Network): AddressRange => ({
  from: first,
  to: last,
  prefix: prefixBits,
});

/** `10.1/16` is short for `10.1.0.0/16`. */
const lengthened = (text: string): string => {
  const parts = text.split('.');
  return text.includes(':') || parts.length > 3 ? text : [...parts, '0', '0', '0'].slice(0, 4).join('.');
};

/** `192.0.2.1`, `2001:db8::1`. Undefined: it is no address. */
export const parseAddressRange = (text: string): AddressRange | undefined => {
  const octets = parseAddress(text);
  return octets && rangeOf(networkOf(octets));
};

/** `192.0.2.0/24`, `10.1/16`, `2001:db8::/32`: bits beyond the length are taken for zeros. Undefined: it is no network. */
export const parseNetworkRange = (text: string): AddressRange | undefined => {
  const [, address = '', length = ''] = /^([^/]+)(\/\d{1,3})$/.exec(text) ?? [];
  const network = parseNetwork(lengthened(address) + length);
  return network && rangeOf(network);
};

/** The bits of an IPv4 netmask, `255.255.0.0`. Undefined: it is none. */
export const parseNetmask = (text: string): number | undefined => {
  const octets = parseAddress(text);
  if (!octets || !isIpv4Mapped(octets, 0) || text.includes(':')) return undefined;
  const bits = [...octets.subarray(12)].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
};
