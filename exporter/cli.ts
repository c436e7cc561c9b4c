/** The exporting commands: options to complete, read-only settings; defaults are resolved here and in the file of each command. */

import { Command } from 'commander';
import { airlockCommand } from './airlock-cli.ts';
import { conntrackCommand } from './conntrack-cli.ts';
import { pcapCommand } from './packet-cli.ts';
import { ulogdCommand } from './ulogd-cli.ts';

/** The commands of the exporting side. */
export const exporterCommands = (version: string): readonly Command[] => [
  new Command('export')
    .description('export flows as IPFIX or NetFlow v9')
    .addCommand(conntrackCommand(version))
    .addCommand(pcapCommand(version))
    .addCommand(ulogdCommand(version))
    .addCommand(airlockCommand(version)),
];
