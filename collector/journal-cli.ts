/** `flowledger journal`: what is written down, listed, shown, converted, and decoded again. */

import { join } from 'node:path';
import { Command } from 'commander';
import { append, defaultData, parseColumns, parseCount, parseTime, run } from './flag-values.ts';
import { privateNetworks } from './rollup/inside-networks.ts';
import type { ColumnGroup } from './store/flow-columns.ts';

interface JournalFlags {
  readonly data: string;
  readonly journal?: string;
}

interface SelectionFlags extends JournalFlags {
  readonly from?: number;
  readonly to?: number;
  readonly exporter?: string;
}

const directoryOf = (flags: JournalFlags): string => flags.journal ?? join(flags.data, 'journal');

const withJournal = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory of a collector, running or not', defaultData)
    .option('--journal <dir>', 'directory of the journal (default: DATA/journal)');

const withSelection = (command: Command): Command =>
  withJournal(command)
    .option('--from <time>', 'only what was received at this time or later', parseTime)
    .option('--to <time>', 'only what was received before this time', parseTime)
    .option('--exporter <address>', 'only datagrams of this exporter');

const selectionOf = (flags: SelectionFlags) => ({
  directory: directoryOf(flags),
  from: flags.from,
  to: flags.to,
  exporter: flags.exporter,
});

const listCommand = (): Command =>
  withJournal(new Command('ls'))
    .description('the segments of the journal: how large, from when, what of them is stored')
    .option('--check', 'read every octet, to find damage inside of segments')
    .option('--json', 'one JSON object a segment')
    .action((flags: JournalFlags & { check?: boolean; json?: boolean }) =>
      run(async () => {
        const { runJournalLs } = await import('./journal-tools/list-journal.ts');
        return runJournalLs(
          {
            directory: directoryOf(flags),
            check: flags.check === true,
            json: flags.json === true,
            environment: process.env,
          },
          process.stdout,
          process.stderr,
        );
      }),
    );

interface ShowFlags extends SelectionFlags {
  readonly limit?: number;
  readonly json?: boolean;
  readonly payload?: boolean;
}

const showCommand = (): Command =>
  withSelection(new Command('show'))
    .description('the frames of the journal: datagrams, and what reception says of itself')
    .option('--limit <count>', 'at most so many', parseCount)
    .option('--json', 'one JSON object a frame')
    .option('--payload', 'with --json: the octets of each datagram, in hex')
    .action((flags: ShowFlags) =>
      run(async () => {
        const { runJournalShow } = await import('./journal-tools/show-frames.ts');
        const { limit, json = false, payload = false } = flags;
        return runJournalShow(
          { ...selectionOf(flags), limit, json, payload },
          process.stdout,
          process.stderr,
        );
      }),
    );

const toPcapCommand = (): Command =>
  withSelection(new Command('to-pcap'))
    .description('the datagrams as a capture, for tshark and others')
    .argument('<file>', 'the capture, which is written anew; - is standard output')
    .action((file: string, flags: SelectionFlags) =>
      run(async () => {
        const { runJournalToPcap } = await import('./journal-tools/write-pcap.ts');
        return runJournalToPcap({ ...selectionOf(flags), file }, process.stdout, process.stderr);
      }),
    );

interface ReplayFlags extends SelectionFlags {
  readonly db: string;
  readonly append?: boolean;
  readonly clickhouse?: string;
  readonly columns: readonly ColumnGroup[];
  readonly extra: boolean;
  readonly exporters?: string;
  readonly inside?: readonly string[];
  readonly name?: string;
}

const replayCommand = (): Command =>
  withSelection(new Command('replay'))
    .description('decode the journal again, into a database of its own, without TTL')
    .requiredOption('--db <name>', 'the database; made when it is not there')
    .option('--append', 'also into a database that has flows')
    .option(
      '--clickhouse <url>',
      "a server of one's own, http(s)://user:password@host:8123 (or CLICKHOUSE_URL)",
    )
    .option('--columns <groups>', 'column groups beside core, as for collect', parseColumns, ['nat'])
    .option('--no-extra', 'do not keep the elements that have no column')
    .option('--exporters <file>', 'CSV of address, name, site, sampling')
    .option(
      '--inside <cidr>',
      `what counts as ours, as for collect (default: ${privateNetworks.join(' ')})`,
      append,
    )
    .option('--name <name>', 'value of the column collector (default: the name of the journal)')
    .action((flags: ReplayFlags) =>
      run(async () => {
        const { findOwnServer } = await import('./store/connection.ts');
        const { readExporters } = await import('./exporters-file.ts');
        const { openJournalHistory } = await import('./load/history.ts');
        const { runLoad } = await import('./load/run-load.ts');
        const load = {
          histories: [() => openJournalHistory(selectionOf(flags))],
          database: flags.db,
          append: flags.append === true,
          dataDir: flags.data,
          server: findOwnServer(flags.clickhouse, process.env),
          columns: flags.columns,
          keepExtra: flags.extra,
          exporters: flags.exporters === undefined ? [] : readExporters(flags.exporters),
          rollups: { inside: flags.inside ?? privateNetworks },
          name: flags.name,
        };
        return runLoad(load, { logFormat: 'text', logLevel: 'info' });
      }),
    );

export const journalCommand = (): Command =>
  new Command('journal')
    .description('what was received, as it was written down')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(toPcapCommand())
    .addCommand(replayCommand());
