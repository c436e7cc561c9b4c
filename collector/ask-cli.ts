/** The commands that ask: `flowledger sql`, `flowledger exporters`, and one a report. */

import { Command, Option } from 'commander';
import type { Report, ReportOption } from './ask/report.ts';
import type { ReportLayout } from './ask/run-report.ts';
import { append, defaultData, parseCount, run } from './flag-values.ts';
import { reports } from './reports/report-list.ts';

interface AskFlags {
  readonly data: string;
  readonly clickhouse?: string;
  readonly db?: string;
}

const withServer = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory of a running collector', defaultData)
    .option(
      '--clickhouse <url>',
      "a server of one's own, http(s)://user:password@host:8123/database (or CLICKHOUSE_URL)",
    )
    .option('--db <name>', 'another database of that server: history that was loaded');

const serverOf = (flags: AskFlags) => ({
  dataDir: flags.data,
  database: flags.db,
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

interface ReportFlags extends AskFlags {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly zone: string;
  readonly filter?: string;
  readonly limit?: number;
  readonly page?: number;
  readonly json?: true;
  readonly csv?: true;
  readonly sql?: true;
}

const layouts = ['json', 'csv', 'sql'] as const;

const durationText = (micros: number): string => {
  const minutes = Math.round(micros / 60e6);
  return minutes % 1440 === 0
    ? `${minutes / 1440}d`
    : minutes % 60 === 0
      ? `${minutes / 60}h`
      : `${minutes}m`;
};

const withQuestion = (command: Command, report: Report): Command => {
  const layout = (flags: string, description: string, name: ReportLayout): Option =>
    new Option(flags, description).conflicts(layouts.filter((other) => other !== name));
  command
    .option('--from <time>', 'from this time on: "2026-11-21 14:03", 14:03:22, -15m, yesterday, ...')
    .option('--to <time>', 'up to this time (default: now)')
    .option(
      '--last <duration>',
      `the last 15m, 24h, 7d ... (default: ${durationText(report.defaultLastMicros)})`,
    )
    .option('--zone <zone>', 'time zone of times that are typed and shown: UTC, local, Europe/Zurich', 'UTC')
    .option('--filter <text>', 'only flows that match: flowledger filter explains the language')
    .option('--limit <rows>', `at most so many rows (default: ${report.defaultLimit})`, parseCount);
  if (report.isPaged) command.option('--page <number>', 'the next rows: 2, 3, ...', parseCount);
  return command
    .addOption(layout('--json', 'one JSON object a row', 'json'))
    .addOption(layout('--csv', 'CSV with a header', 'csv'))
    .addOption(layout('--sql', 'print the query, and do not ask it', 'sql'));
};

const toOption = ({ flags, description, byDefault, repeated }: ReportOption): Option => {
  const isSaid = typeof byDefault === 'string' || typeof byDefault === 'number';
  const option = new Option(flags, isSaid ? `${description} (default: ${byDefault})` : description);
  return repeated ? option.argParser(append) : option;
};

/** What was typed for the options of the report, read by it. Throws ConfigError. */
const readOptions = (report: Report, typed: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    report.options.map((option) => {
      const name = toOption(option).attributeName();
      const { parse, byDefault } = option;
      const read = (value: unknown): unknown => {
        if (typeof value !== 'string' || parse === undefined) return value;
        return parse(value);
      };
      const value = typed[name];
      if (value === undefined) return [name, byDefault];
      return [name, Array.isArray(value) ? value.map(read) : read(value)];
    }),
  );

const reportCommand = (report: Report): Command => {
  const { argument, examples = [] } = report;
  const command = new Command(report.name).description(report.summary);
  if (argument !== undefined)
    command.argument(argument.isRequired ? `<${argument.name}>` : `[${argument.name}]`, argument.description);
  for (const option of report.options) command.addOption(toOption(option));
  withServer(withQuestion(command, report));
  if (examples.length > 0)
    command.addHelpText(
      'after',
      `\nExamples:\n${examples.map((line) => `  flowledger ${report.name} ${line}\n`).join('')}`,
    );
  return command.action((...given: readonly unknown[]) =>
    run(async () => {
      const flags = command.opts<ReportFlags>();
      const [{ runReport }, { compileFilter }] = await Promise.all([
        import('./ask/run-report.ts'),
        import('./filter/compile-filter.ts'),
      ]);
      const { from, to, last, zone, filter, limit, page } = flags;
      const request = {
        ...serverOf(flags),
        ...{ from, to, last, zone, filter, limit, page },
        argument: argument === undefined ? undefined : (given[0] as string | undefined),
        options: readOptions(report, command.opts()),
        layout: layouts.find((name) => flags[name]) ?? ('table' as const),
      };
      const ending = new AbortController();
      // Only what stands waits for it; other questions end at once.
      if (report.follow !== undefined) process.once('SIGINT', () => ending.abort());
      const surroundings = { nowMicros: Date.now() * 1000, compileFilter, signal: ending.signal };
      return runReport(report, request, surroundings, process.stdout, process.stderr);
    }),
  );
};

const filterCommand = (): Command =>
  new Command('filter').description('explain the language of --filter').action(() =>
    run(async () => {
      const { formatFilterHelp } = await import('./filter/filter-help.ts');
      process.stdout.write(formatFilterHelp(process.stdout.columns || 100));
      return 0;
    }),
  );

/** The commands that ask the ledger. */
export const askCommands = (): readonly Command[] => [
  sqlCommand(),
  exportersCommand(),
  ...reports.map(reportCommand),
  filterCommand(),
];
