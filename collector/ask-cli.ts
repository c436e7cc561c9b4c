/** The commands that ask: `flowledger sql` and `flowledger exporters`. */

import { Command } from 'commander';
import { defaultData, run } from './flag-values.ts';

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

/** The commands that ask the ledger. */
export const askCommands = (): readonly Command[] => [sqlCommand(), exportersCommand()];
