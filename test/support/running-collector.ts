/** `flowledger collect` as its own process, on free ports, with data of its own: what a user starts. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { assertBuilt, builtCli, cleanEnvironment, type Ended } from './run-cli.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

export interface CollectorOptions {
  /** Default: an IPv4 loopback port. */
  readonly listen?: readonly string[];
  readonly args?: readonly string[];
  /** Default: a new directory that goes with the test. */
  readonly dataDir?: string;
}

interface Endpoint {
  readonly url: string;
  readonly database: string;
  readonly serverPid: number;
}

const anyPort = ['udp://127.0.0.1:0'];

export class RunningCollector {
  readonly dataDir: string;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<Ended>;

  constructor(dataDir: string, child: ChildProcessWithoutNullStreams) {
    this.dataDir = dataDir;
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#ended = new Promise((resolve) => {
      child.once('close', (exitCode, signal) =>
        resolve({ exitCode, signal, stdout: this.stdout, stderr: this.stderr }),
      );
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ports of the sockets, in the order of `--listen`. */
  get ports(): readonly number[] {
    const line = /^ {2}listening +(.*)$/m.exec(this.stdout)?.[1] ?? '';
    return [...line.matchAll(/udp:\/\/\S+:(\d+)/g)].map(([, port]) => Number(port));
  }

  get port(): number {
    return this.ports[0] ?? 0;
  }

  get httpUrl(): string {
    return /(http:\S+)\/metrics/.exec(this.stdout)?.[1] ?? '';
  }

  /** The server of the data directory, as the collector wrote it down. */
  get endpoint(): Endpoint {
    return JSON.parse(readFileSync(join(this.dataDir, 'endpoint.json'), 'utf8')) as Endpoint;
  }

  /** Of the user who may do everything. */
  get password(): string {
    const text = readFileSync(join(this.dataDir, 'credentials.json'), 'utf8');
    return (JSON.parse(text) as { password: string }).password;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** SIGTERM; resolves when it is gone. */
  async stop(): Promise<Ended> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** Ends it the hard way when a test has failed before it could end it well. Its ClickHouse ends with it. */
  async abandon(): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async sql<Row>(query: string, parameters: Readonly<Record<string, string>> = {}): Promise<Row[]> {
    const { url, database } = this.endpoint;
    const settings = { database, output_format_json_quote_64bit_integers: '0', ...parameters };
    const response = await fetch(`${url}/?${new URLSearchParams(settings)}`, {
      method: 'POST',
      body: `${query} FORMAT JSONEachRow`,
      headers: {
        'X-ClickHouse-User': 'flowledger',
        'X-ClickHouse-Key': this.password,
        connection: 'close',
      },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }

  async command(query: string): Promise<void> {
    const { url, database } = this.endpoint;
    const response = await fetch(`${url}/?database=${database}`, {
      method: 'POST',
      body: query,
      headers: { 'X-ClickHouse-User': 'flowledger', 'X-ClickHouse-Key': this.password, connection: 'close' },
    });
    if (!response.ok) throw new Error(await response.text());
    await response.text();
  }

  async countFlows(where = '1'): Promise<number> {
    const rows = await this.sql<{ n: number }>(`SELECT count() AS n FROM flows WHERE ${where}`);
    return rows[0]?.n ?? 0;
  }

  /** Waits for exactly so many rows; more are a failure, too. */
  async waitForFlows(count: number, withinMs?: number): Promise<void> {
    let seen = 0;
    const ask = async (): Promise<boolean> => {
      // A server that was killed on purpose refuses connections for a while.
      seen = await this.countFlows().catch(() => seen);
      return seen >= count;
    };
    await until(`${count} rows in flows`, ask, withinMs).catch((error: Error) => {
      throw new Error(`${error.message} (there are ${seen})\n${this.stderr}`);
    });
    if (seen > count) throw new Error(`${seen} rows in flows, and ${count} were sent`);
  }

  /** Value of a metric, summed up over its series, or over those that have this value of a label; 0 when there is none. */
  async metric(name: string, label?: string): Promise<number> {
    const text = await (await fetch(`${this.httpUrl}/metrics`)).text();
    const lines = text.split('\n').filter((line) => /^[^#{ ]+/.exec(line)?.[0] === name);
    return lines
      .filter((line) => label === undefined || line.includes(`="${label}"`))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async health(): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.httpUrl}/healthz`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}

const launch = (t: Test, options: CollectorOptions): RunningCollector => {
  assertBuilt();
  const dataDir = options.dataDir ?? temporaryDirectory(t);
  const listen = (options.listen ?? anyPort).flatMap((url) => ['--listen', url]);
  const args = [
    builtCli,
    'collect',
    ...listen,
    '--data',
    dataDir,
    '--http',
    '127.0.0.1:0',
    ...(options.args ?? []),
  ];
  const collector = new RunningCollector(
    dataDir,
    spawn(process.execPath, args, { env: cleanEnvironment() }) as ChildProcessWithoutNullStreams,
  );
  t.teardown(() => collector.abandon());
  return collector;
};

/** Starts it and waits until it listens. With `--log json` there is no block to read ports from: see `launchCollector`. */
export const startCollector = async (t: Test, options: CollectorOptions = {}): Promise<RunningCollector> => {
  const collector = launch(t, options);
  const listens = (): boolean => {
    if (!collector.isRunning) throw new Error(`it ended at once:\n${collector.stderr}`);
    return collector.stdout.includes('  asking ');
  };
  await until('flowledger collect listens', listens);
  return collector;
};

/** Starts it and waits for nothing. */
export const launchCollector = launch;
