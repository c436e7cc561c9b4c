/** `flowledger extract`: options to complete, read-only settings. */

import { Command } from 'commander';
import { append, parseCount, run } from './flag-values.ts';

interface ExtractFlags {
  readonly filter?: string;
  readonly connection?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly zone: string;
  readonly count?: number;
  readonly out: string;
  readonly json?: true;
}

const examples = `
Examples:
  flowledger extract ring.pcap.gz --filter 'ip 192.0.2.7 and tcp and port in [80 443]' --out web.pcap
  flowledger extract ring.pcapng --connection 'tcp 172.18.60.2:18982 172.18.60.225:80' --out one.pcapng
  tcpdump -w - | flowledger extract - --filter 'icmp type 3' --out - | tshark -r -
`;

export const extractCommand = (): Command =>
  new Command('extract')
    .description(
      'copy packets out of a capture, octet for octet: those of a filter, of connections, of a time',
    )
    .argument('<file>', 'pcap or pcapng, gzipped or not; - is standard input')
    .requiredOption('--out <file>', 'where the packets go, in the format of the input; - is standard output')
    .option('--filter <text>', 'only packets that match: flowledger filter explains the language')
    .option(
      '--connection <ends>',
      'only packets of "tcp 192.0.2.1:53500 198.51.100.7:443", both directions; may be repeated',
      append,
    )
    .option('--from <time>', 'only packets of this time or later: "2026-11-21 14:03", 14:03:22, -15m, ...')
    .option('--to <time>', 'only packets before this time')
    .option('--zone <zone>', 'time zone of times that are typed and shown: UTC, local, Europe/Zurich', 'UTC')
    .option('--count <packets>', 'so many packets at most; nothing behind the last one is read', parseCount)
    .option('--json', 'the summary on standard error as a JSON object')
    .addHelpText('after', examples)
    .action((file: string, flags: ExtractFlags) =>
      run(async () => {
        const { runExtract } = await import('./extract/extract-command.ts');
        const { filter, connection, from, to, zone, count, out } = flags;
        return runExtract(
          { file, out, filter, connection, from, to, zone, count, json: flags.json === true },
          { now: Date.now, isTerminal: process.stdout.isTTY === true, err: process.stderr },
        );
      }),
    );
