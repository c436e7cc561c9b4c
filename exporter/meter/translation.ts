/**
 * Network address translation, read from the tuples: the reply goes to where the source was translated to, and comes from where the
 * destination was. Bits of the status tell less: they are set for a translation to the same address, too.
 */

import type { Connection } from '../observe/connection.ts';
import { isIcmp } from './is-icmp.ts';

const isSame = (a: Uint8Array, b: Uint8Array): boolean => {
  // The last octets differ most often.
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
};

/** Source, destination, or a port of them is translated. Of ICMP only addresses count: its id is no port of anybody. */
export const isTranslated = ({ protocol, original, reply }: Connection): boolean =>
  !isSame(original.src, reply.dst) ||
  !isSame(original.dst, reply.src) ||
  (!isIcmp(protocol) && (original.srcPort !== reply.dstPort || original.dstPort !== reply.srcPort));

/**
 * natEvent (230) for that a session began, or ended: RFC 8158 table 2 has 4 and 5 for NAT44, and none for NAT66. So that, and all
 * where collectors expect the numbers of its drafts, is 1 and 2 ("historic").
 */
export const findNatEvent = (
  numbering: 'session' | 'historic',
  family: 4 | 6,
  change: 'created' | 'deleted',
): number => (numbering === 'session' && family === 4 ? 4 : 1) + (change === 'created' ? 0 : 1);
