/**
 * tcpControlBits from the states that a connection went through: conntrack does not tell which flags there were. So they are made
 * up, and what a state does not tell is not in them (PSH, URG, ECN).
 */

import { statusBits } from '../observe/connection.ts';

const flags = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const;

/** Bits of the kernel's TCP states (enum tcp_conntrack). */
const synReceived = 1 << 2;
const finStates = (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7);
const establishedStates = (1 << 3) | finStates;
const closed = 1 << 8;
const bothSyn = 1 << 9;

/**
 * Flags of the original direction in bits 0 to 7, of the reply in 8 to 15. `seenStates` has a bit for each state that was seen.
 * Who sent a FIN, or the RST that ended an open connection, the state does not tell: it is in both directions then, so that whoever
 * asks for it in one of them finds it.
 */
export const synthesizeTcpFlags = (seenStates: number, status: number): number => {
  const isReset = (seenStates & closed) !== 0;
  // Nothing came back, or an RST as the only answer: the kernel drops such a connection before it has noted the answer.
  if ((status & statusBits.seenReply) === 0) return isReset ? flags.syn | (flags.rst << 8) : flags.syn;
  let forward: number = flags.syn;
  let reverse = 0;
  // The last state of a connection that was reset does not tell whether it was ever open, but this bit does.
  if ((seenStates & establishedStates) !== 0 || (status & statusBits.assured) !== 0) {
    forward |= flags.ack;
    reverse |= flags.syn | flags.ack;
  } else if ((seenStates & synReceived) !== 0) reverse |= flags.syn | flags.ack;
  else if ((seenStates & bothSyn) !== 0) reverse |= flags.syn;
  const closing = ((seenStates & finStates) !== 0 ? flags.fin : 0) | (isReset ? flags.rst : 0);
  return forward | closing | ((reverse | closing) << 8);
};
