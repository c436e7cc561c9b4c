/**
 * The same flows in nfcapd's files, a file for five minutes of receipt as in life (LZ4), and nfdump asked of them. nfcapd receives them over
 * loopback as fast as it takes them: one process a file, since it names files by its own clock.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parseProcNetSockets } from '../../collector/receive/proc-net-sockets.ts';
import {
  type AskDatagram,
  type AskShape,
  exporters,
  makeDatagrams,
  makeTemplate,
  sliceRows,
} from './ask-flows.ts';
import { withReceiveMemory } from './receive-memory.ts';

const fileMicros = 300e6;
/** All datagrams of five minutes wait there, with what the kernel adds to each, while nfcapd is busy. */
const receiveBufferBytes = 256 << 20;
const sendersInFlight = 500;
const run = promisify(execFile);
const environment = { ...process.env, TZ: 'UTC' };

const openSenders = (): Promise<readonly dgram.Socket[]> =>
  Promise.all(
    Array.from({ length: exporters }, async (_, exporter) => {
      const socket = dgram.createSocket('udp4').bind(0, `127.0.0.${exporter + 2}`);
      await once(socket, 'listening');
      return socket;
    }),
  );

const findSocket = (port: number) =>
  parseProcNetSockets(readFileSync('/proc/net/udp', 'utf8')).find((socket) => socket.localPort === port);

const until = async (condition: () => boolean, child: ChildProcess): Promise<void> => {
  while (!condition()) {
    if (child.exitCode !== null) throw new Error(`nfcapd ended with ${child.exitCode}`);
    await setTimeout(10);
  }
};

const sendAll = async (
  senders: readonly dgram.Socket[],
  port: number,
  datagrams: readonly AskDatagram[],
): Promise<void> => {
  const send = (exporter: number, octets: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      senders[exporter]?.send(octets, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    });
  const micros = datagrams[0]?.receivedMicros ?? 0;
  for (let exporter = 0; exporter < exporters; exporter++)
    await send(exporter, makeTemplate(exporter, micros));
  for (let first = 0; first < datagrams.length; first += sendersInFlight) {
    const some = datagrams.slice(first, first + sendersInFlight);
    await Promise.all(some.map(({ exporter, octets }) => send(exporter, octets)));
  }
};

/** `nfcapd.YYYYMMDDhhmm`, UTC. */
const fileName = (micros: number): string =>
  `nfcapd.${new Date(micros / 1000).toISOString().slice(0, 16).replace(/\D/g, '')}`;

const writeFile = async (
  directory: string,
  senders: readonly dgram.Socket[],
  datagrams: readonly AskDatagram[],
): Promise<void> => {
  const scratch = join(directory, 'scratch');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  const probe = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise<void>((resolve) => probe.close(resolve));
  const options = ['-4', '-y', '-b', '127.0.0.1', '-p', String(port), '-w', scratch, '-t', '3600'];
  const child = spawn('nfcapd', [...options, '-B', String(receiveBufferBytes)], {
    stdio: 'ignore',
    env: environment,
  });
  const abandon = (): boolean => child.kill('SIGKILL');
  process.once('exit', abandon);
  try {
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
    await until(() => findSocket(port) !== undefined, child);
    await sendAll(senders, port, datagrams);
    await until(() => findSocket(port)?.receiveQueueBytes === 0, child);
    if (findSocket(port)?.drops !== 0) throw new Error('the kernel dropped datagrams');
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  } finally {
    process.off('exit', abandon);
    abandon();
  }
  const [file] = readdirSync(scratch).filter((name) => /^nfcapd\.\d+$/.test(name));
  if (file === undefined) throw new Error('nfcapd wrote no file');
  const first = datagrams[0]?.receivedMicros ?? 0;
  renameSync(join(scratch, file), join(directory, fileName(Math.floor(first / fileMicros) * fileMicros)));
  rmSync(scratch, { recursive: true });
};

export const countNfdump = async (directory: string): Promise<number> => {
  const { stdout } = await run('nfdump', ['-R', directory, '-I'], { env: environment });
  return Number(/^Flows: (\d+)$/m.exec(stdout)?.[1] ?? Number.NaN);
};

/** Makes the files where that was not done to the end. Throws when nfdump does not count all flows in them. */
export const openNfdump = async (
  directory: string,
  shape: AskShape,
  report: (line: string) => void,
): Promise<void> => {
  const done = join(`${directory}.done`);
  if (existsSync(done)) return;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const senders = await openSenders();
  const fileOf = ({ receivedMicros }: AskDatagram): number => Math.floor(receivedMicros / fileMicros);
  try {
    await withReceiveMemory(receiveBufferBytes, async () => {
      let waiting: AskDatagram[] = [];
      const write = async (datagrams: readonly AskDatagram[]): Promise<void> => {
        if (datagrams.length > 0) await writeFile(directory, senders, datagrams);
      };
      for (let slice = 0; slice < shape.slices; slice++) {
        for (const datagram of makeDatagrams(shape, slice)) {
          const [first] = waiting;
          if (first && fileOf(first) !== fileOf(datagram)) {
            await write(waiting);
            waiting = [];
          }
          waiting.push(datagram);
        }
        if (slice % 50 === 0) report(`nfcapd: ${slice} of ${shape.slices} slices`);
      }
      await write(waiting);
    });
  } finally {
    for (const sender of senders) sender.close();
  }
  const flows = await countNfdump(directory);
  if (flows !== shape.slices * sliceRows)
    throw new Error(`nfdump counts ${flows} flows of ${shape.slices * sliceRows}`);
  writeFileSync(done, `${flows}\n`);
};

const nfdumpTime = (micros: number): string =>
  new Date(micros / 1000).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', '.');

/** Asks nfdump; returns wall-clock milliseconds and the lines of its answer. */
export const askNfdump = async (
  directory: string,
  range: { readonly from: number; readonly to: number },
  options: readonly string[],
): Promise<{ readonly milliseconds: number; readonly lines: number }> => {
  const window = `${nfdumpTime(range.from)}-${nfdumpTime(range.to)}`;
  const startedAt = performance.now();
  const { stdout } = await run('nfdump', ['-R', directory, '-t', window, '-q', ...options], {
    env: environment,
    maxBuffer: 1 << 30,
  });
  const milliseconds = performance.now() - startedAt;
  return { milliseconds, lines: stdout.split('\n').filter((line) => line.trim() !== '').length };
};
