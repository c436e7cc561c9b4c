/**
 * Control groups of the second version: their number is the inode of their directory. In a hybrid hierarchy it is mounted below the
 * others; without a mount only numbers are known.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Control groups kept in mind; the oldest go first. */
const maxPaths = 16_384;
/** A number that is not there is looked for again, but walking the tree takes milliseconds. */
const walkEveryMs = 250;
const maxDirectories = 20_000;

/** The mount point of cgroup2, from /proc/self/mountinfo; undefined: there is none. */
export const findCgroupMount = (mountInfo: string): string | undefined => {
  for (const line of mountInfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    if (after.startsWith('cgroup2 ')) return before.split(' ')[4]?.replaceAll('\\040', ' ');
  }
  return undefined;
};

/** The container that a path belongs to, the innermost one: docker-ID.scope, /docker/ID, cri-containerd-ID, libpod-ID. Empty: none. */
export const findContainerId = (path: string): string => {
  let id = '';
  // The monitor of a container (libpod-conmon-ID) is no part of it.
  for (const name of path.split('/'))
    id = /^(?!.*conmon-)(?:[a-z][a-z-]*-)?([0-9a-f]{64})(?:\.scope)?$/.exec(name)?.[1] ?? id;
  return id;
};

export class CgroupPaths {
  readonly #mount: string | undefined;
  readonly #paths = new Map<number, string>();
  #walkedAtMs = Number.NEGATIVE_INFINITY;

  /** `mount`: from `findCgroupMount`. */
  constructor(mount: string | undefined) {
    this.#mount = mount;
  }

  /** Below the root of the hierarchy, `/` itself included; empty: not known. */
  pathOf(id: number, nowMs: number): string {
    const known = this.#paths.get(id);
    if (known !== undefined || id === 0) return known ?? '';
    if (Math.abs(nowMs - this.#walkedAtMs) < walkEveryMs) return '';
    this.#walkedAtMs = nowMs;
    this.#walk();
    return this.#paths.get(id) ?? '';
  }

  /** A path that a process says it is in; it is kept if it has that number. */
  learn(id: number, path: string): boolean {
    if (this.#mount === undefined || path === '' || this.#inodeOf(join(this.#mount, path)) !== id)
      return false;
    this.#keep(id, path);
    return true;
  }

  /** The processes in it; undefined: not known, or all of the machine. */
  processesOf(path: string): number[] | undefined {
    if (this.#mount === undefined || path === '' || path === '/') return undefined;
    try {
      const text = readFileSync(join(this.#mount, path, 'cgroup.procs'), 'latin1');
      return text.split('\n').filter(Boolean).map(Number);
    } catch {
      // It is gone, or a threaded one.
      return undefined;
    }
  }

  #walk(): void {
    if (this.#mount === undefined) return;
    const waiting = ['/'];
    for (let visited = 0; waiting.length > 0 && visited < maxDirectories; visited++) {
      const path = waiting.pop() as string;
      const directory = join(this.#mount, path);
      this.#keep(this.#inodeOf(directory), path);
      try {
        for (const entry of readdirSync(directory, { withFileTypes: true }))
          if (entry.isDirectory()) waiting.push(join(path, entry.name));
      } catch {
        // It went while we walked.
      }
    }
  }

  #inodeOf(directory: string): number {
    try {
      return statSync(directory, { throwIfNoEntry: false })?.ino ?? 0;
    } catch {
      return 0;
    }
  }

  #keep(id: number, path: string): void {
    if (id === 0) return;
    this.#paths.delete(id);
    this.#paths.set(id, path);
    if (this.#paths.size <= maxPaths) return;
    for (const oldest of this.#paths.keys()) {
      this.#paths.delete(oldest);
      break;
    }
  }
}
