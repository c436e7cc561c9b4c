/** Makes facts of processes and control groups, one object for all connections of the same. */

import { type CgroupPaths, findContainerId } from './cgroup-paths.ts';
import { noId, type ProcessFacts, processQualities } from './process-facts.ts';
import type { ProcessReader, ProcessStat } from './process-reader.ts';
import type { SocketHolder } from './process-sockets.ts';
import type { ProcessUsers } from './process-users.ts';

/** What is exported of a command line. */
export interface CommandOptions {
  /** False: arguments may hold secrets, and are left out. */
  readonly command: boolean;
  readonly maxCommandBytes: number;
}

/** Processes, and pairs of user and control group, that are kept in mind; the oldest go first. */
const maxProcesses = 8192;
const maxGroups = 4096;
/** A process may start another program, or become another user. */
const believeMs = 1000;

interface Described {
  readonly startTicks: number;
  readonly readAtMs: number;
  readonly cgroupId: number;
  readonly exact: ProcessFacts;
  readonly cached: ProcessFacts;
}

const forgetOldest = (map: Map<unknown, unknown>, most: number): void => {
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
};

/** The path of `0::`, which is the second version's; empty: there is none. */
const pathInCgroups = (text: string): string => /^0::(\/.*)$/m.exec(text)?.[1] ?? '';

/** Where the second version has everything in its root, a container may be seen in the others. */
const containerInCgroups = (text: string): string => {
  for (const line of text.split('\n')) {
    const id = findContainerId(line.slice(line.indexOf(':/') + 1));
    if (id !== '') return id;
  }
  return '';
};

export class ProcessDescriber {
  readonly #reader: ProcessReader;
  readonly #paths: CgroupPaths;
  readonly #users: ProcessUsers;
  readonly #options: CommandOptions;
  readonly #processes = new Map<number, Described>();
  readonly #groups = new Map<string, ProcessFacts>();

  constructor(reader: ProcessReader, paths: CgroupPaths, users: ProcessUsers, options: CommandOptions) {
    this.#reader = reader;
    this.#paths = paths;
    this.#users = users;
    this.#options = options;
  }

  /** A process that has a socket of this user and control group. */
  describe(
    { pid, stat, isCached }: SocketHolder,
    socketUid: number,
    cgroupId: number,
    nowMs: number,
  ): ProcessFacts {
    const before = this.#processes.get(pid);
    const isSame =
      before?.startTicks === stat.startTicks &&
      before.exact.name === stat.name &&
      before.cgroupId === cgroupId;
    if (before !== undefined && isSame && Math.abs(nowMs - before.readAtMs) < believeMs)
      return isCached ? before.cached : before.exact;
    const exact = this.#read(pid, stat, socketUid, cgroupId, nowMs);
    const isUnchanged =
      isSame &&
      before.exact.command === exact.command &&
      before.exact.uid === exact.uid &&
      before.exact.gid === exact.gid &&
      before.exact.cgroup === exact.cgroup;
    const described = {
      startTicks: stat.startTicks,
      readAtMs: nowMs,
      cgroupId,
      exact: isUnchanged ? before.exact : exact,
      cached: isUnchanged ? before.cached : { ...exact, quality: processQualities.cached },
    };
    this.#processes.delete(pid);
    this.#processes.set(pid, described);
    forgetOldest(this.#processes, maxProcesses);
    return isCached ? described.cached : described.exact;
  }

  /** What a socket says without its process; `noId` and 0 are not known. Undefined: that is nothing. */
  describeSocket(uid: number, cgroupId: number, nowMs: number): ProcessFacts | undefined {
    if (uid === noId && cgroupId === 0) return undefined;
    const cgroup = this.#paths.pathOf(cgroupId, nowMs);
    const user = this.#users.nameOf(uid, nowMs);
    const key = `${uid} ${cgroupId} ${cgroup} ${user}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const facts = {
      quality: cgroupId === 0 ? processQualities.uidOnly : processQualities.cgroup,
      pid: 0,
      uid,
      gid: noId,
      name: '',
      user,
      command: '',
      cgroup,
      cgroupId,
      containerId: findContainerId(cgroup),
    };
    this.#groups.set(key, facts);
    forgetOldest(this.#groups, maxGroups);
    return facts;
  }

  #read(pid: number, stat: ProcessStat, socketUid: number, cgroupId: number, nowMs: number): ProcessFacts {
    // It may have ended since.
    const { uid, gid } = this.#reader.readOwner(pid) ?? { uid: socketUid, gid: noId };
    const { command, maxCommandBytes } = this.#options;
    let cgroup = this.#paths.pathOf(cgroupId, nowMs);
    let containerId = findContainerId(cgroup);
    if (cgroup === '' || cgroup === '/') {
      const cgroups = this.#reader.readCgroups(pid);
      cgroup ||= pathInCgroups(cgroups);
      this.#paths.learn(cgroupId, cgroup);
      containerId = findContainerId(cgroup) || containerInCgroups(cgroups);
    }
    return {
      quality: processQualities.exact,
      pid,
      uid,
      gid,
      name: stat.name,
      user: this.#users.nameOf(uid, nowMs),
      command: command ? this.#reader.readCommand(pid, maxCommandBytes) : '',
      cgroup,
      cgroupId,
      containerId,
    };
  }
}
