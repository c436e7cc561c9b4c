/** How many octets of UDP payload a Message may have. */

import { ConfigError } from '../../shared/service/config-error.ts';

/** Without options and extension headers (RFC 791, RFC 8200), and with the 8 octets of UDP. */
const headerBytes = { 4: 20 + 8, 6: 40 + 8 } as const;
const ethernetMtuBytes = 1500;
/** RFC 7011 10.3.3 has packets of at most 512 octets where nothing is known of the path: below is no use. */
export const minMtuBytes = 512;
export const maxMtuBytes = 65_535;

/**
 * Where the path takes less than we thought: Ethernet, then the minimum of IPv6 without its headers, then what RFC 7011 10.3.3 has.
 * Few and far apart, because a system that has learned the path's MTU cuts Messages into fragments from then on and says no more.
 */
const steps: readonly number[] = [1472, 1232, 508];

/**
 * The IP MTU of the path without its headers. RFC 7011 10.3.3 recommends 512 where it is not known; nearly all paths take an
 * Ethernet frame, and a third of the datagrams is a third of the work for both sides. Throws ConfigError.
 */
export const payloadBytesOf = (family: 4 | 6, mtuBytes = ethernetMtuBytes): number => {
  if (!Number.isInteger(mtuBytes) || mtuBytes < minMtuBytes || mtuBytes > maxMtuBytes)
    throw new ConfigError(
      `--mtu ${mtuBytes}: the IP packets of a path have ${minMtuBytes} to ${maxMtuBytes} octets; Ethernet has ${ethernetMtuBytes}`,
    );
  return mtuBytes - headerBytes[family];
};

/** The next size to try when Messages of `payloadBytes` do not get through; the smallest stays as it is. */
export const smallerPayloadBytes = (payloadBytes: number): number =>
  steps.find((step) => step < payloadBytes) ?? payloadBytes;
