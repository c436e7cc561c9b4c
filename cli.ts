#!/usr/bin/env node

/** The one command: it joins the commands of the two sides. */

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { version } from './collector/package-version.ts';

const exporting = async (): Promise<readonly Command[]> =>
  (await import('./exporter/cli.ts')).exporterCommands(version);

/** Those that are made without the others: to load what all of them need takes longer than Node takes to start. */
const alone: ReadonlyMap<string, () => Promise<readonly Command[]>> = new Map([
  ['extract', async () => [(await import('./collector/extract-cli.ts')).extractCommand()]],
  ['decode', async () => [(await import('./collector/decode-cli.ts')).decodeCommand()]],
  ['export', exporting],
]);

const everything = async (): Promise<readonly Command[]> => [
  ...(await import('./collector/cli.ts')).collectorCommands(),
  ...(await exporting()),
];

/** Commands of commands end as their parents do. */
const inherit = (command: Command, parent: Command): Command => {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
  return command;
};

/**
 * The whole command line, which the documentation is checked against; or as much of it as is needed when `word` is the first one
 * that was typed.
 */
export const buildProgram = async (word = ''): Promise<Command> => {
  const program = new Command('flowledger')
    .description(
      'NetFlow and IPFIX: connections and packets of this machine out, flows of all machines into ClickHouse',
    )
    .version(version)
    .showHelpAfterError('(flowledger COMMAND --help tells more)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const make = alone.get(word) ?? everything;
  for (const command of await make()) program.addCommand(inherit(command, program));
  return program;
};

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url))
  await (await buildProgram(process.argv[2])).parseAsync();
