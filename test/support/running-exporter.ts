/** `flowledger export conntrack` as its own process in a network namespace. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import type { NetworkNamespace } from './network-namespace.ts';
import { assertBuilt, builtCli, cleanEnvironment, type Ended } from './run-cli.ts';
import { until } from './until.ts';

export class RunningExporter {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#ended = once(child, 'close').then(([exitCode, signal]) => ({
      exitCode,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** SIGTERM; resolves when it is gone. */
  async stop(): Promise<Ended> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** Ends it the hard way when a test has failed before it could end it well. */
  async abandon(): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Starts `flowledger export conntrack ARGS` there and waits until it exports. */
export const startExporter = async (
  t: Test,
  namespace: NetworkNamespace,
  args: readonly string[],
): Promise<RunningExporter> => {
  assertBuilt();
  const exporter = new RunningExporter(
    namespace.spawn(process.execPath, [builtCli, 'export', 'conntrack', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment(),
    }),
  );
  t.teardown(() => exporter.abandon());
  await until('flowledger export conntrack exports', () => {
    if (!exporter.isRunning) throw new Error(`it ended at once:\n${exporter.stderr}`);
    return `${exporter.stdout}${exporter.stderr}`.includes('exporting');
  });
  return exporter;
};
