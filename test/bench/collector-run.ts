/** One run of the collector under the generator: what was stored, what it cost, and how far it was behind at the end. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { processCpuSeconds } from './process-cpu.ts';
import type { SenderOptions, UdpSender } from './udp-sender.ts';

/** Rows that did not come for so long after the last datagram do not come. */
const patienceSeconds = 5;
const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));

export interface CollectorResult {
  readonly flowsPerSecond: number;
  readonly sentRecords: number;
  readonly storedRecords: number;
  readonly lostRecords: number;
  /** From the last datagram sent to the last row counted, seconds. */
  readonly lagSeconds: number;
  /** CPU microseconds a flow. */
  readonly receive: number;
  readonly decodeAndInsert: number;
  readonly otherThreads: number;
  readonly clickHouse: number;
  readonly collector: number;
  /** Resident memory of the collector without ClickHouse, MiB: after 5 s, at the end, at most. */
  readonly residentMiB: { readonly early: number; readonly late: number; readonly most: number };
  readonly senderCpuSeconds: number;
}

interface Server {
  readonly url: string;
  readonly password: string;
  readonly pid: number;
}

/** CPU seconds of each thread of a process. */
const threadCpu = (pid: number): ReadonlyMap<number, number> =>
  new Map(
    readdirSync(`/proc/${pid}/task`).map((task) => {
      const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [Number(task), (Number(fields[11]) + Number(fields[12])) / 100];
    }),
  );

const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const waitFor = async <T>(
  what: string,
  attempt: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  for (let tries = 0; tries < 600; tries++) {
    const found = await attempt();
    if (found !== undefined) return found;
    await setTimeout(50);
  }
  throw new Error(`waited in vain for ${what}`);
};

const start = async (
  dataDir: string,
  port: number,
  more: readonly string[],
): Promise<{ child: ChildProcess; server: Server }> => {
  const listen = ['--listen', `udp://127.0.0.1:${port}`];
  const options = ['collect', '--data', dataDir, ...listen, '--http', 'off', ...more];
  const child = spawn(process.execPath, [cli, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  await waitFor('the collector', () => {
    if (child.exitCode !== null) throw new Error(`the collector ended: ${output}`);
    return output.includes('listening') ? true : undefined;
  });
  const endpoint = JSON.parse(readFileSync(join(dataDir, 'endpoint.json'), 'utf8')) as {
    url: string;
    serverPid: number;
  };
  const { password } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as {
    password: string;
  };
  return { child, server: { url: endpoint.url, password, pid: endpoint.serverPid } };
};

/** CPU seconds by stage between two moments. The receive thread is the main one; the ledger's is the busiest of the others. */
const spentByStage = (
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  pid: number,
) => {
  const spent = [...after].map(([task, seconds]) => ({ task, seconds: seconds - (before.get(task) ?? 0) }));
  const receive = spent.find(({ task }) => task === pid)?.seconds ?? 0;
  const [ledger = 0, ...rest] = spent
    .filter(({ task }) => task !== pid)
    .map(({ seconds }) => seconds)
    .sort((a, b) => b - a);
  return { receive, ledger, others: rest.reduce((sum, seconds) => sum + seconds, 0) };
};

const connectTo = (server: Server) => {
  const { url, password } = server;
  const client = createClient({ url, username: 'flowledger', password, database: 'flowledger' });
  const ask: AskDatabase = async <Row>(query: string): Promise<Row[]> => {
    const settings = { output_format_json_quote_64bit_integers: 0 } as const;
    const answer = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: settings });
    return answer.json<Row>();
  };
  const countRows = async (): Promise<number> =>
    (await ask<{ n: number }>('SELECT count() AS n FROM flows'))[0]?.n ?? 0;
  return { ask, countRows, close: () => client.close() };
};

/** Waits until `records` rows are there, or no more come for a while. */
const waitForRows = async (countRows: () => Promise<number>, records: number) => {
  const endedAt = performance.now();
  let stored = await countRows();
  let lagSeconds = (performance.now() - endedAt) / 1000;
  for (let last = -1; stored < records && (stored !== last || lagSeconds < patienceSeconds); ) {
    await setTimeout(100);
    last = stored;
    stored = await countRows();
    lagSeconds = (performance.now() - endedAt) / 1000;
  }
  return { stored, lagSeconds };
};

/** Asks the collector's database; numbers of 64 bits are numbers. */
export type AskDatabase = <Row>(query: string) => Promise<Row[]>;

/** Runs the collector, sends, and waits until all is stored or nothing comes any more; then, before the CPU is read, for `settle`. */
export const runCollector = async (
  sender: UdpSender,
  load: Omit<SenderOptions, 'port'>,
  port: number,
  more: readonly string[] = [],
  settle: (ask: AskDatabase) => Promise<void> = async () => undefined,
): Promise<CollectorResult> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'flowledger-collect-'));
  const { child, server } = await start(dataDir, port, more);
  const pid = child.pid as number;
  const { ask, countRows, close } = connectTo(server);
  const abandon = (): boolean => child.kill('SIGKILL');
  process.once('exit', abandon);
  const resident: number[] = [];
  const watch = setInterval(() => resident.push(residentMiB(pid)), 1000);
  try {
    const threads = threadCpu(pid);
    const serverCpu = processCpuSeconds(server.pid);
    const sent = await sender.send({ ...load, port });
    const { stored, lagSeconds } = await waitForRows(countRows, sent.records);
    await settle(ask);
    const { receive, ledger, others } = spentByStage(threads, threadCpu(pid), pid);
    const perFlow = (seconds: number): number => (seconds * 1e6) / sent.records;
    const late = resident.at(-1) ?? 0;
    return {
      flowsPerSecond: Math.round(sent.records / sent.seconds),
      sentRecords: sent.records,
      storedRecords: stored,
      lostRecords: sent.records - stored,
      lagSeconds,
      receive: perFlow(receive),
      decodeAndInsert: perFlow(ledger),
      otherThreads: perFlow(others),
      clickHouse: perFlow(processCpuSeconds(server.pid) - serverCpu),
      collector: perFlow(receive + ledger + others),
      residentMiB: { early: resident[5] ?? late, late, most: Math.max(...resident) },
      senderCpuSeconds: sent.cpuSeconds,
    };
  } finally {
    clearInterval(watch);
    await close();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.race([exited, setTimeout(60_000)]);
    process.off('exit', abandon);
    abandon();
    rmSync(dataDir, { recursive: true, force: true });
  }
};
