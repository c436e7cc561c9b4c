/**
 * Datagrams that the kernel dropped because the receive buffer of one of our sockets was full, from the column `drops` of
 * /proc/net/udp and udp6. The only loss on this machine that no sequence number of ours could show.
 */

import { readFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';
import { type ProcNetSocket, parseProcNetSockets } from './proc-net-sockets.ts';
import { socketInodes } from './socket-inodes.ts';

/** A socket of ours; `UdpListener` is one. */
export interface WatchedSocket {
  readonly address: string;
  readonly port: number;
  /** Written here: datagrams dropped since the socket was opened. */
  kernelDrops: number;
  /** Written here: octets that wait to be read, with the kernel's overhead. */
  receiveQueueBytes: number;
}

const twoTo32 = 2 ** 32;

const readTables = async (): Promise<ProcNetSocket[]> => {
  const tables = await Promise.all(
    ['udp', 'udp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8').catch(() => '')),
  );
  return tables.flatMap((text) => parseProcNetSockets(text));
};

export class KernelDrops {
  /** False where the kernel does not tell (not Linux, no /proc): then drops are not 0 but unknown. */
  known = false;
  readonly #sockets: readonly WatchedSocket[];
  readonly #byInode = new Map<number, WatchedSocket>();
  readonly #lastDrops = new Map<number, number>();

  constructor(sockets: readonly WatchedSocket[]) {
    this.#sockets = sockets;
  }

  /** Reads the tables and brings the counters of the sockets up to date; the kernel's own counter wraps at 2^32. */
  async refresh(): Promise<void> {
    const rows = await readTables();
    if (this.#byInode.size < this.#sockets.length) await this.#findInodes(rows);
    this.known = this.#byInode.size === this.#sockets.length;
    for (const row of rows) {
      const socket = this.#byInode.get(row.inode);
      if (socket === undefined) continue;
      const last = this.#lastDrops.get(row.inode) ?? 0;
      socket.kernelDrops += (row.drops - last + twoTo32) % twoTo32;
      socket.receiveQueueBytes = row.receiveQueueBytes;
      this.#lastDrops.set(row.inode, row.drops);
    }
  }

  /** Sockets of others may have the same port (another address, SO_REUSEPORT), so the inode must be one of our own. */
  async #findInodes(rows: readonly ProcNetSocket[]): Promise<void> {
    const own = await socketInodes('self');
    for (const socket of this.#sockets) {
      const scope = socket.address.indexOf('%');
      const address = ipaddr.parse(scope < 0 ? socket.address : socket.address.slice(0, scope)).toString();
      const row = rows.find(
        (r) => own.has(r.inode) && r.localPort === socket.port && r.localAddress === address,
      );
      if (row !== undefined) this.#byInode.set(row.inode, socket);
    }
  }
}
