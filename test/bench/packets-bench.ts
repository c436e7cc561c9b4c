/** pcap -> IPFIX, beside softflowd with the same file: whole processes in turns, start and sending included. */

import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peerPath } from '../support/peers.ts';
import { writeTrafficPackets } from '../support/traffic-packets.ts';

const packets = 3_000_000;
const flowCounts = [100, 500_000] as const;
const rounds = 5;
const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

export interface PacketsResult {
  readonly packets: number;
  readonly flows: number;
  /** Median seconds of a whole run. */
  readonly ours: number;
  readonly softflowd: number;
  readonly ratio: number;
}

interface Run {
  readonly seconds: number;
  readonly flows: number;
}

const run = (program: string, words: readonly string[], flows: RegExp): Run => {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  const seconds = (performance.now() - begin) / 1000;
  if (status !== 0) throw new Error(`${program} ended with status ${status}: ${stderr}`);
  return { seconds, flows: Number(flows.exec(`${stdout}${stderr}`)?.[1]) };
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Both keep a flow until the end of the file, and send without a brake to a socket that nobody reads. */
const turn = (path: string, port: number): readonly [ours: Run, softflowd: Run] => {
  const to = `127.0.0.1:${port}`;
  const ours = [
    'export',
    'pcap',
    path,
    '--to',
    `udp://${to}`,
    '--max-rate',
    '0',
    '--active',
    '0',
    '--idle',
    '1h',
  ];
  const pid = join(path, '..', 'softflowd.pid');
  const theirs = ['-d', '-m', '1000000', '-r', path, '-n', to, '-v', '10', '-p', pid, '-c', 'none'];
  return [
    run(process.execPath, [cli, ...ours], /metered (\d+) flows/),
    run(peerPath('softflowd'), theirs, /Flows exported: (\d+)/),
  ];
};

export const benchPackets = async (say: (text: string) => void): Promise<readonly PacketsResult[]> => {
  const directory = mkdtempSync(join(tmpdir(), 'flowledger-bench-'));
  const sink = createSocket('udp4');
  sink.bind(0, '127.0.0.1');
  await once(sink, 'listening');
  const results: PacketsResult[] = [];
  try {
    for (const flows of flowCounts) {
      const path = join(directory, 'packets.pcap');
      writeTrafficPackets(path, packets, flows);
      const turns = Array.from({ length: rounds }, () => {
        const runs = turn(path, sink.address().port);
        say(
          `${flows} flows: ours ${runs[0].seconds.toFixed(2)} s, softflowd ${runs[1].seconds.toFixed(2)} s`,
        );
        if (runs[0].flows !== runs[1].flows)
          throw new Error(`${runs[0].flows} flows, and softflowd found ${runs[1].flows}`);
        return runs;
      });
      const ours = median(turns.map(([run]) => run.seconds));
      const softflowd = median(turns.map(([, run]) => run.seconds));
      results.push({ packets, flows, ours, softflowd, ratio: softflowd / ours });
    }
  } finally {
    sink.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return results;
};
