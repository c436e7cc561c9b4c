/** The collecting commands: options to complete, read-only settings; defaults are resolved here and nowhere else. */

import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes } from '../shared/service/parse-quantity.ts';
import { runCommand } from '../shared/service/run-command.ts';
import type { CollectOptions } from './collect-options.ts';
import { wantedReceiveBufferBytes } from './receive/udp-listener.ts';
import { type ColumnGroup, columnGroups } from './store/flow-columns.ts';

const defaultListen = ['udp://:2055', 'udp://:4739', 'udp://:9995'];
const defaultData = './flowledger-data';

const append = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

const parsePort = (text: string): number => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError('a port is 1 to 65535.');
  return port;
};

const parseDays = (text: string): number => {
  const days = Number(text.replace(/d$/, ''));
  if (!Number.isInteger(days) || days < 0)
    throw new InvalidArgumentError('days are a whole number; 0 means for ever.');
  return days;
};

const parseColumns = (text: string): readonly ColumnGroup[] => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.filter((name) => !(columnGroups as readonly string[]).includes(name));
  if (wrong.length > 0)
    throw new InvalidArgumentError(`no group ${wrong.join(', ')}; there are ${columnGroups.join(', ')}.`);
  return names as ColumnGroup[];
};

const run = (command: () => Promise<number>): Promise<void> => runCommand(process, command);

interface CollectFlags {
  readonly listen?: readonly string[];
  readonly allow?: readonly string[];
  readonly receiveBuffer: string;
  readonly data: string;
  readonly clickhouse?: string;
  readonly columns: readonly ColumnGroup[];
  readonly extra: boolean;
  readonly exporters?: string;
  readonly ttl: number;
  readonly maxDisk?: string;
  readonly http: string;
  readonly log: 'text' | 'json';
  readonly logLevel: CollectOptions['logLevel'];
  readonly name: string;
}

// What a command needs is loaded when it runs: the client of ClickHouse alone takes longer than Node's own start.
const toCollectOptions = async (flags: CollectFlags): Promise<CollectOptions> => {
  const { findOwnServer } = await import('./store/connection.ts');
  const { readExporters } = await import('./exporters-file.ts');
  return {
    listen: flags.listen ?? defaultListen,
    allow: flags.allow ?? [],
    receiveBufferBytes: parseBytes('--receive-buffer', flags.receiveBuffer),
    dataDir: flags.data,
    server: findOwnServer(flags.clickhouse, process.env),
    columns: flags.columns,
    keepExtra: flags.extra,
    exportersFile: flags.exporters,
    exporters: flags.exporters === undefined ? [] : readExporters(flags.exporters),
    ttlDays: flags.ttl,
    maxDiskBytes: flags.maxDisk === undefined ? 0 : parseBytes('--max-disk', flags.maxDisk),
    http: flags.http === 'off' ? undefined : flags.http,
    logFormat: flags.log,
    logLevel: flags.logLevel,
    name: flags.name,
  };
};

const collectCommand = (): Command =>
  new Command('collect')
    .description('receive NetFlow v5, v9 and IPFIX, and store every flow in ClickHouse')
    .option(
      '--listen <url>',
      `where datagrams come in; may be repeated (default: ${defaultListen.join(' ')})`,
      append,
    )
    .option(
      '--allow <cidr>',
      'take datagrams from these addresses only; may be repeated (default: from all)',
      append,
    )
    .option(
      '--receive-buffer <size>',
      'receive buffer to ask the kernel for, per socket',
      `${wantedReceiveBufferBytes >> 20}MiB`,
    )
    .option('--data <dir>', 'where the embedded ClickHouse keeps its data', defaultData)
    .option(
      '--clickhouse <url>',
      "a server of one's own, http(s)://user:password@host:8123/database (or CLICKHOUSE_URL)",
    )
    .option(
      '--columns <groups>',
      `column groups beside core: ${columnGroups.slice(1).join(', ')}`,
      parseColumns,
      ['nat'],
    )
    .option('--no-extra', 'do not keep the elements that have no column')
    .option('--exporters <file>', 'CSV of address, name, site, sampling; read again on SIGHUP')
    .option('--ttl <days>', 'how long flows are kept after their receipt; 0 means for ever', parseDays, 30)
    .option('--max-disk <size>', 'drop the oldest days when the database is larger, 200G for instance')
    .option('--http <host:port>', 'where /metrics and /healthz are served, or off', '127.0.0.1:8080')
    .addOption(new Option('--log <format>', 'log format').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--name <name>', 'name of this collector in the column collector', hostname())
    .action((flags: CollectFlags) =>
      run(async () => {
        const { collect } = await import('./collector.ts');
        await collect(await toCollectOptions(flags));
        return 0;
      }),
    );

interface AskFlags {
  readonly data: string;
  readonly clickhouse?: string;
}

const withServer = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory of a running collector', defaultData)
    .option(
      '--clickhouse <url>',
      "a server of one's own, http(s)://user:password@host:8123/database (or CLICKHOUSE_URL)",
    );

const serverOf = (flags: AskFlags) => ({
  dataDir: flags.data,
  clickhouse: flags.clickhouse,
  environment: process.env,
});

const sqlCommand = (): Command =>
  withServer(new Command('sql'))
    .description('ask ClickHouse; the query is the argument, or comes from standard input')
    .argument('[query]', 'SQL text')
    .option(
      '--format <name>',
      'any output format of ClickHouse (default: a table, or tab-separated lines in a pipe)',
    )
    .option('--write', 'ask as the user who may change data')
    .action((query: string | undefined, flags: AskFlags & { format?: string; write?: boolean }) =>
      run(async () => {
        const { runSql } = await import('./ask/sql-command.ts');
        return runSql(
          {
            ...serverOf(flags),
            query,
            format: flags.format,
            write: flags.write === true,
            input: process.stdin,
          },
          process.stdout,
          process.stderr,
        );
      }),
    );

const exportersCommand = (): Command =>
  withServer(new Command('exporters'))
    .description('who sends what: versions, Templates, sampling, clocks, losses, problems in words')
    .option('--json', 'one JSON object an exporter')
    .action((flags: AskFlags & { json?: boolean }) =>
      run(async () => {
        const { runExporters } = await import('./ask/exporters-command.ts');
        return runExporters(
          { ...serverOf(flags), json: flags.json === true },
          process.stdout,
          process.stderr,
        );
      }),
    );

interface DecodeFlags {
  readonly format?: 'json' | 'table';
  readonly port?: number;
  readonly summary: 'text' | 'json';
}

const decodeCommand = (): Command =>
  new Command('decode')
    .description('print what the flow-export datagrams of a capture hold; needs no ClickHouse')
    .argument('<file>', 'pcap or pcapng, gzipped or not; - is standard input')
    .addOption(
      new Option(
        '--format <format>',
        'json: one object a record; table: for reading (default on a terminal)',
      ).choices(['json', 'table']),
    )
    .option('--port <port>', 'only datagrams to this UDP port', parsePort)
    .addOption(
      new Option('--summary <format>', 'how the summary on standard error is written')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action((file: string, { format, port, summary }: DecodeFlags) =>
      run(async () => {
        const { runDecode } = await import('./decode-file/decode-command.ts');
        const usual = process.stdout.isTTY ? 'table' : 'json';
        return runDecode({ file, format: format ?? usual, port, summary }, process.stdout, process.stderr);
      }),
    );

/** The commands of the collecting side. */
export const collectorCommands = (): readonly Command[] => [
  collectCommand(),
  sqlCommand(),
  exportersCommand(),
  decodeCommand(),
];
