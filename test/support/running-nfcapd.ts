/** nfcapd on a free loopback port, and what nfdump reads from its files. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { parseProcNetSockets } from '../../collector/receive/proc-net-sockets.ts';
import { findFreePort } from './free-port.ts';
import { peerPath } from './peers.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

/** A record as `nfdump -o json` has it, the keys that we use. Times are local, without a zone: we run it in UTC. */
export type NfdumpRecord = Readonly<Record<string, string | number>>;

export class RunningNfcapd {
  readonly port: number;
  readonly #directory: string;
  readonly #child: ChildProcess;

  constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#child = child;
  }

  /** Waits until it has read what was sent, ends it, and reads its files. */
  async stop(): Promise<readonly NfdumpRecord[]> {
    await until('nfcapd has read all', () => socketOf(this.port)?.receiveQueueBytes === 0);
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
    const json = execFileSync(peerPath('nfdump'), ['-R', this.#directory, '-o', 'json'], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
      maxBuffer: 1 << 30,
    });
    return JSON.parse(json) as NfdumpRecord[];
  }
}

const socketOf = (port: number) =>
  parseProcNetSockets(readFileSync('/proc/net/udp', 'utf8')).find((socket) => socket.localPort === port);

export const startNfcapd = async (t: Test): Promise<RunningNfcapd> => {
  const directory = temporaryDirectory(t);
  const port = await findFreePort('udp');
  const options = ['-4', '-b', '127.0.0.1', '-p', String(port), '-w', directory, '-t', '3600'];
  const child = spawn(peerPath('nfcapd'), [...options, '-B', String(8 << 20)], {
    stdio: 'ignore',
    env: { ...process.env, TZ: 'UTC' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  await until('nfcapd listens', () => {
    if (child.exitCode !== null) throw new Error(`nfcapd ended with ${child.exitCode}`);
    return socketOf(port) !== undefined;
  });
  return new RunningNfcapd(port, directory, child);
};
