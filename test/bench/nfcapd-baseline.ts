/**
 * The yardstick: nfcapd (C, flat files) under the same generator, with the same receive buffer.
 *
 *   node --import=tsx test/bench/nfcapd-baseline.ts --rate 1000000 --seconds 10 [--how plain]
 *   node --import=tsx test/bench/nfcapd-baseline.ts --find [--seconds 10]
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ProcNetSocket, parseProcNetSockets } from '../../collector/receive/proc-net-sockets.ts';
import { processCpuSeconds } from './process-cpu.ts';
import { withReceiveMemory } from './receive-memory.ts';
import { type SenderOptions, UdpSender } from './udp-sender.ts';

const receiveBufferBytes = 32 << 20;

export interface BaselineResult {
  readonly flowsPerSecond: number;
  readonly sentRecords: number;
  readonly storedRecords: number;
  readonly lostRecords: number;
  readonly kernelDrops: number;
  readonly cpuMicrosPerFlow: number;
  /** Of the sender, so that one sees what it took from the machine. */
  readonly senderCpuSeconds: number;
}

const freePort = async (): Promise<number> => {
  const socket = dgram.createSocket('udp4').bind(0, '0.0.0.0');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
};

const findSocket = (port: number): ProcNetSocket | undefined =>
  parseProcNetSockets(readFileSync('/proc/net/udp', 'utf8')).find((socket) => socket.localPort === port);

const until = async (condition: () => boolean, child: ChildProcess): Promise<void> => {
  while (!condition()) {
    if (child.exitCode !== null) throw new Error(`nfcapd ended with ${child.exitCode}`);
    await setTimeout(20);
  }
};

const countStored = (directory: string): number => {
  const listing = execFileSync('nfdump', ['-R', directory, '-I'], { encoding: 'utf8' });
  return Number(/^Flows: (\d+)$/m.exec(listing)?.[1] ?? Number.NaN);
};

/** One run. Records that are not in nfcapd's files at the end are lost, whoever lost them. */
export const runNfcapd = async (
  sender: UdpSender,
  load: Omit<SenderOptions, 'port'>,
): Promise<BaselineResult> => {
  const directory = mkdtempSync(join(tmpdir(), 'flowledger-nfcapd-'));
  const port = await freePort();
  const options = ['-4', '-p', String(port), '-w', directory, '-B', String(receiveBufferBytes), '-t', '3600'];
  const child = spawn('nfcapd', options, { stdio: 'ignore' });
  const abandon = (): boolean => child.kill('SIGKILL');
  process.once('exit', abandon);
  try {
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
    const pid = child.pid as number;
    await until(() => findSocket(port) !== undefined, child);
    const before = processCpuSeconds(pid);
    const sent = await sender.send({ ...load, port });
    await until(() => findSocket(port)?.receiveQueueBytes === 0, child);
    const kernelDrops = findSocket(port)?.drops ?? 0;
    const exited = once(child, 'exit');
    const cpuSeconds = processCpuSeconds(pid) - before;
    child.kill('SIGTERM');
    await exited;
    const storedRecords = countStored(directory);
    return {
      flowsPerSecond: Math.round(sent.records / sent.seconds),
      sentRecords: sent.records,
      storedRecords,
      lostRecords: sent.records - storedRecords,
      kernelDrops,
      cpuMicrosPerFlow: (cpuSeconds * 1e6) / storedRecords,
      senderCpuSeconds: sent.cpuSeconds,
    };
  } finally {
    process.off('exit', abandon);
    abandon();
    rmSync(directory, { recursive: true, force: true });
  }
};

/** The highest rate without a lost record: doubling from 500,000 flows/s, then halving the gap until it is below a tenth. */
export const findLosslessRate = async (
  run: (flowsPerSecond: number) => Promise<BaselineResult>,
  report: (result: BaselineResult) => void,
): Promise<number> => {
  let held = 0;
  let lost = Number.POSITIVE_INFINITY;
  for (
    let rate = 500_000;
    lost - held > held / 10;
    rate = lost === Number.POSITIVE_INFINITY ? held * 2 : (held + lost) / 2
  ) {
    const result = await run(rate);
    report(result);
    if (result.lostRecords === 0 && result.flowsPerSecond > 0.97 * rate) held = rate;
    else lost = rate;
    if (lost < 50_000) break;
  }
  return held;
};

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { rate: text, seconds: text, how: text, find: { type: 'boolean' } },
  });
  const sender = new UdpSender();
  const how = (values.how as SenderOptions['how']) ?? sender.defaultHow;
  const seconds = Number(values.seconds ?? 10);
  const run = (flowsPerSecond: number) =>
    withReceiveMemory(receiveBufferBytes, () => runNfcapd(sender, { flowsPerSecond, seconds, how }));
  try {
    if (values.find) {
      const held = await findLosslessRate(run, (result) => console.log(JSON.stringify(result)));
      console.log(`highest rate without loss: ${held} flows/s (sender: ${how})`);
    } else console.log(JSON.stringify(await run(Number(values.rate ?? 1_000_000))));
  } finally {
    sender.close();
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
