/** The sockets that a process has open, through its descriptors in /proc. Linux only. */

import { readdir, readlink } from 'node:fs/promises';

/**
 * Inodes of the sockets of `/proc/PID/fd`; `pid` may be `self`. Empty where the process has ended or is not ours to look at.
 * Descriptors come and go while they are read, so each one may fail alone.
 */
export const socketInodes = async (pid: number | 'self'): Promise<Set<number>> => {
  const directory = `/proc/${pid}/fd`;
  const inodes = new Set<number>();
  for (const descriptor of await readdir(directory).catch(() => [])) {
    const target = await readlink(`${directory}/${descriptor}`).catch(() => '');
    const match = /^socket:\[(\d+)\]$/.exec(target);
    if (match !== null) inodes.add(Number(match[1]));
  }
  return inodes;
};
