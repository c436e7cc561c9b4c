/** Packets of an address out of a capture, beside tcpdump and tshark with the same file: whole processes in turns, start included. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPeer, peerPath } from '../support/peers.ts';
import { writeTrafficPackets } from '../support/traffic-packets.ts';

const packets = 1_500_000;
const rounds = 5;
/** tshark takes so long that a part of the file has to do; what the whole would take is worked out. */
const tsharkPackets = 100_000;
const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const address = '10.0.1.7';

export interface ExtractBenchResult {
  readonly packets: number;
  readonly bytes: number;
  /** Median seconds of a whole run. */
  readonly ours: number;
  readonly tcpdump: number;
  readonly tshark: number | undefined;
  /** Speed, as a part of tcpdump's. */
  readonly ratio: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const secondsOf = (program: string, words: readonly string[]): number => {
  const begin = performance.now();
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with status ${status}: ${stderr}`);
  return (performance.now() - begin) / 1000;
};

export const benchExtract = (say: (text: string) => void): ExtractBenchResult => {
  const directory = mkdtempSync(join(tmpdir(), 'flowledger-bench-'));
  const [input, mine, theirs] = ['packets', 'mine', 'theirs'].map((name) =>
    join(directory, `${name}.pcap`),
  ) as [string, string, string];
  try {
    writeTrafficPackets(input, packets, 20_000);
    const turns = Array.from({ length: rounds }, () => {
      const ours = secondsOf(process.execPath, [
        cli,
        'extract',
        input,
        '--filter',
        `ip ${address}`,
        '--out',
        mine,
      ]);
      const tcpdump = secondsOf(peerPath('tcpdump'), [
        '-Z',
        'root',
        '-r',
        input,
        '-w',
        theirs,
        `host ${address}`,
      ]);
      say(`ours ${ours.toFixed(2)} s, tcpdump ${tcpdump.toFixed(2)} s`);
      if (!readFileSync(mine).equals(readFileSync(theirs))) throw new Error('tcpdump took other packets');
      return { ours, tcpdump };
    });
    const words = [
      '-n',
      '-r',
      input,
      '-Y',
      `ip.addr == ${address}`,
      '-c',
      String(tsharkPackets),
      '-w',
      theirs,
    ];
    const tshark =
      findPeer('tshark') === undefined
        ? undefined
        : (secondsOf(peerPath('tshark'), words) * packets) / tsharkPackets;
    const ours = median(turns.map((turn) => turn.ours));
    const tcpdump = median(turns.map((turn) => turn.tcpdump));
    return { packets, bytes: statSync(input).size, ours, tcpdump, tshark, ratio: tcpdump / ours };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
