/** The options that all sources have: where records go, and in which form. */

import { type Command, Option } from 'commander';
import { ConfigError } from '../shared/service/config-error.ts';
import { parseDuration } from '../shared/service/parse-quantity.ts';
import { type PrintFormat, printFormats, type SinkOptions } from './export-options.ts';
import { append, parseWhole, u32 } from './flag-values.ts';
import type { FilterRule } from './meter/filter-rule.ts';

export interface SinkFlags {
  readonly to?: readonly string[];
  readonly failover?: boolean;
  readonly protocol: 'ipfix' | 'netflow9';
  readonly domain: number;
  readonly mtu?: number;
  readonly maxDelay?: string;
  readonly templateRefresh: string;
  readonly templateMessages: number;
  readonly maxRate?: number;
  readonly uniflow?: boolean;
  readonly absoluteTimes?: boolean;
  readonly pen?: number;
  readonly aggregate?: string | true;
  readonly print?: PrintFormat;
  readonly format?: string;
  readonly formatTs?: string;
  readonly log: 'text' | 'json';
  readonly logLevel: SinkOptions['logLevel'];
}

/** `rules` fills as they stand on the command line: the first that matches wins. */
export const withSink = (command: Command, rules: FilterRule[]): Command => {
  const rule =
    (verdict: FilterRule['verdict']) =>
    (text: string): void => {
      rules.push({ verdict, text });
    };
  return command
    .option('--to <url>', 'where to send, udp://HOST:PORT; may be repeated', append)
    .option('--failover', 'with several --to: the first that answers, instead of all')
    .addOption(
      new Option('--protocol <name>', 'what is sent').choices(['ipfix', 'netflow9']).default('ipfix'),
    )
    .option('--domain <number>', 'Observation Domain id (NetFlow v9: source id)', parseWhole(0, u32), 0)
    .option(
      '--mtu <octets>',
      'largest IP packet on the way to the collector (default: 1500)',
      parseWhole(512, 65535),
    )
    .option(
      '--max-delay <time>',
      'how long a record may wait for others (default: 1s; where conntrack tells of beginnings: 250ms)',
    )
    .option('--template-refresh <time>', 'how often Templates are sent again', '60s')
    .option(
      '--template-messages <count>',
      'and after so many Messages, if that is earlier',
      parseWhole(1, u32),
      500,
    )
    .option(
      '--max-rate <count>',
      'datagrams per second to a collector, 0 for no limit (default: 20000 for files, else 0)',
      parseWhole(0, 10_000_000),
    )
    .option('--uniflow', 'a record for each direction, for collectors that do not know RFC 5103')
    .option('--absolute-times', 'NetFlow v9 with milliseconds since 1970 instead of sysUpTime')
    .option(
      '--pen <number>',
      'enterprise number for our own elements (default: 32473, the one for examples)',
      parseWhole(1, u32),
    )
    .option(
      '--accept <rule>',
      'flows to take; of all --accept and --deny the first that matches wins',
      rule('accept'),
    )
    .option('--deny <rule>', "flows to leave out, 'src 10.0.0.0/8 port 53' for instance", rule('deny'))
    .option(
      '--aggregate [spec]',
      'sum up flows of many client ports: window=60s,src=32,dst=32,src6=128,dst6=128',
    )
    .addOption(new Option('--print <format>', 'records on standard output, too').choices([...printFormats]))
    .option(
      '--format <template>',
      "with --print text: lines of your own, '{ts} {src} > {dst} {cmdline}' for instance, or 'default'",
    )
    .option('--format-ts <pattern>', 'with --format: how times are written, as strftime does (default: %s)')
    .addOption(new Option('--log <format>', 'log format').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    );
};

/** Seconds since 1970. */
const defaultTimeFormat = '%s';

/** @throws ConfigError: options that do not go together, a time that is none. */
export const toSinkOptions = (
  flags: SinkFlags,
  rules: readonly FilterRule[],
  version: string,
): SinkOptions => {
  if (flags.format !== undefined && flags.print !== 'text')
    throw new ConfigError('--format is for --print text');
  if (flags.formatTs !== undefined && flags.format === undefined)
    throw new ConfigError('--format-ts is for the times of a --format, for example --format default');
  return {
    to: flags.to ?? [],
    failover: flags.failover === true,
    protocol: flags.protocol,
    domain: flags.domain,
    mtuBytes: flags.mtu,
    maxDelayMs: parseDuration('--max-delay', flags.maxDelay ?? '1s', 's'),
    templateRefreshMs: parseDuration('--template-refresh', flags.templateRefresh, 's'),
    templateRefreshMessages: flags.templateMessages,
    maxRate: flags.maxRate,
    uniflow: flags.uniflow === true,
    absoluteTimes: flags.absoluteTimes === true,
    pen: flags.pen,
    rules,
    aggregate: flags.aggregate === true ? '' : flags.aggregate,
    print: flags.print,
    format: flags.format,
    timeFormat: flags.formatTs ?? defaultTimeFormat,
    logFormat: flags.log,
    logLevel: flags.logLevel,
    version,
  };
};
