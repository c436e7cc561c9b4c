/** `flowledger export conntrack`: options to settings. */

import { Command, Option } from 'commander';
import { ConfigError } from '../shared/service/config-error.ts';
import { parseBytes, parseDuration } from '../shared/service/parse-quantity.ts';
import { runCommand } from '../shared/service/run-command.ts';
import { type ConnectionEvent, type ConntrackOptions, connectionEvents } from './export-options.ts';
import { parseWhole, parseWords } from './flag-values.ts';
import type { FilterRule } from './meter/filter-rule.ts';
import { type SinkFlags, toSinkOptions, withSink } from './sink-flags.ts';

interface ConntrackFlags extends SinkFlags {
  readonly events: readonly ConnectionEvent[];
  readonly active: string;
  readonly natEvents?: 'session' | 'historic' | true;
  readonly flows: boolean;
  readonly buffer: string;
  readonly reliable?: boolean;
  readonly enable?: boolean;
  readonly maxConnections: number;
  readonly process?: boolean;
  readonly cmdline: boolean;
  readonly cmdlineMax?: number;
}

/** A record has to fit into a datagram. */
const maxCommandBytes = 1024;
const defaultCommandBytes = 256;

/** Who asks for the beginnings of connections wants to see them at once. */
const withDelay = (flags: ConntrackFlags): ConntrackFlags => {
  const isLive = flags.events.includes('new') || flags.natEvents !== undefined;
  return isLive ? { ...flags, maxDelay: flags.maxDelay ?? '250ms' } : flags;
};

/** @throws ConfigError: what is about processes is said, and not that they are wanted. */
const toProcesses = ({ process, cmdline, cmdlineMax }: ConntrackFlags): ConntrackOptions['processes'] => {
  if (process) return { command: cmdline, maxCommandBytes: cmdlineMax ?? defaultCommandBytes };
  if (!cmdline || cmdlineMax !== undefined)
    throw new ConfigError('--no-cmdline and --cmdline-max are for --process');
  return undefined;
};

export const conntrackCommand = (version: string): Command => {
  const rules: FilterRule[] = [];
  return withSink(new Command('conntrack'), rules)
    .description('export the connections of this Linux machine, translations included')
    .option(
      '--events <list>',
      `which become records: ${connectionEvents.join(', ')}`,
      parseWords(connectionEvents),
      ['destroy'],
    )
    .option('--active <time>', 'how often a connection that lasts gets an interim record; 0 for never', '60s')
    .addOption(
      new Option(
        '--nat-events [numbering]',
        'RFC 8158 events for translations, too; session: 4 and 5, historic: 1 and 2',
      )
        .choices(['session', 'historic'])
        .preset('session'),
    )
    .option('--no-flows', 'with --nat-events: nothing else')
    .option('--buffer <size>', 'receive buffer to ask the kernel for', '64MiB')
    .option('--reliable', 'let the kernel deliver late rather than lose events; costs it speed')
    .option('--enable', 'switch accounting and timestamps of conntrack on (sysctl)')
    .option(
      '--max-connections <count>',
      'connections to keep in mind for interim records',
      parseWhole(1, 100_000_000),
      1_000_000,
    )
    .option('--process', 'find the processes at ends that are on this machine: user, command line, service')
    .option('--no-cmdline', 'with --process: no arguments, which may hold secrets')
    .option(
      '--cmdline-max <octets>',
      `with --process: longest command line (default: ${defaultCommandBytes})`,
      parseWhole(1, maxCommandBytes),
    )
    .action((flags: ConntrackFlags) =>
      runCommand(process, async () => {
        // What the other source needs is not loaded: start-up is part of how long a small capture takes.
        const { exportConntrack } = await import('./conntrack-exporter.ts');
        return exportConntrack({
          ...toSinkOptions(withDelay(flags), rules, version),
          events: flags.events,
          activeSeconds: parseDuration('--active', flags.active, 's') / 1000,
          natEvents:
            flags.natEvents === undefined ? 'off' : flags.natEvents === true ? 'session' : flags.natEvents,
          flows: flags.flows,
          bufferBytes: parseBytes('--buffer', flags.buffer),
          reliable: flags.reliable === true,
          enable: flags.enable === true,
          maxConnections: flags.maxConnections,
          processes: toProcesses(flags),
        });
      }),
    );
};
