/** Loading as a command: its log on standard error, its exit status. */

import { Log } from '../../shared/service/log.ts';
import { type LoadOptions, loadHistory } from './load-history.ts';

export interface LoadLogOptions {
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Resolves to the exit status. Throws ConfigError when it cannot begin. */
export const runLoad = (options: LoadOptions, { logFormat, logLevel }: LoadLogOptions): Promise<number> => {
  const log = new Log({
    write: (line) => process.stderr.write(line),
    nowMs: Date.now,
    format: logFormat,
    level: logLevel,
  });
  return loadHistory(options, log);
};
