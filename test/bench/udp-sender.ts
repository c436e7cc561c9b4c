/**
 * Sends generated flows over loopback at a steady rate, from the ten source addresses 127.0.0.2 to 127.0.0.11. It is a process of
 * its own, so that it can be timed and does not disturb what it loads: udp-blast.c where a compiler exists, else node-blast.ts.
 *
 *   node --import=tsx test/bench/udp-sender.ts --port 2055 --rate 1000000 --seconds 10 [--host H] [--exporters N] [--how plain]
 */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { makeDatagramPool, writePoolFile } from './datagram-pool.ts';
import { recordsPerDatagram } from './flow-generator.ts';

export interface SenderOptions {
  readonly port: number;
  readonly host?: string;
  readonly flowsPerSecond: number;
  readonly seconds: number;
  readonly exporters?: number;
  /**
   * `segmented`: the C program hands bursts to the kernel in one piece, the least CPU. `plain`: it sends each datagram by itself.
   * `node`: from Node, datagram by datagram. Default: segmented where a compiler exists.
   */
  readonly how?: 'segmented' | 'plain' | 'node';
}

export interface SenderResult {
  readonly datagrams: number;
  readonly templates: number;
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly errors: number;
  /** Most datagrams that were due at once: large when the sender was kept from the CPU. */
  readonly longestBurst: number;
}

export const poolDatagrams = 4096;
/** Each exporter says its Template first and then once in so many datagrams. */
const templateEvery = 5000;
const run = promisify(execFile);
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a sender needs is prepared once; `close` removes it. */
export class UdpSender {
  readonly #directory = mkdtempSync(join(tmpdir(), 'flowledger-bench-'));
  readonly #compiled: boolean;

  constructor() {
    const source = beside('udp-blast.c');
    this.#compiled = spawnSync('cc', ['-O2', '-o', this.#path('udp-blast'), source]).status === 0;
    if (this.#compiled) writePoolFile(this.#path('pool'), makeDatagramPool(poolDatagrams));
  }

  /** How it sends when nothing else is asked for. */
  get defaultHow(): 'segmented' | 'node' {
    return this.#compiled ? 'segmented' : 'node';
  }

  /** Sends for `seconds` and tells what was sent; throws when the sender fails. */
  async send(options: SenderOptions): Promise<SenderResult> {
    const {
      port,
      host = '127.0.0.1',
      flowsPerSecond,
      seconds,
      exporters = 10,
      how = this.defaultHow,
    } = options;
    const numbers = [host, port, flowsPerSecond / recordsPerDatagram, seconds, exporters, templateEvery].map(
      String,
    );
    const { stdout } =
      how === 'node'
        ? await run(process.execPath, [
            ...process.execArgv,
            beside(`node-blast${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`),
            ...numbers,
          ])
        : await run(this.#path('udp-blast'), [
            this.#path('pool'),
            ...numbers,
            how === 'segmented' ? '1' : '0',
          ]);
    return JSON.parse(stdout) as SenderResult;
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { port: text, host: text, rate: text, seconds: text, exporters: text, how: text },
  });
  const sender = new UdpSender();
  try {
    const result = await sender.send({
      port: Number(values.port ?? 2055),
      host: values.host ?? '127.0.0.1',
      flowsPerSecond: Number(values.rate ?? 100_000),
      seconds: Number(values.seconds ?? 10),
      exporters: Number(values.exporters ?? 10),
      how: (values.how as SenderOptions['how']) ?? sender.defaultHow,
    });
    console.log(JSON.stringify(result));
  } finally {
    sender.close();
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
