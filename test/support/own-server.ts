/** A ClickHouse of the test's own, which the test starts and stops as it likes: what `--clickhouse URL` leads to. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type ClickHouseChild, spawnClickHouse } from '../../collector/store/clickhouse-child.ts';
import { openCredentials } from '../../collector/store/credentials.ts';
import { makeEmbeddedConfig } from '../../collector/store/embedded-config.ts';
import { writePrivateFile } from '../../collector/store/private-file.ts';
import { findFreePort } from './free-port.ts';
import type { SqlTarget } from './sql-client.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

const memoryBytes = 2 ** 31;

export class OwnServer {
  readonly dataDir: string;
  readonly target: SqlTarget;
  readonly #port: number;
  #child: ClickHouseChild | undefined;

  private constructor(dataDir: string, port: number, password: string) {
    this.dataDir = dataDir;
    this.#port = port;
    this.target = { url: `http://127.0.0.1:${port}`, database: 'flowledger', password };
  }

  /** Ends with the test `t`. */
  static async start(t: Test): Promise<OwnServer> {
    const dataDir = temporaryDirectory(t);
    const port = await findFreePort('tcp');
    const { password } = openCredentials(dataDir);
    const server = new OwnServer(dataDir, port, password);
    t.teardown(() => server.kill());
    await server.start();
    return server;
  }

  /** For `--clickhouse`. */
  get argument(): string {
    const { url, database, password } = this.target;
    return `http://flowledger:${password}@${new URL(url).host}/${database}`;
  }

  /** Starts it again on the same directory and port. */
  async start(): Promise<void> {
    const configFile = join(this.dataDir, 'clickhouse.xml');
    const serverDir = join(this.dataDir, 'clickhouse');
    mkdirSync(serverDir, { recursive: true });
    writePrivateFile(
      configFile,
      makeEmbeddedConfig({ ...openCredentials(this.dataDir), configFile, memoryBytes }),
    );
    await until('ClickHouse starts', async () => {
      this.#child = spawnClickHouse({
        serverDir,
        configFile,
        port: this.#port,
        password: this.target.password,
      });
      return this.#child.ready();
    });
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
  }

  /** Stops it in its tracks, connections stay open; and lets it go on. */
  freeze(): void {
    if (this.#child) process.kill(this.#child.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#child) process.kill(this.#child.pid, 'SIGCONT');
  }
}
