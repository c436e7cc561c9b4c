/** The kernel's settings of connection tracking in this network namespace: /proc/sys/net/netfilter. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../shared/service/config-error.ts';

const folder = '/proc/sys/net/netfilter';

/** Seconds that an idle connection stays in the table; by the number of the state, where there are states. */
export interface StateTimeouts {
  readonly tcp: readonly number[];
  readonly udp: number;
  readonly udpStream: number;
  readonly icmp: number;
  readonly icmpv6: number;
  readonly generic: number;
  readonly sctp: readonly number[];
  readonly dccp: readonly number[];
  readonly gre: number;
  readonly greStream: number;
}

export interface ConntrackSettings {
  /** False: this kernel, or this namespace, has no connection tracking. */
  readonly isAvailable: boolean;
  readonly accounting: boolean;
  readonly timestamps: boolean;
  /** 0: no events; 1: for all; 2: for connections that began while somebody listened. */
  readonly events: number;
  readonly connections: number;
  readonly maxConnections: number;
  readonly timeouts: StateTimeouts;
}

const minute = 60;
const hour = 3600;

/** In the order of the states, with the kernel's defaults for a kernel that does not have the file. Empty: there is none. */
const tcpStates = [
  ['', 0],
  ['syn_sent', 2 * minute],
  ['syn_recv', minute],
  ['established', 120 * hour],
  ['fin_wait', 2 * minute],
  ['close_wait', minute],
  ['last_ack', 30],
  ['time_wait', 2 * minute],
  ['close', 10],
  // SYN_SENT2 (simultaneous open) has a time of its own, but no file.
  ['', 2 * minute],
] as const;
const sctpStates = [
  ['', 0],
  ['closed', 10],
  ['cookie_wait', 3],
  ['cookie_echoed', 3],
  ['established', 210],
  ['shutdown_sent', 3],
  ['shutdown_recd', 3],
  ['shutdown_ack_sent', 3],
  ['heartbeat_sent', 30],
  ['heartbeat_acked', 210],
] as const;
const dccpStates = [
  ['', 0],
  ['request', 4 * minute],
  ['respond', 8 * minute],
  ['partopen', 8 * minute],
  ['open', 12 * hour],
  ['closereq', 64],
  ['closing', 64],
  ['timewait', 4 * minute],
] as const;

type ReadNumber = (name: string, otherwise: number) => number;

const readTimeouts = (read: ReadNumber): StateTimeouts => {
  const readStates = (protocol: string, states: readonly (readonly [string, number])[]): number[] =>
    states.map(([state, otherwise]) =>
      state === '' ? otherwise : read(`${protocol}_timeout_${state}`, otherwise),
    );
  return {
    tcp: readStates('tcp', tcpStates),
    udp: read('udp_timeout', 30),
    udpStream: read('udp_timeout_stream', 2 * minute),
    icmp: read('icmp_timeout', 30),
    icmpv6: read('icmpv6_timeout', 30),
    generic: read('generic_timeout', 10 * minute),
    sctp: readStates('sctp', sctpStates),
    dccp: readStates('dccp', dccpStates),
    gre: read('gre_timeout', 30),
    greStream: read('gre_timeout_stream', 3 * minute),
  };
};

/** `from`: the folder with the files `nf_conntrack_*`. */
export const readConntrackSettings = (from: string = folder): ConntrackSettings => {
  const read: ReadNumber = (name, otherwise) => {
    try {
      const value = Number(readFileSync(join(from, `nf_conntrack_${name}`), 'utf8'));
      return Number.isFinite(value) ? value : otherwise;
    } catch {
      return otherwise;
    }
  };
  const missing = -1;
  return {
    isAvailable: read('count', missing) !== missing,
    accounting: read('acct', 0) !== 0,
    timestamps: read('timestamp', 0) !== 0,
    events: read('events', 0),
    connections: read('count', 0),
    maxConnections: read('max', 0),
    timeouts: readTimeouts(read),
  };
};

/**
 * Switches on what new connections need to be counted, to have times, and to tell of themselves. @throws ConfigError when that is
 * not ours to do.
 */
export const enableAccounting = (inFolder: string = folder): void => {
  const set = (name: string): void => {
    const path = join(inFolder, `nf_conntrack_${name}`);
    try {
      if (readFileSync(path, 'utf8').trim() === '0') writeFileSync(path, '1');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why =
        code === 'ENOENT' ? 'there is no connection tracking here: modprobe nf_conntrack' : `${code}`;
      throw new ConfigError(
        `--enable cannot set net.netfilter.nf_conntrack_${name} to 1 (${why}); root can, with sysctl -w`,
      );
    }
  };
  set('acct');
  set('timestamp');
  set('events');
};
