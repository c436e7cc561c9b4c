/** One life of the embedded ClickHouse as a child process, from spawn to exit. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../shared/service/config-error.ts';

/** What is kept of the server's standard error to explain its end. */
const maxErrorOutputChars = 16_384;
const startDeadlineMs = 60_000;
const stopDeadlineMs = 30_000;

const launch =
  'SYSTEM START LISTEN HTTP; ' +
  // Reads standard input to its end: the server lives as long as the pipe that we hold.
  "SELECT count() FROM file('-', 'LineAsString', 'line String') FORMAT Null";

export interface ChildOptions {
  readonly serverDir: string;
  readonly configFile: string;
  readonly port: number;
  /** Of the user `flowledger`. Who answers on the port and does not know it is another server, which was faster. */
  readonly password?: string;
  /** More of `clickhouse local`'s options, for measurements. */
  readonly extraArguments?: readonly string[];
  /** A line that the server printed on standard error. */
  readonly onLine?: (line: string) => void;
}

export interface ClickHouseChild {
  readonly pid: number;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<{ readonly status: string }>;
  readonly errorOutput: () => string;
  /** Resolves true when it answers, false when it ended before. */
  readonly ready: () => Promise<boolean>;
  /** Lets the server end in order; kills it when it does not. */
  readonly stop: () => Promise<void>;
}

/** Throws ConfigError when the optional packages are not there. */
const checkInstalled = (): void => {
  const require = createRequire(import.meta.url);
  for (const name of ['chdb', 'ffi-rs']) {
    try {
      require.resolve(name);
    } catch {
      throw new ConfigError(
        `the embedded ClickHouse is not installed (package ${name} is missing): run npm ci without --omit=optional, ` +
          'or use a server of your own with --clickhouse http://USER:PASSWORD@HOST:8123/DATABASE',
      );
    }
  }
};

/** From TypeScript sources the child needs the same loader as we have. */
const nodeArguments = (): string[] => {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = new URL(`./clickhouse-process.${fromSource ? 'ts' : 'js'}`, import.meta.url);
  return [...(fromSource ? [`--import=${import.meta.resolve('tsx')}`] : []), fileURLToPath(entry)];
};

const collectErrorOutput = (
  child: ChildProcessWithoutNullStreams,
  onLine?: (line: string) => void,
): (() => string) => {
  let output = '';
  let line = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-maxErrorOutputChars);
    const lines = (line + text).split('\n');
    line = (lines.pop() ?? '').slice(-maxErrorOutputChars);
    for (const whole of lines) onLine?.(whole);
  });
  return () => output;
};

const isAnswering = async (port: number, password: string | undefined): Promise<boolean> => {
  const [path, answer] = password === undefined ? ['ping', 'Ok.\n'] : ['?query=SELECT+1', '1\n'];
  const user = { 'X-ClickHouse-User': 'flowledger', 'X-ClickHouse-Key': password ?? '' };
  try {
    // A connection that is kept alive would hold up the server's end.
    const headers = { connection: 'close', ...(password === undefined ? {} : user) };
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, { headers });
    return response.ok && (await response.text()) === answer;
  } catch {
    return false;
  }
};

/** Starts the server on `serverDir`, which exists, listening on 127.0.0.1:`port`, which was free a moment ago. */
export const spawnClickHouse = (options: ChildOptions): ClickHouseChild => {
  checkInstalled();
  const { serverDir, configFile, port } = options;
  const args = [
    `--path=${serverDir}`,
    `--http_port=${port}`,
    '--listen_host=127.0.0.1',
    `--config-file=${configFile}`,
  ];
  // A process group of its own: Ctrl-C goes to the collector, which flushes first.
  const child = spawn(
    process.execPath,
    [...nodeArguments(), ...args, ...(options.extraArguments ?? []), '--query', launch],
    { detached: true },
  );
  child.stdin.on('error', () => undefined);
  child.stdout.resume();
  const errorOutput = collectErrorOutput(child, options.onLine);
  let running = true;
  const exited = new Promise<{ status: string }>((resolve) => {
    child.once('error', (error) => resolve({ status: error.message }));
    child.once('close', (code, signal) => resolve({ status: signal ?? `status ${code}` }));
  });
  void exited.then(() => {
    running = false;
  });
  return {
    pid: child.pid ?? 0,
    exited,
    errorOutput,
    ready: async () => {
      for (const until = Date.now() + startDeadlineMs; running && Date.now() < until; await sleep(20)) {
        if ((await isAnswering(port, options.password)) && running) return true;
      }
      if (running) child.kill('SIGKILL');
      return false;
    },
    stop: async () => {
      child.stdin.end();
      const kill = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
      await exited;
      clearTimeout(kill);
    },
  };
};
