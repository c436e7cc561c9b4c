/** `flowledger export airlock`: options to settings. */

import { Command } from 'commander';
import { runCommand } from '../shared/service/run-command.ts';
import { type LogFlags, toLogOptions, withLog } from './log-flags.ts';
import type { FilterRule } from './meter/filter-rule.ts';

export const airlockCommand = (version: string): Command => {
  const rules: FilterRule[] = [];
  return withLog(new Command('airlock'), rules)
    .description(
      'export which connections a request went by, out of connection traces of an Airlock Gateway (WR-SG-CONNTRACE, JSON)',
    )
    .action((file: string, flags: LogFlags) =>
      runCommand(process, async () => {
        const { exportLog } = await import('./log-exporter.ts');
        const { ProxyValues } = await import('./proxy-values.ts');
        return exportLog(toLogOptions(file, flags, rules, version), {
          subject: 'requests',
          expected: 'messages of an Airlock Gateway in JSON',
          metering: 'each trace: the connection in front, and the one behind as its translation',
          makeUnits: (context) => new ProxyValues(context),
        });
      }),
    );
};
