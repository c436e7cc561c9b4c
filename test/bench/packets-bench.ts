/** pcap -> flow records, against softflowd on the same file; both in a process of their own, by turns, start included. */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PacketMeter } from '../../exporter/meter/packet-meter.ts';
import { openPacketSource } from '../../exporter/observe/packet-source.ts';
import { findPeer } from '../support/peers.ts';
import { writeTrafficPackets } from '../support/traffic-packets.ts';

const packets = 3_000_000;
const flowCounts = [100, 500_000];
const rounds = 5;

/** Meters a file; records are counted and thrown away. */
const meterFile = async (file: string): Promise<number> => {
  const options = {
    activeMicros: 60e6,
    idleMicros: 30e6,
    maxFlows: 1_000_000,
    keyVlan: false,
    keyInterface: false,
    details: false,
    samplingInterval: 1,
  };
  let records = 0;
  const meter = new PacketMeter(options, () => {
    records++;
  });
  const source = await openPacketSource(
    { file, interfaceName: undefined, captureFilter: '' },
    { info: () => undefined },
  );
  for await (const piece of source.octets()) meter.push(piece);
  meter.end();
  while (meter.finish(2000));
  return records;
};

const secondsOf = (program: string, words: readonly string[]): number => {
  const begin = performance.now();
  const { status } = spawnSync(program, words, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ended with status ${status}`);
  return (performance.now() - begin) / 1000;
};
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** `folder` needs room for a file of 530 MB. Returns lines to be printed. */
export const benchPackets = (folder: string): string[] => {
  const lines: string[] = [];
  const softflowd = findPeer('softflowd');
  const path = join(folder, 'packets-bench.pcap');
  for (const flows of flowCounts) {
    writeTrafficPackets(path, packets, flows);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(secondsOf(process.execPath, [fileURLToPath(import.meta.url), path]));
      const words = ['-d', '-m', '1000000', '-r', path, '-n', '127.0.0.1:9', '-v', '10'];
      if (softflowd !== undefined) theirs.push(secondsOf(softflowd, words));
    }
    const mine = median(ours);
    const other = median(theirs);
    const said =
      softflowd === undefined ? 'not installed' : `${other.toFixed(2)} s, ${(other / mine).toFixed(2)}x`;
    lines.push(
      `${packets} packets, ${flows} flows: ${mine.toFixed(2)} s, ${((mine / packets) * 1e9).toFixed(0)} ns a packet; softflowd ${said}`,
    );
    rmSync(path);
  }
  return lines;
};

const file = process.argv[2];
if (process.argv[1] === fileURLToPath(import.meta.url) && file !== undefined) await meterFile(file);
