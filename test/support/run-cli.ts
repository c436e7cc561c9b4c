/** The built command, run to its end. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What `npm run build` makes; `npm test` does that first. */
export const builtCli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Then it is killed, which `signal` says. */
  readonly withinMs?: number;
}

/** The environment of tests: nothing of the developer's own ClickHouse. */
export const cleanEnvironment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CLICKHOUSE_'))),
  // The coverage and loader settings of the test runner are not for the program under test.
  NODE_OPTIONS: '',
  ...more,
});

export const assertBuilt = (): void => {
  if (!existsSync(builtCli)) throw new Error(`${builtCli} is not there: npm run build`);
};

export const runCli = (args: readonly string[], options: CliOptions = {}): Promise<Ended> => {
  assertBuilt();
  return new Promise((resolve, reject) => {
    const env = cleanEnvironment(options.env);
    const child = spawn(process.execPath, [builtCli, ...args], { env, cwd: options.cwd });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.withinMs ?? 120_000);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal, stdout, stderr });
    });
    // A command that ends without reading its input is no error of the test.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
};
