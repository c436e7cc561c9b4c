/** Networks in CIDR notation, as ranges of IPv6 addresses: IPv4 is in its IPv4-mapped form. */

import { addressBytes, formatAddress, formatIpv6, isIpv4Mapped, parseAddress } from './address.ts';

export interface Network {
  /** First and last address, as ClickHouse takes and says IPv6. */
  readonly first: string;
  readonly last: string;
  /** 16 octets of the first one, and the length of the prefix among their 128 bits. */
  readonly octets: Uint8Array;
  readonly prefixBits: number;
}

const addressBits = 8 * addressBytes;
const mappedBits = 96;

/** Bits of `address` (16 octets, left as they are) beyond `prefixBits` are taken for zeros. */
export const networkOf = (address: Uint8Array, prefixBits: number = addressBits): Network => {
  const [octets, last] = [address.slice(), address.slice()];
  for (let i = 0; i < addressBytes; i++) {
    const hostBits = 0xff >> Math.max(0, Math.min(8, prefixBits - 8 * i));
    octets[i] = (octets[i] as number) & ~hostBits;
    last[i] = (last[i] as number) | hostBits;
  }
  return { first: formatIpv6(octets, 0), last: formatIpv6(last, 0), octets, prefixBits };
};

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. Undefined: it is none of them. */
export const parseNetwork = (text: string): Network | undefined => {
  const [, address = '', length] = /^([^/\s]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const octets = parseAddress(address);
  if (octets === undefined) return undefined;
  const longest = address.includes(':') ? addressBits : addressBits - mappedBits;
  const bits = length === undefined ? longest : Number(length);
  return bits > longest ? undefined : networkOf(octets, addressBits - longest + bits);
};

/** `10.0.0.0/8`, or the address where it is one. */
export const formatNetwork = ({ octets, prefixBits }: Network): string => {
  if (prefixBits === addressBits) return formatAddress(octets, 0);
  const isV4 = isIpv4Mapped(octets, 0) && prefixBits >= mappedBits;
  return `${formatAddress(octets, 0)}/${isV4 ? prefixBits - mappedBits : prefixBits}`;
};
