#!/usr/bin/env node

/** The one command: it joins the commands of the two sides. */

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { collectorCommands } from './collector/cli.ts';
import { version } from './collector/package-version.ts';
import { exporterCommands } from './exporter/cli.ts';

/** Commands of commands end as their parents do. */
const inherit = (command: Command, parent: Command): Command => {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
  return command;
};

/** The whole command line, which the documentation is checked against. */
export const buildProgram = (): Command => {
  const program = new Command('flowledger')
    .description(
      'NetFlow and IPFIX: connections and packets of this machine out, flows of all machines into ClickHouse',
    )
    .version(version)
    .showHelpAfterError('(flowledger COMMAND --help tells more)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const command of [...collectorCommands(), ...exporterCommands(version)])
    program.addCommand(inherit(command, program));
  return program;
};

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url))
  await buildProgram().parseAsync();
