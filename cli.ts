#!/usr/bin/env node

/** The one command: it joins the commands of the two sides. */

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { collectorCommands } from './collector/cli.ts';
import { version } from './collector/package-version.ts';

/** The whole command line, which the documentation is checked against. */
export const buildProgram = (): Command => {
  const program = new Command('flowledger')
    .description(
      'NetFlow v5/v9 and IPFIX into ClickHouse: every flow received is stored, or counted under the reason why not',
    )
    .version(version)
    .showHelpAfterError('(flowledger COMMAND --help tells more)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const command of collectorCommands()) program.addCommand(command.copyInheritedSettings(program));
  return program;
};

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url))
  await buildProgram().parseAsync();
