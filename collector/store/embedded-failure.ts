/** Why the embedded ClickHouse did not start, in the operator's words. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EmbeddedFailure {
  /** `held`: another process has the directory; `port`: it has the port; `other`: the server's own words. */
  readonly kind: 'held' | 'port' | 'other';
  readonly message: string;
}

/** The process id that a running ClickHouse wrote into its directory. */
const findHolder = (serverDir: string): number | undefined => {
  try {
    const pid = /^PID: (\d+)/m.exec(readFileSync(join(serverDir, 'status'), 'utf8'))?.[1];
    return pid === undefined ? undefined : Number(pid);
  } catch {
    return undefined;
  }
};

/** ClickHouse's `Code: 76. DB::Exception: TEXT. (NAME) (version ...)` without what only its developers want. */
const lastException = (errorOutput: string): string | undefined => {
  const lines = errorOutput.split('\n').filter((line) => line.includes('DB::Exception: '));
  return lines
    .at(-1)
    ?.replace(/^.*DB::Exception: /, '')
    .replace(/ ?\(version [^()]*(?:\([^)]*\))?\)/, '');
};

/** Reads what the server printed on standard error before it ended. */
export const explainFailure = (errorOutput: string, serverDir: string, port: number): EmbeddedFailure => {
  if (/Cannot lock file|already running/.test(errorOutput)) {
    const holder = findHolder(serverDir);
    const who = holder === undefined ? 'another process' : `another ClickHouse (pid ${holder})`;
    return {
      kind: 'held',
      message: `data directory ${serverDir} is in use by ${who}: is a collector running there? stop it, or use another --data`,
    };
  }
  if (/Address already in use/.test(errorOutput)) {
    return {
      kind: 'port',
      message: `port ${port} on 127.0.0.1, meant for ClickHouse, is taken by another process`,
    };
  }
  const lines = errorOutput.trim().split('\n');
  const said = lastException(errorOutput) ?? lines.at(-1);
  return {
    kind: 'other',
    message: `the embedded ClickHouse ended at once: ${said === '' ? 'it said nothing' : said}`,
  };
};
