/** The collecting commands: options to complete, read-only settings; defaults are resolved here and nowhere else. */

import { hostname } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { ConfigError } from '../shared/service/config-error.ts';
import { formatBytes } from '../shared/service/format-quantity.ts';
import { parseBytes, parseDuration } from '../shared/service/parse-quantity.ts';
import { askCommands } from './ask-cli.ts';
import type { CollectOptions, JournalOptions } from './collect-options.ts';
import { decodeCommand } from './decode-cli.ts';
import { extractCommand } from './extract-cli.ts';
import { append, defaultData, parseColumns, parseDays, parsePort, run } from './flag-values.ts';
import type { JournalSync } from './journal/journal-writer.ts';
import { journalCommand } from './journal-cli.ts';
import { wantedReceiveBufferBytes } from './receive/udp-listener.ts';
import { insideCondition, privateNetworks } from './rollup/inside-networks.ts';
import { type ColumnGroup, columnGroups } from './store/flow-columns.ts';

const defaultListen = ['udp://:2055', 'udp://:4739', 'udp://:9995'];

interface CollectFlags {
  readonly listen?: readonly string[];
  readonly allow?: readonly string[];
  readonly receiveBuffer: string;
  readonly data: string;
  readonly clickhouse?: string;
  readonly journal?: string;
  readonly journalKeep: string;
  readonly journalMax?: string;
  readonly journalSync: JournalSync;
  readonly columns: readonly ColumnGroup[];
  readonly extra: boolean;
  readonly exporters?: string;
  readonly ttl: number;
  readonly rollups: boolean;
  readonly inside?: readonly string[];
  readonly natTtl: number;
  readonly maxDisk?: string;
  readonly http: string;
  readonly log: 'text' | 'json';
  readonly logLevel: CollectOptions['logLevel'];
  readonly name?: string;
  readonly pcap?: readonly string[];
  readonly port?: number;
  readonly db?: string;
  readonly append?: boolean;
}

/** What batches on their way hold of it, and some segments more: with less, the newest would go in place of the oldest. */
const leastJournalBytes = 48 << 20;

const toJournalOptions = (flags: CollectFlags): JournalOptions | undefined => {
  const { data, journal, journalKeep, journalMax, journalSync: sync } = flags;
  if (journal === 'off') return undefined;
  const maxBytes = journalMax === undefined ? undefined : parseBytes('--journal-max', journalMax);
  if (maxBytes !== undefined && maxBytes < leastJournalBytes)
    throw new ConfigError(`--journal-max ${journalMax}: at least ${formatBytes(leastJournalBytes)}`);
  return {
    directory: journal ?? join(data, 'journal'),
    keepMs: parseDuration('--journal-keep', journalKeep),
    maxBytes,
    sync,
  };
};

const toRollupOptions = ({ rollups, inside = privateNetworks, natTtl }: CollectFlags) => {
  // Says what is wrong with it.
  insideCondition(inside);
  return rollups ? { inside, natTtlDays: natTtl } : undefined;
};

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
    journal: toJournalOptions(flags),
    columns: flags.columns,
    keepExtra: flags.extra,
    exportersFile: flags.exporters,
    exporters: flags.exporters === undefined ? [] : readExporters(flags.exporters),
    ttlDays: flags.ttl,
    rollups: toRollupOptions(flags),
    maxDiskBytes: flags.maxDisk === undefined ? 0 : parseBytes('--max-disk', flags.maxDisk),
    http: flags.http === 'off' ? undefined : flags.http,
    logFormat: flags.log,
    logLevel: flags.logLevel,
    name: flags.name ?? hostname(),
  };
};

const loadCaptures = async (flags: CollectFlags, files: readonly string[]): Promise<number> => {
  const { openCapture } = await import('./load/history.ts');
  const { runLoad } = await import('./load/run-load.ts');
  if (flags.db === undefined) throw new ConfigError('--pcap: say with --db NAME into which database');
  const { dataDir, server, columns, keepExtra, exporters, rollups, logFormat, logLevel } =
    await toCollectOptions(flags);
  const histories = files.map((file) => () => openCapture(file, flags.port));
  const { db: database, append: isAppended = false, name } = flags;
  const load = {
    histories,
    database,
    append: isAppended,
    dataDir,
    server,
    columns,
    keepExtra,
    exporters,
    rollups,
    name,
  };
  return runLoad(load, { logFormat, logLevel });
};

const withJournal = (command: Command): Command =>
  command
    .option(
      '--journal <dir>',
      'where datagrams are written down until they are stored, or off (default: DATA/journal)',
    )
    .option('--journal-keep <duration>', 'how long the journal keeps what is stored, 2d for instance', '0s')
    .option(
      '--journal-max <size>',
      'past this the oldest that is not stored goes (default: a fifth of the free disk)',
    )
    .addOption(
      new Option('--journal-sync <when>', 'when the journal is synced to disk, for a loss of power')
        .choices(['off', 'interval', 'always'])
        .default('off'),
    );

const withHistory = (command: Command): Command =>
  command
    .option(
      '--pcap <file>',
      'load the flow-export datagrams of a capture into the database --db, and end; may be repeated',
      append,
    )
    .option('--port <port>', 'with --pcap: only datagrams to this UDP port', parsePort)
    .option('--db <name>', 'with --pcap: the database, without TTL; made when it is not there')
    .option('--append', 'with --pcap: also into a database that has flows');

const withReceiving = (command: Command): Command =>
  command
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
    .option(
      '--inside <cidr>',
      `what counts as ours, in host_activity; may be repeated (default: ${privateNetworks.join(' ')})`,
      append,
    )
    .option('--nat-ttl <days>', 'how long nat_log is kept, likewise', parseDays, 365)
    .option('--no-rollups', 'make no tables out of flows: questions are answered from flows alone')
    .option('--max-disk <size>', 'drop the oldest days when the database is larger, 200G for instance')
    .option('--http <host:port>', 'where /metrics and /healthz are served, or off', '127.0.0.1:8080')
    .addOption(new Option('--log <format>', 'log format').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option(
      '--name <name>',
      'name of this collector in the column collector (default: the name of this host)',
    );

const collectCommand = (): Command =>
  withHistory(withJournal(withReceiving(new Command('collect')))).action((flags: CollectFlags) =>
    run(async () => {
      if (flags.pcap) return loadCaptures(flags, flags.pcap);
      if (flags.db !== undefined || flags.port !== undefined || flags.append !== undefined)
        throw new ConfigError('--db, --port and --append go with --pcap');
      const { collect } = await import('./collector.ts');
      await collect(await toCollectOptions(flags));
      return 0;
    }),
  );

/** The commands of the collecting side. */
export const collectorCommands = (): readonly Command[] => [
  collectCommand(),
  ...askCommands(),
  decodeCommand(),
  extractCommand(),
  journalCommand(),
];
