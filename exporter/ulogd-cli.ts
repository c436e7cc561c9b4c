/** `flowledger export ulogd`: options to settings. */

import { Command, Option } from 'commander';
import { runCommand } from '../shared/service/run-command.ts';
import { findZone } from '../shared/service/time-zone.ts';
import { type ConnectionEvent, connectionEvents } from './export-options.ts';
import { parseWords } from './flag-values.ts';
import { type LogFlags, toLogOptions, withLog } from './log-flags.ts';
import type { FilterRule } from './meter/filter-rule.ts';

interface UlogdFlags extends LogFlags {
  readonly events: readonly ConnectionEvent[];
  readonly natEvents?: 'session' | 'historic' | true;
  readonly integerAddresses: 'network' | 'host';
  readonly zone: string;
}

export const ulogdCommand = (version: string): Command => {
  const rules: FilterRule[] = [];
  return withLog(new Command('ulogd'), rules)
    .description(
      'export connections out of a log: of ulogd (JSON, LOGEMU, PRINTFLOW), conntrack -E or -L, /proc/net/nf_conntrack',
    )
    .option(
      '--events <list>',
      `which become records: ${connectionEvents.join(', ')}; those of a listing always do`,
      parseWords(connectionEvents),
      connectionEvents,
    )
    .addOption(
      new Option(
        '--nat-events [numbering]',
        'RFC 8158 events for translations, too; session: 4 and 5, historic: 1 and 2',
      )
        .choices(['session', 'historic'])
        .preset('session'),
    )
    .addOption(
      new Option(
        '--integer-addresses <order>',
        'addresses that are numbers: as on the wire, or of a little-endian host',
      )
        .choices(['network', 'host'])
        .default('network'),
    )
    .option(
      '--zone <name>',
      'zone of times that name none: local, UTC, or a name such as Europe/Zurich',
      'local',
    )
    .action((file: string, flags: UlogdFlags) =>
      runCommand(process, async () => {
        const { exportLog } = await import('./log-exporter.ts');
        const { ConnectionLines } = await import('./connection-lines.ts');
        const options = {
          events: flags.events,
          natEvents:
            flags.natEvents === undefined ? 'off' : flags.natEvents === true ? 'session' : flags.natEvents,
          integerAddresses: flags.integerAddresses,
          zone: findZone(flags.zone),
        } as const;
        return exportLog(toLogOptions(file, flags, rules, version), {
          subject: 'connections',
          expected: 'a log of ulogd, of conntrack, or our own',
          metering: `${flags.events.join(', ')}, and listings; times without a zone are of ${options.zone}`,
          makeUnits: (context) => new ConnectionLines(options, context),
        });
      }),
    );
};
