/** When a connection had its last packet, and why it ended. */

import { type Connection, statusBits } from '../observe/connection.ts';
import type { StateTimeouts } from '../observe/conntrack-settings.ts';
import { flowEndReasons } from './flow-record.ts';

const protocols = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  icmp6: 58,
  sctp: 132,
  udpLite: 136,
} as const;

/** States in which the end was seen: those with a FIN or RST, after CLOSEREQ, and after SHUTDOWN or ABORT. */
const endStates: Readonly<Record<number, readonly number[]>> = {
  [protocols.tcp]: [4, 5, 6, 7, 8],
  [protocols.dccp]: [5, 6, 7],
  [protocols.sctp]: [1, 5, 6, 7],
};

/**
 * TCP that waits for an acknowledgement is given up earlier than its state says (nf_conntrack_tcp_timeout_unacknowledged and
 * _max_retrans, both 300 s).
 */
const unacknowledgedMicros = 300e6;
/** Jiffies, and seconds of CTA_TIMEOUT, which are cut. */
const toleranceMicros = 1.1e6;

/** How long after a packet the kernel forgets the connection; 0: it cannot be told. */
const findTimeoutMicros = ({ protocol, state, status }: Connection, timeouts: StateTimeouts): number => {
  // Then packets do not put the end off, or not those that conntrack sees.
  const fixed = statusBits.fixedTimeout | statusBits.offload | statusBits.hardwareOffload;
  if ((status & fixed) !== 0) return 0;
  // The kernel sets `assured` with the packet that first had the longer timeout.
  const isStream = (status & statusBits.assured) !== 0;
  switch (protocol) {
    case protocols.tcp:
      return (timeouts.tcp[state] ?? 0) * 1e6;
    case protocols.sctp:
      return (timeouts.sctp[state] ?? 0) * 1e6;
    case protocols.dccp:
      return (timeouts.dccp[state] ?? 0) * 1e6;
    case protocols.udp:
    case protocols.udpLite:
      return (isStream ? timeouts.udpStream : timeouts.udp) * 1e6;
    case protocols.gre:
      return (isStream ? timeouts.greStream : timeouts.gre) * 1e6;
    case protocols.icmp:
      return timeouts.icmp * 1e6;
    case protocols.icmp6:
      return timeouts.icmpv6 * 1e6;
    default:
      return timeouts.generic * 1e6;
  }
};

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/**
 * The last packet of a destroyed connection, in microseconds. `earliestMicros` is its start, or a packet that is known; `eventMicros`
 * when it was destroyed. The kernel's STOP is when it would have expired, so the timeout comes off.
 */
export const findEndMicros = (
  connection: Connection,
  timeouts: StateTimeouts,
  earliestMicros: number,
  eventMicros: number,
): number => {
  const { portId, stopMicros, timeoutSeconds } = connection;
  if (portId !== 0 || stopMicros === 0) return Math.max(earliestMicros, eventMicros);
  const latestMicros = Math.max(earliestMicros, Math.min(stopMicros, eventMicros));
  const timeoutMicros = findTimeoutMicros(connection, timeouts);
  if (timeoutMicros === 0) return clamp(stopMicros, earliestMicros, latestMicros);
  // Destroyed early (reset, or the table was full): then STOP is when that was, and there was time left.
  const deadlineMicros = stopMicros + Math.max(0, timeoutSeconds) * 1e6;
  let endMicros = deadlineMicros - timeoutMicros;
  const isTooEarly = endMicros < earliestMicros - toleranceMicros;
  if (isTooEarly && connection.protocol === protocols.tcp && timeoutMicros > unacknowledgedMicros)
    endMicros = deadlineMicros - unacknowledgedMicros;
  return clamp(endMicros, earliestMicros, latestMicros);
};

/**
 * The last packet of a connection in a dump, in microseconds, from the time it has left; to the second, which is what the kernel
 * tells. It was between `earliestMicros` and `nowMicros`: `nowMicros` where the time left says something else.
 */
export const findLastPacketMicros = (
  connection: Connection,
  timeouts: StateTimeouts,
  earliestMicros: number,
  nowMicros: number,
): number => {
  const timeoutMicros = findTimeoutMicros(connection, timeouts);
  if (timeoutMicros === 0 || connection.timeoutSeconds < 0) return nowMicros;
  const lastMicros = nowMicros - timeoutMicros + connection.timeoutSeconds * 1e6;
  if (lastMicros > nowMicros || lastMicros < earliestMicros - toleranceMicros) return nowMicros;
  return Math.max(lastMicros, earliestMicros);
};

/** flowEndReason of a connection that is gone. */
export const findEndReason = ({ portId, protocol, state }: Connection): number => {
  if (portId !== 0) return flowEndReasons.forced;
  return endStates[protocol]?.includes(state) ? flowEndReasons.end : flowEndReasons.idle;
};
