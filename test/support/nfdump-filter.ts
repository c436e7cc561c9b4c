/** nfcapd on a free loopback port, and nfdump asked for what passes a filter in its files. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { parseProcNetSockets } from '../../collector/receive/proc-net-sockets.ts';
import { findFreePort } from './free-port.ts';
import { peerPath } from './peers.ts';
import type { NfdumpRecord } from './running-nfcapd.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

const socketOf = (port: number) =>
  parseProcNetSockets(readFileSync('/proc/net/udp', 'utf8')).find((socket) => socket.localPort === port);

const environment = { ...process.env, TZ: 'UTC' };

export class NfdumpFilter {
  readonly port: number;
  readonly #directory: string;
  readonly #child: ChildProcess;

  constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#child = child;
  }

  /** Waits until it has read what was sent, and ends it: its files are complete then. */
  async stop(): Promise<void> {
    await until('nfcapd has read all', () => socketOf(this.port)?.receiveQueueBytes === 0);
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  /** Throws what nfdump says of a filter that it does not understand. */
  ask(filter: string): readonly NfdumpRecord[] {
    const options = ['-R', this.#directory, '-o', 'json', ...(filter === '' ? [] : [filter])];
    const json = execFileSync(peerPath('nfdump'), options, {
      encoding: 'utf8',
      env: environment,
      maxBuffer: 1 << 30,
    });
    // Where nothing passes, it says so in the middle of its JSON.
    return json.includes('No matching flows') ? [] : (JSON.parse(json) as NfdumpRecord[]);
  }
}

export const startNfdumpFilter = async (t: Test): Promise<NfdumpFilter> => {
  const directory = temporaryDirectory(t);
  const port = await findFreePort('udp');
  const options = ['-4', '-b', '127.0.0.1', '-p', String(port), '-w', directory, '-t', '3600'];
  const child = spawn(peerPath('nfcapd'), [...options, '-B', String(8 << 20)], {
    stdio: 'ignore',
    env: environment,
  });
  t.teardown(() => child.kill('SIGKILL'));
  await until('nfcapd listens', () => {
    if (child.exitCode !== null) throw new Error(`nfcapd ended with ${child.exitCode}`);
    return socketOf(port) !== undefined;
  });
  return new NfdumpFilter(port, directory, child);
};
