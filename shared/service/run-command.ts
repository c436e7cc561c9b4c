/** How a command of the command line ends. */

import { ConfigError } from './config-error.ts';

/** What is needed of `process`. */
export interface CommandProcess {
  exitCode?: number | string | null | undefined;
  readonly stderr: { write(text: string): unknown };
}

/** Runs a command, whose number is the exit status; what the operator did wrong is said in a line each, and is status 2. */
export const runCommand = async (process: CommandProcess, command: () => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message.replace(/^/gm, 'flowledger: ')}\n`);
    process.exitCode = 2;
  }
};
