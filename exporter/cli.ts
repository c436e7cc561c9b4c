/** The exporting commands: options to complete, read-only settings; defaults are resolved here and nowhere else. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from '../shared/service/config-error.ts';
import { parseBytes, parseDuration } from '../shared/service/parse-quantity.ts';
import { runCommand } from '../shared/service/run-command.ts';
import {
  type ConnectionEvent,
  connectionEvents,
  type KeyField,
  keyFields,
  type PrintFormat,
  printFormats,
  type SinkOptions,
} from './export-options.ts';
import type { FilterRule } from './meter/filter-rule.ts';

const append = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

const parseWhole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}.`);
    return value;
  };

const u32 = 2 ** 32 - 1;

/** `a,b` of the words that there are. */
const parseWords =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): readonly Word[] => {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const wrong = names.filter((name) => !(words as readonly string[]).includes(name));
    if (names.length === 0) throw new InvalidArgumentError(`one or more of ${words.join(', ')}.`);
    if (wrong.length > 0)
      throw new InvalidArgumentError(`no ${wrong.join(', ')}; there are ${words.join(', ')}.`);
    return names as Word[];
  };

interface SinkFlags {
  readonly to?: readonly string[];
  readonly failover?: boolean;
  readonly protocol: 'ipfix' | 'netflow9';
  readonly domain: number;
  readonly mtu?: number;
  readonly maxDelay: string;
  readonly templateRefresh: string;
  readonly templateMessages: number;
  readonly maxRate?: number;
  readonly uniflow?: boolean;
  readonly absoluteTimes?: boolean;
  readonly pen?: number;
  readonly aggregate?: string | true;
  readonly print?: PrintFormat;
  readonly log: 'text' | 'json';
  readonly logLevel: SinkOptions['logLevel'];
}

/** The options that both sources have. `rules` fills as they stand on the command line: the first that matches wins. */
const withSink = (command: Command, rules: FilterRule[]): Command => {
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
    .option('--max-delay <time>', 'how long a record may wait for others', '1s')
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
    .addOption(new Option('--log <format>', 'log format').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    );
};

const toSinkOptions = (flags: SinkFlags, rules: readonly FilterRule[], version: string): SinkOptions => ({
  to: flags.to ?? [],
  failover: flags.failover === true,
  protocol: flags.protocol,
  domain: flags.domain,
  mtuBytes: flags.mtu,
  maxDelayMs: parseDuration('--max-delay', flags.maxDelay, 's'),
  templateRefreshMs: parseDuration('--template-refresh', flags.templateRefresh, 's'),
  templateRefreshMessages: flags.templateMessages,
  maxRate: flags.maxRate,
  uniflow: flags.uniflow === true,
  absoluteTimes: flags.absoluteTimes === true,
  pen: flags.pen,
  rules,
  aggregate: flags.aggregate === true ? '' : flags.aggregate,
  print: flags.print,
  logFormat: flags.log,
  logLevel: flags.logLevel,
  version,
});

interface ConntrackFlags extends SinkFlags {
  readonly events: readonly ConnectionEvent[];
  readonly active: string;
  readonly natEvents?: 'session' | 'historic' | true;
  readonly flows: boolean;
  readonly buffer: string;
  readonly reliable?: boolean;
  readonly enable?: boolean;
  readonly maxConnections: number;
}

const conntrackCommand = (version: string): Command => {
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
    .action((flags: ConntrackFlags) =>
      runCommand(process, async () => {
        // What the other source needs is not loaded: start-up is part of how long a small capture takes.
        const { exportConntrack } = await import('./conntrack-exporter.ts');
        return exportConntrack({
          ...toSinkOptions(flags, rules, version),
          events: flags.events,
          activeSeconds: parseDuration('--active', flags.active, 's') / 1000,
          natEvents:
            flags.natEvents === undefined ? 'off' : flags.natEvents === true ? 'session' : flags.natEvents,
          flows: flags.flows,
          bufferBytes: parseBytes('--buffer', flags.buffer),
          reliable: flags.reliable === true,
          enable: flags.enable === true,
          maxConnections: flags.maxConnections,
        });
      }),
    );
};

interface PacketFlags extends SinkFlags {
  readonly interface?: string;
  readonly active: string;
  readonly idle: string;
  readonly maxFlows: number;
  readonly key?: readonly KeyField[];
  readonly details?: boolean;
  readonly sampling: number;
}

const pcapCommand = (version: string): Command => {
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

/** The commands of the exporting side. */
export const exporterCommands = (version: string): readonly Command[] => [
  new Command('export')
    .description('export flows as IPFIX or NetFlow v9')
    .addCommand(conntrackCommand(version))
    .addCommand(pcapCommand(version)),
];
