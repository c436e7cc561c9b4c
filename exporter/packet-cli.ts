/** `flowledger export pcap`: options to settings. */

import { Command } from 'commander';
import { ConfigError } from '../shared/service/config-error.ts';
import { parseDuration } from '../shared/service/parse-quantity.ts';
import { runCommand } from '../shared/service/run-command.ts';
import { type KeyField, keyFields } from './export-options.ts';
import { parseWhole, parseWords } from './flag-values.ts';
import type { FilterRule } from './meter/filter-rule.ts';
import { type SinkFlags, toSinkOptions, withSink } from './sink-flags.ts';

interface PacketFlags extends SinkFlags {
  readonly interface?: string;
  readonly active: string;
  readonly idle: string;
  readonly maxFlows: number;
  readonly key?: readonly KeyField[];
  readonly details?: boolean;
  readonly sampling: number;
}

export const pcapCommand = (version: string): Command => {
  const rules: FilterRule[] = [];
  return withSink(new Command('pcap'), rules)
    .description(
      'meter packets of a capture, of standard input, or live (through tcpdump), and export the flows',
    )
    .argument(
      '[words...]',
      'pcap or pcapng file, gzipped or not, - for standard input; with -i: a filter for tcpdump',
    )
    .option('-i, --interface <name>', 'meter what goes through this interface, by tcpdump')
    .option('--active <time>', 'how often a flow that lasts gets an interim record', '60s')
    .option('--idle <time>', 'a flow without packets for so long has ended', '30s')
    .option('--max-flows <count>', 'flows to keep in mind', parseWhole(1, 100_000_000), 1_000_000)
    .option('--key <fields>', `more Flow Keys: ${keyFields.join(', ')}`, parseWords(keyFields))
    .option('--details', 'smallest and largest packet length and TTL, too')
    .option('--sampling <interval>', 'look at one packet in so many', parseWhole(1, 16_777_216), 1)
    .action((words: readonly string[], flags: PacketFlags) =>
      runCommand(process, async () => {
        const { exportPackets } = await import('./packet-exporter.ts');
        return exportPackets({
          ...toSinkOptions(flags, rules, version),
          ...captureOf(words, flags.interface),
          activeSeconds: parseDuration('--active', flags.active, 's') / 1000,
          idleSeconds: parseDuration('--idle', flags.idle, 's') / 1000,
          maxFlows: flags.maxFlows,
          key: flags.key ?? [],
          details: flags.details === true,
          sampling: flags.sampling,
        });
      }),
    );
};

/** What is metered: one file, or an interface and the words of a filter. */
const captureOf = (words: readonly string[], interfaceName: string | undefined) => {
  if (interfaceName !== undefined) return { file: undefined, interfaceName, captureFilter: words.join(' ') };
  if (words.length !== 1)
    throw new ConfigError(
      words.length === 0
        ? 'which packets? Name a capture file, - for standard input, or an interface with -i'
        : `one capture file at a time, not ${words.join(' ')}`,
    );
  return { file: words[0], interfaceName: undefined, captureFilter: '' };
};
