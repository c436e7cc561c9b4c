/** The options that all logs have: how they are read. */

import type { Command } from 'commander';
import type { LogOptions } from './log-options.ts';
import type { FilterRule } from './meter/filter-rule.ts';
import { type SinkFlags, toSinkOptions, withSink } from './sink-flags.ts';

export interface LogFlags extends SinkFlags {
  readonly follow?: boolean;
  readonly fromEnd?: boolean;
  readonly state?: string;
}

/** `rules` as in `withSink`. */
export const withLog = (command: Command, rules: FilterRule[]): Command =>
  withSink(
    command
      .argument('<file>', 'the log, gzipped or not; - for standard input')
      .option('-f, --follow', 'go on as it grows, also when it is rotated or cut, and wait for it to appear')
      .option('--from-end', 'with --follow, where no --state says more: leave out what is there already')
      .option('--state <file>', 'remember there how far it was read, and go on from there the next time'),
    rules,
  );

export const toLogOptions = (
  file: string,
  flags: LogFlags,
  rules: readonly FilterRule[],
  version: string,
): LogOptions => ({
  ...toSinkOptions(flags, rules, version),
  file,
  follow: flags.follow === true,
  fromEnd: flags.fromEnd === true,
  state: flags.state,
});
