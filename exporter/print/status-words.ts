/** Bits of a connection's status as the words of the kernel (IPS_*). */

import { statusBits } from '../observe/connection.ts';

const words = [
  [statusBits.expected, 'EXPECTED'],
  [statusBits.seenReply, 'SEEN_REPLY'],
  [statusBits.assured, 'ASSURED'],
  [statusBits.confirmed, 'CONFIRMED'],
  [statusBits.sourceNat, 'SRC_NAT'],
  [statusBits.destinationNat, 'DST_NAT'],
  [statusBits.dying, 'DYING'],
  [statusBits.fixedTimeout, 'FIXED_TIMEOUT'],
  [statusBits.helper, 'HELPER'],
  [statusBits.offload, 'OFFLOAD'],
  [statusBits.hardwareOffload, 'HW_OFFLOAD'],
] as const;

const wordsOf = (status: number): readonly string[] =>
  words.filter(([bit]) => (status & bit) !== 0).map(([, word]) => word);

let lastStatus = 0;
let lastWords: readonly string[] = [];

/** The last one is remembered, since most connections end with the same status. Bits without a meaning for logs are left out. */
export const statusWords = (status: number): readonly string[] => {
  if (status !== lastStatus) {
    lastWords = wordsOf(status);
    lastStatus = status;
  }
  return lastWords;
};
