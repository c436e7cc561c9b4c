/**
 * Finds the processes at the ends of a new connection that are on this machine. The socket is asked for at the kernel, which knows its
 * user and control group as long as it lives; the process is the one that has it open. All is synchronous: a socket may be gone a
 * moment later.
 */

import type { CgroupPaths } from './cgroup-paths.ts';
import type { Connection } from './connection.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { ProcessDescriber } from './process-describer.ts';
import { noId, type ProcessFacts } from './process-facts.ts';
import type { ProcessSockets, SocketHolder } from './process-sockets.ts';
import { listenState, type SocketAddresses, type SocketFacts } from './sock-diag.ts';

/** `full`; `light`: what is known of the socket and of processes that had it before; `none`: nothing is looked up. */
export type AttributionEffort = 'full' | 'light' | 'none';

/** Ends of connections by how well they are known, which add up; a connection without an end here is `remote`. */
export interface AttributionCounters {
  exact: number;
  cached: number;
  cgroup: number;
  uid: number;
  /** The socket was gone, or is of a protocol that has none to be found. */
  unknown: number;
  /** Connections between other machines. */
  remote: number;
  /** Connections that came too fast to be looked up. */
  skipped: number;
}

export const makeAttributionCounters = (): AttributionCounters => ({
  exact: 0,
  cached: 0,
  cgroup: 0,
  uid: 0,
  unknown: 0,
  remote: 0,
  skipped: 0,
});

export interface AttributionParts {
  readonly findSocket: (asked: SocketAddresses) => SocketFacts | undefined;
  readonly addresses: LocalAddresses;
  readonly sockets: ProcessSockets;
  readonly describer: ProcessDescriber;
  readonly paths: CgroupPaths;
}

const tcp = 6;
/** TCP, UDP, UDP-Lite. The kernel would look for a module for others, each time. */
const protocols = new Set([tcp, 17, 136]);
const anyAddress = new Uint8Array(16);
const anyIpv4 = new Uint8Array(16).fill(0xff, 10, 12);
/** Users of control groups with their last process; the oldest go first. */
const maxLikely = 4096;
/** Of a user whose processes are not ours to see, nothing is looked for so long. */
const hiddenMs = 1000;
const maxHidden = 4096;

const counterOf = ['unknown', 'uid', 'cgroup', 'exact', 'cached'] as const;

const keepSome = (map: Map<string, number>, key: string, value: number, most: number): void => {
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
};

export class Attribution {
  readonly counters: AttributionCounters = makeAttributionCounters();
  readonly #parts: AttributionParts;
  /** The process that was found last for a user in a control group. */
  readonly #likely = new Map<string, number>();
  readonly #hiddenUntilMs = new Map<string, number>();

  constructor(parts: AttributionParts) {
    this.#parts = parts;
  }

  /** Before many connections are asked about that have been there for long. */
  prepare(nowMs: number): void {
    this.#parts.sockets.scanAll(nowMs);
  }

  /** Sets the two processes of the connection. */
  attribute(connection: Connection, effort: AttributionEffort, nowMs: number): void {
    connection.srcProcess = undefined;
    connection.dstProcess = undefined;
    if (effort === 'none') {
      this.counters.skipped++;
      return;
    }
    const { addresses } = this.#parts;
    const { original, reply } = connection;
    let source = addresses.find(original.src, nowMs);
    let destination = addresses.find(reply.src, nowMs);
    if (source < 0 && destination < 0 && addresses.refreshForUnknown(nowMs)) {
      source = addresses.find(original.src, nowMs);
      destination = addresses.find(reply.src, nowMs);
    }
    if (source < 0 && destination < 0) {
      this.counters.remote++;
      return;
    }
    const { family, protocol } = connection;
    if (source >= 0) {
      const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = original;
      const asked = { family, protocol, local, localPort, remote, remotePort, interfaceIndex: source };
      connection.srcProcess = this.#find(asked, false, effort, nowMs);
    }
    if (destination >= 0) {
      const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = reply;
      const asked = { family, protocol, local, localPort, remote, remotePort, interfaceIndex: destination };
      connection.dstProcess = this.#find(asked, true, effort, nowMs);
    }
  }

  #find(
    asked: SocketAddresses,
    isServer: boolean,
    effort: AttributionEffort,
    nowMs: number,
  ): ProcessFacts | undefined {
    const facts = protocols.has(asked.protocol) ? this.#findFacts(asked, isServer, effort, nowMs) : undefined;
    this.counters[counterOf[facts?.quality ?? 0]]++;
    return facts;
  }

  #findFacts(
    asked: SocketAddresses,
    isServer: boolean,
    effort: AttributionEffort,
    nowMs: number,
  ): ProcessFacts | undefined {
    const { describer, findSocket, sockets } = this.#parts;
    let found = asked;
    let socket = findSocket(found);
    // A connection that nobody has accepted yet is its listener's.
    if (isServer && asked.protocol === tcp && (socket === undefined || socket.inode === 0)) {
      const remote = asked.family === 6 ? anyAddress : anyIpv4;
      found = { ...asked, remote, remotePort: 0 };
      const listener = findSocket(found);
      if (listener?.state === listenState) socket = listener;
    }
    if (socket === undefined) return undefined;
    const { inode, cgroupId } = socket;
    const uid = inode === 0 ? noId : socket.uid;
    if (inode === 0) return describer.describeSocket(uid, cgroupId, nowMs);
    let holder = sockets.recall(inode, nowMs);
    if (holder === undefined && effort === 'full')
      holder = this.#search(found, inode, isServer, uid, cgroupId, nowMs);
    if (holder === undefined || holder === 'shared') return describer.describeSocket(uid, cgroupId, nowMs);
    return describer.describe(holder, uid, cgroupId, nowMs);
  }

  #search(
    asked: SocketAddresses,
    inode: number,
    isServer: boolean,
    uid: number,
    cgroupId: number,
    nowMs: number,
  ): SocketHolder | 'shared' | undefined {
    const { findSocket, paths, sockets } = this.#parts;
    const key = `${uid} ${cgroupId}`;
    if (nowMs < (this.#hiddenUntilMs.get(key) ?? 0)) return undefined;
    const isOpen = (): boolean => findSocket(asked)?.inode === inode;
    const deniedBefore = sockets.denied;
    const processes = paths.processesOf(paths.pathOf(cgroupId, nowMs));
    const age = isServer ? 'old' : 'new';
    let holder = sockets.search(inode, age, this.#likely.get(key) ?? 0, processes, isOpen, nowMs);
    // It may have moved to another control group since it made the socket.
    if (holder === undefined && processes !== undefined && isOpen())
      holder = sockets.search(inode, age, 0, undefined, isOpen, nowMs);
    if (holder === undefined) {
      if (sockets.denied !== deniedBefore) keepSome(this.#hiddenUntilMs, key, nowMs + hiddenMs, maxHidden);
    } else if (holder !== 'shared') keepSome(this.#likely, key, holder.pid, maxLikely);
    return holder;
  }
}
