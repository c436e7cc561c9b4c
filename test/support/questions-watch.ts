/** `flowledger contacts --follow` as its own process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { builtCli, cleanEnvironment } from './run-cli.ts';

export interface RunningWatch {
  readonly rows: () => Record<string, unknown>[];
  readonly said: () => string;
  /** SIGINT; resolves to the exit status. */
  readonly interrupt: () => Promise<number | null>;
}

export const startWatch = (t: Test, args: readonly string[]): RunningWatch => {
  const options = { env: cleanEnvironment() };
  const child: ChildProcess = spawn(
    process.execPath,
    [builtCli, 'contacts', '--follow', '--json', ...args],
    options,
  );
  t.teardown(() => child.kill('SIGKILL'));
  let out = '';
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    rows: () =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    said: () => said,
    interrupt: async () => {
      const closed = once(child, 'close');
      child.kill('SIGINT');
      const [status] = (await closed) as [number | null];
      return status;
    },
  };
};
