/** `flowledger decode`: options to complete, read-only settings. */

import { Command, Option } from 'commander';
import { parsePort, run } from './flag-values.ts';

interface DecodeFlags {
  readonly format?: 'json' | 'table';
  readonly port?: number;
  readonly summary: 'text' | 'json';
}

export const decodeCommand = (): Command =>
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
