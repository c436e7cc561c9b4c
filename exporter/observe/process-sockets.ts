/**
 * Which process has a socket open. A process is only named when it was seen to have it, lived before and after that, and no relative
 * of it has the socket as well: a forked child, or the workers of a server, share what their parent opened, and nobody can tell which
 * of them uses it.
 */

import type { ProcessReader, ProcessStat } from './process-reader.ts';

/** Sockets kept in mind; the oldest go first. */
const maxSockets = 65_536;
/** A process that had a socket is taken to have it still for so long. */
const trustMs = 50;
/** That several processes share a socket is believed for so long. */
const sharedMs = 5000;
/** After so many processes the kernel is asked whether the socket is open still. */
const askEvery = 4;
/** More relatives, or more descriptors of one process, are not looked at. */
const maxRelatives = 64;
const maxDescriptors = 16_384;
/** Standard input, output and error. */
const lastStandard = 2;
/** All daemons are children of it. */
const init = 1;

export interface SocketHolder {
  readonly pid: number;
  readonly stat: ProcessStat;
  /** It was known to have the socket before. */
  readonly isCached: boolean;
}

interface Known {
  readonly pid: number;
  readonly descriptor: string;
  stat: ProcessStat;
  isShared: boolean;
  checkedAtMs: number;
}

/** `new`: the socket was made a moment ago. `old`: it may have been there for long, as that of a server. */
export type SocketAge = 'new' | 'old';

export class ProcessSockets {
  readonly #reader: ProcessReader;
  readonly #known = new Map<number, Known>();
  /** Processes of the last list: others are new, and more likely to have made a new socket. */
  #listed: ReadonlySet<number> = new Set();

  constructor(reader: ProcessReader) {
    this.#reader = reader;
  }

  /** Processes that we may not look into, as often as we tried. */
  get denied(): number {
    return this.#reader.denied;
  }

  /** All sockets of all processes. */
  scanAll(nowMs: number): void {
    const processes = this.#reader.listProcesses();
    for (const pid of processes) {
      const stat = this.#reader.readStat(pid);
      if (stat === undefined) continue;
      for (const descriptor of this.#reader.listDescriptors(pid).slice(0, maxDescriptors)) {
        const inode = /^socket:\[(\d+)\]$/.exec(this.#reader.readLink(pid, descriptor))?.[1];
        if (inode === undefined) continue;
        const other = this.#known.get(Number(inode));
        const isShared = other !== undefined && other.pid !== pid;
        this.#keep(Number(inode), { pid, descriptor, stat, isShared, checkedAtMs: nowMs });
      }
    }
    this.#listed = new Set(processes);
  }

  /** A process that was found before; `shared`: several have the socket. */
  recall(inode: number, nowMs: number): SocketHolder | 'shared' | undefined {
    const known = this.#known.get(inode);
    if (known === undefined) return undefined;
    const ageMs = Math.abs(nowMs - known.checkedAtMs);
    if (known.isShared && ageMs < sharedMs) return 'shared';
    if (!known.isShared && (ageMs < trustMs || this.#check(inode, known, nowMs)))
      return known.isShared ? 'shared' : { pid: known.pid, stat: known.stat, isCached: true };
    this.#known.delete(inode);
    return undefined;
  }

  /**
   * Looks for it: first in `likely`, then in `processes` (undefined: all), as long as it `isOpen`. To go on would find nothing, and
   * make us late for the next ones.
   */
  search(
    inode: number,
    age: SocketAge,
    likely: number,
    processes: readonly number[] | undefined,
    isOpen: () => boolean,
    nowMs: number,
  ): SocketHolder | 'shared' | undefined {
    const link = `socket:[${inode}]`;
    // Who shares a new socket is a relative; an old one may have been handed on.
    if (age === 'new' && likely !== 0) {
      const found = this.#searchProcess(inode, link, likely, age, nowMs);
      if (found !== undefined) return this.#tell(inode, found);
    }
    let first: Known | undefined;
    let searched = 0;
    for (const pid of this.#inOrder(processes)) {
      if (++searched % askEvery === 0 && !isOpen()) break;
      if (pid === likely && age === 'new') continue;
      const found = this.#searchProcess(inode, link, pid, age, nowMs);
      if (found === undefined) continue;
      if (first !== undefined) {
        found.isShared = true;
        return this.#tell(inode, found);
      }
      first = found;
      if (age === 'new' || found.isShared) break;
    }
    return first && this.#tell(inode, first);
  }

  /** New processes first, and of those the youngest. */
  #inOrder(processes: readonly number[] | undefined): number[] {
    const listed = [...(processes ?? this.#reader.listProcesses())].sort((a, b) => b - a);
    const known = this.#listed;
    if (processes === undefined) this.#listed = new Set(listed);
    return [...listed.filter((pid) => !known.has(pid)), ...listed.filter((pid) => known.has(pid))];
  }

  #searchProcess(inode: number, link: string, pid: number, age: SocketAge, nowMs: number): Known | undefined {
    const before = this.#reader.readStat(pid);
    if (before === undefined) return undefined;
    const descriptor = this.#findDescriptor(pid, link, age);
    if (descriptor === undefined) return undefined;
    const known = { pid, descriptor, stat: before, isShared: false, checkedAtMs: nowMs };
    return this.#check(inode, known, nowMs) ? known : undefined;
  }

  /** The descriptors of a new socket are high, mostly; those of a server's socket are low. */
  #findDescriptor(pid: number, link: string, age: SocketAge): string | undefined {
    const descriptors = this.#reader.listDescriptors(pid);
    const count = Math.min(descriptors.length, maxDescriptors);
    for (let i = 0; i < count; i++) {
      const descriptor = descriptors[age === 'new' ? descriptors.length - 1 - i : i] as string;
      if (this.#reader.readLink(pid, descriptor) === link) return descriptor;
    }
    return undefined;
  }

  /** It lives, has the socket, and nobody shares it: the latter is set. False: not so any more. */
  #check(inode: number, known: Known, nowMs: number): boolean {
    const { pid, descriptor } = known;
    const link = `socket:[${inode}]`;
    if (this.#reader.readLink(pid, descriptor) !== link) return false;
    const isShared = this.#isShared(link, known);
    const after = this.#reader.readStat(pid);
    if (after === undefined || after.startTicks !== known.stat.startTicks) return false;
    known.stat = after;
    known.isShared = isShared;
    known.checkedAtMs = nowMs;
    return true;
  }

  /** A relative that forked has it under the same number, or one of the two as its standard input (inetd). */
  #isShared(link: string, { pid, descriptor, stat }: Known): boolean {
    const reader = this.#reader;
    const { parent } = stat;
    const siblings = parent > init ? reader.listChildren(parent) : [];
    const children = reader.listChildren(pid);
    for (const relative of [parent, ...siblings.slice(0, maxRelatives), ...children.slice(0, maxRelatives)]) {
      if (relative <= 0 || relative === pid) continue;
      if (reader.readLink(relative, descriptor) === link || reader.readLink(relative, '0') === link)
        return true;
    }
    return Number(descriptor) <= lastStandard && this.#findDescriptor(parent, link, 'old') !== undefined;
  }

  #tell(inode: number, known: Known): SocketHolder | 'shared' {
    this.#keep(inode, known);
    return known.isShared ? 'shared' : { pid: known.pid, stat: known.stat, isCached: false };
  }

  #keep(inode: number, known: Known): void {
    this.#known.delete(inode);
    this.#known.set(inode, known);
    if (this.#known.size <= maxSockets) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }
}
