/** Which process has a port: for the one line that an operator reads when ours cannot have it. Best effort, Linux only. */

import { readdir, readFile } from 'node:fs/promises';
import { listeningState, parseProcNetSockets } from './proc-net-sockets.ts';
import { socketInodes } from './socket-inodes.ts';

export interface PortOwner {
  readonly pid: number;
  /** Name of the program, as the kernel has it (15 characters at most). */
  readonly name: string;
}

/** Undefined when no socket has the port any more, or when the processes of others cannot be looked into (not root). */
export const findPortOwner = async (
  protocol: 'udp' | 'tcp',
  port: number,
): Promise<PortOwner | undefined> => {
  const inodes = new Set<number>();
  for (const table of [protocol, `${protocol}6`]) {
    const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '');
    for (const socket of parseProcNetSockets(text)) {
      if (socket.localPort === port && socket.state === listeningState[protocol]) inodes.add(socket.inode);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const open = await socketInodes(Number(entry));
    if (![...inodes].some((inode) => open.has(inode))) continue;
    const name = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '?');
    return { pid: Number(entry), name: name.trim() };
  }
  return undefined;
};
