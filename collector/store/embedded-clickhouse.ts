/**
 * A real ClickHouse beside the collector, out of the npm package chdb: started with it, restarted when it dies, ended with it.
 *
 *     DATA/clickhouse/   the server's own directory     DATA/clickhouse.xml     its configuration, made at each start
 *     DATA/endpoint.json where it listens, while it runs  DATA/credentials.json  the passwords of its users
 */

import { mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../shared/service/config-error.ts';
import type { Log } from '../../shared/service/log.ts';
import { type ClickHouseChild, spawnClickHouse } from './clickhouse-child.ts';
import { type Credentials, openCredentials } from './credentials.ts';
import { makeEmbeddedConfig } from './embedded-config.ts';
import { explainFailure } from './embedded-failure.ts';
import { findEndpoint, removeEndpoint, writeEndpoint } from './endpoint.ts';
import { findLoopbackPort } from './loopback-port.ts';
import { writePrivateFile } from './private-file.ts';

const preferredPort = 8123;
/** A server whose collector was killed takes some seconds to write down what it has. */
const previousEndsWithinMs = 30_000;
const firstRestartMs = 500;
const slowestRestartMs = 30_000;

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly database: string;
  /** Default: 8123 when it is free, else any. A port that is asked for must be free. */
  readonly port?: number;
  /** Default: a quarter of the machine's (or the container's) memory. */
  readonly memoryBytes?: number;
  readonly log: Pick<Log, 'info' | 'warn' | 'error' | 'debug'>;
  /** Told when the server dies (with the reason) and when it is back. */
  readonly onState?: (problem: string | undefined) => void;
}

const quarterOfMemory = (): number => {
  const constrained = process.constrainedMemory() ?? 0;
  const total = totalmem();
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) / 4);
};

export class EmbeddedClickHouse {
  readonly url: string;
  readonly port: number;
  readonly user = 'flowledger';
  readonly credentials: Credentials;
  readonly #options: EmbeddedOptions;
  readonly #serverDir: string;
  #child: ClickHouseChild;
  #stopping = false;
  readonly #abort = new AbortController();
  #watch: Promise<void>;

  private constructor(
    options: EmbeddedOptions,
    port: number,
    credentials: Credentials,
    child: ClickHouseChild,
  ) {
    this.#options = options;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.credentials = credentials;
    this.#serverDir = serverDirectory(options);
    this.#child = child;
    this.#announce();
    this.#watch = this.#restartWhenItDies();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Throws ConfigError: packages missing, directory not writable or in use, port taken. */
  static async start(options: EmbeddedOptions): Promise<EmbeddedClickHouse> {
    const credentials = prepareDirectory(options);
    const until = Date.now() + previousEndsWithinMs;
    for (let told = false; ; told = true) {
      const port = await choosePort(options.port);
      const child = launch(options, port, credentials);
      if (await child.ready()) return new EmbeddedClickHouse(options, port, credentials, child);
      await child.exited;
      const failure = explainFailure(child.errorOutput(), serverDirectory(options), port);
      const previousIsEnding = failure.kind === 'held' && findEndpoint(options.dataDir) === undefined;
      const portWasLost = failure.kind === 'port' && options.port === undefined;
      if (!(previousIsEnding || portWasLost) || Date.now() > until) throw new ConfigError(failure.message);
      if (!told) options.log.info(`waiting: ${failure.message}`);
      await sleep(500);
    }
  }

  /** Ends the server in order. Close clients first: the server waits some seconds for connections that are kept alive. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#abort.abort();
    removeEndpoint(this.#options.dataDir);
    await this.#child.stop();
    await this.#watch;
  }

  #announce(): void {
    const { dataDir, database } = this.#options;
    writeEndpoint(dataDir, {
      url: this.url,
      database,
      serverPid: this.#child.pid,
      collectorPid: process.pid,
    });
  }

  async #restartWhenItDies(): Promise<void> {
    const { log, onState } = this.#options;
    let delayMs = firstRestartMs;
    for (let startedAt = Date.now(); ; ) {
      const { status } = await this.#child.exited;
      if (this.#stopping) return;
      if (Date.now() - startedAt > slowestRestartMs) delayMs = firstRestartMs;
      const said = explainFailure(this.#child.errorOutput(), this.#serverDir, this.port).message;
      log.error(`the embedded ClickHouse died (${status}); starting it again`, { said, delayMs });
      onState?.(`the embedded ClickHouse died (${status})`);
      await sleep(delayMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
      if (this.#stopping) return;
      delayMs = Math.min(2 * delayMs, slowestRestartMs);
      startedAt = Date.now();
      this.#child = launch(this.#options, this.port, this.credentials);
      if ((await this.#child.ready()) && !this.#stopping) {
        this.#announce();
        onState?.(undefined);
        log.info('the embedded ClickHouse is back', { pid: this.#child.pid });
      }
    }
  }
}

const serverDirectory = (options: EmbeddedOptions): string => join(resolve(options.dataDir), 'clickhouse');
const configFile = (options: EmbeddedOptions): string => join(resolve(options.dataDir), 'clickhouse.xml');

const prepareDirectory = (options: EmbeddedOptions): Credentials => {
  try {
    mkdirSync(serverDirectory(options), { recursive: true, mode: 0o700 });
    const credentials = openCredentials(options.dataDir);
    const memoryBytes = options.memoryBytes ?? quarterOfMemory();
    const config = { ...credentials, configFile: configFile(options), memoryBytes };
    writePrivateFile(configFile(options), makeEmbeddedConfig(config));
    return credentials;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`data directory ${options.dataDir} cannot be used: ${code ?? message}`);
  }
};

const choosePort = async (wanted: number | undefined): Promise<number> => {
  const port = await findLoopbackPort(wanted ?? preferredPort);
  if (port !== undefined) return port;
  const other = wanted === undefined ? await findLoopbackPort(0) : undefined;
  if (other !== undefined) return other;
  throw new ConfigError(`port ${wanted ?? 'for ClickHouse'} on 127.0.0.1 is taken by another process`);
};

const launch = (options: EmbeddedOptions, port: number, { password }: Credentials): ClickHouseChild =>
  spawnClickHouse({
    serverDir: serverDirectory(options),
    configFile: configFile(options),
    port,
    password,
    onLine: (line) => options.log.debug(line),
  });
