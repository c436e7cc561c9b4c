/** What /proc says of a process. Whatever is asked, the process may be gone: then there is no answer. */

import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

/** A process in its own life: another one with the same number began at another time. */
export interface ProcessStat {
  /** comm: at most 15 octets. */
  readonly name: string;
  readonly parent: number;
  /** In ticks since the machine was started. */
  readonly startTicks: number;
}

export interface ProcessOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface ProcessReader {
  readStat(pid: number): ProcessStat | undefined;
  readOwner(pid: number): ProcessOwner | undefined;
  /** Arguments joined by blanks, of at most so many octets; whole characters only. */
  readCommand(pid: number, maxBytes: number): string;
  /** Lines of `/proc/PID/cgroup`. */
  readCgroups(pid: number): string;
  /** All processes that may be seen. */
  listProcesses(): number[];
  /** Of its first thread, which is the one that forks. */
  listChildren(pid: number): number[];
  /** Numbers of open descriptors, in ascending order. */
  listDescriptors(pid: number): readonly string[];
  /** `socket:[4711]`; empty: it is not open, or not ours to see. */
  readLink(pid: number, descriptor: string): string;
  /** Processes whose descriptors we may not see, as often as we tried. */
  readonly denied: number;
}

const maxTextBytes = 64 * 1024;
const statFields = { parent: 1, startTicks: 19 };

/** `/proc/PID/stat`. The name is in parentheses, and may hold others, and blanks. */
export const parseStat = (text: string): ProcessStat | undefined => {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const startTicks = Number(fields[statFields.startTicks]);
  if (open < 0 || close < open || !Number.isFinite(startTicks)) return undefined;
  return { name: text.slice(open + 1, close), parent: Number(fields[statFields.parent]), startTicks };
};

const toNumbers = (text: string, separator: string): number[] =>
  text
    .split(separator)
    .filter((word) => /^\d+$/.test(word))
    .map(Number);

export class ProcFiles implements ProcessReader {
  denied = 0;
  readonly #root: string;
  readonly #bytes = Buffer.alloc(maxTextBytes);

  constructor(root = '/proc') {
    this.#root = root;
  }

  readStat(pid: number): ProcessStat | undefined {
    return parseStat(this.#read(`${pid}/stat`));
  }

  readOwner(pid: number): ProcessOwner | undefined {
    // Real, effective, saved, file system.
    const found = /^Uid:\t\d+\t(\d+).*\nGid:\t\d+\t(\d+)/m.exec(this.#read(`${pid}/status`));
    return found === null ? undefined : { uid: Number(found[1]), gid: Number(found[2]) };
  }

  readCommand(pid: number, maxBytes: number): string {
    const path = `${this.#root}/${pid}/cmdline`;
    const length = this.#fill(path);
    let end = length;
    while (end > 0 && this.#bytes[end - 1] === 0) end--;
    if (end > maxBytes) {
      end = maxBytes;
      // Octets 10xxxxxx continue a character of UTF-8.
      while (end > 0 && ((this.#bytes[end] as number) & 0xc0) === 0x80) end--;
    }
    return this.#bytes.toString('utf8', 0, end).replaceAll('\0', ' ');
  }

  readCgroups(pid: number): string {
    return this.#read(`${pid}/cgroup`);
  }

  listProcesses(): number[] {
    return readdirSync(this.#root)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  }

  listChildren(pid: number): number[] {
    return toNumbers(this.#read(`${pid}/task/${pid}/children`), ' ');
  }

  listDescriptors(pid: number): readonly string[] {
    try {
      return readdirSync(`${this.#root}/${pid}/fd`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') this.denied++;
      return [];
    }
  }

  readLink(pid: number, descriptor: string): string {
    try {
      return readlinkSync(`${this.#root}/${pid}/fd/${descriptor}`);
    } catch {
      return '';
    }
  }

  #read(path: string): string {
    return this.#bytes.toString('utf8', 0, this.#fill(`${this.#root}/${path}`));
  }

  /** 0 where there is nothing to read. Cheaper than `readFileSync`, which asks for the size first. */
  #fill(path: string): number {
    let fd = -1;
    try {
      fd = openSync(path, 'r');
      return readSync(fd, this.#bytes, 0, maxTextBytes, 0);
    } catch {
      return 0;
    } finally {
      if (fd >= 0) closeSync(fd);
    }
  }
}
