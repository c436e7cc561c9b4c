/**
 * A burst of connections in a network namespace, and what becomes of its events: how many are lost and what one costs, for listeners
 * in turns. Linux, root, a C compiler. Connections end because a process asks for it (as with conntrack -D), so the kernel names that
 * process in each DESTROY: conntrack(8) looks its name up each time, which makes it dear in that phase and says nothing about it.
 *
 *   node --import=tsx test/bench/conntrack-bench.ts [--connections 300000] [--rate 55000] [--rounds 1] [--phase new|destroy]
 *     [--ours dist/cli.js] [--process]
 */

import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { until } from '../support/until.ts';
import {
  conntrackListener,
  exporterListener,
  type Listener,
  type Phase,
  ulogdListener,
} from './conntrack-listeners.ts';
import { processCpuSeconds } from './process-cpu.ts';
import { withRaisedSetting } from './raised-setting.ts';

const mostConnections = '/proc/sys/net/netfilter/nf_conntrack_max';
/** Longer than any run: what expires would tell of its end in the middle of the next one. */
const timeoutSeconds = 3600;

/**
 * The kernel tracks nothing until somebody wants to know the state of a connection. What a listener sends to the sink is no connection:
 * its events would be counted with those of the burst.
 */
const rules = `
table inet bench {
  chain untracked {
    type filter hook output priority raw;
    ip daddr 127.0.0.1 meta l4proto udp notrack
  }
  chain output {
    type filter hook output priority 0;
    ct state new counter
  }
}
`;

export interface BurstLoad {
  readonly phase: Phase;
  readonly connections: number;
  /** Connections a second, 0 for as many as it goes. */
  readonly rate: number;
}

export interface BurstResult {
  readonly name: string;
  readonly phase: Phase;
  /** Connections a second while events were made. */
  readonly rate: number;
  readonly events: number;
  readonly taken: number;
  readonly lost: number;
  /** As the kernel counts, which may leave out what the listener itself lost. */
  readonly kernelDrops: number;
  readonly cpuMicrosPerEvent: number;
  readonly residentMiB: number;
}

interface Burst {
  readonly count: number;
  readonly errors: number;
  readonly seconds: number;
}

interface ListeningSocket {
  readonly queuedBytes: number;
  readonly drops: number;
}

/** A namespace with connection tracking and nothing else in it; made once, used for all runs. */
export class ConntrackGround {
  readonly #directory = mkdtempSync(join(tmpdir(), 'flowledger-bench-'));
  readonly namespace = new NetworkNamespace(`flowledger-bench-${process.pid}`);
  readonly #burst = join(this.#directory, 'conntrack-burst');

  constructor() {
    const source = fileURLToPath(new URL('conntrack-burst.c', import.meta.url));
    execFileSync('cc', ['-O2', '-o', this.#burst, source]);
    this.namespace.set({
      'net.netfilter.nf_conntrack_acct': 1,
      'net.netfilter.nf_conntrack_timestamp': 1,
      'net.netfilter.nf_conntrack_udp_timeout': timeoutSeconds,
    });
    this.namespace.loadRules(rules);
  }

  /** Of the sockets that belong to groups of NETLINK_NETFILTER (12), the one that was opened last. */
  listeningSocket(): ListeningSocket | undefined {
    const lines = this.namespace.run('cat', '/proc/net/netlink').split('\n');
    const fields = lines
      .map((line) => line.trim().split(/\s+/))
      .findLast(([, protocol, , groups]) => protocol === '12' && groups !== '00000000');
    return fields && { queuedBytes: Number(fields[4]), drops: Number(fields[8]) };
  }

  countConnections(): number {
    return Number(this.namespace.run('cat', '/proc/sys/net/netfilter/nf_conntrack_count'));
  }

  /** Makes so many connections, or ends those that were made, at so many a second; 0 for as many as it goes. */
  async burst(what: 'make' | 'end', connections: number, rate: number): Promise<Burst> {
    const child = this.#spawn(what, String(connections), String(rate));
    const output = collectOutput(child);
    await once(child, 'close');
    const burst = JSON.parse(output()) as Burst;
    if (burst.errors > 0) throw new Error(`${what}: ${burst.errors} of ${burst.count} failed`);
    return burst;
  }

  /** Ends whatever there is. */
  async flush(): Promise<void> {
    await once(this.namespace.spawn('conntrack', ['-F'], { stdio: 'ignore' }), 'exit');
  }

  async startSink(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
    const child = this.#spawn('sink');
    const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return { child, port: Number(port) };
  }

  newDirectory(): string {
    return mkdtempSync(join(this.#directory, 'run-'));
  }

  async close(): Promise<void> {
    await this.namespace.remove();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #spawn(...args: readonly string[]): ChildProcess {
    return this.namespace.spawn(this.#burst, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  }
}

const collectOutput = (child: ChildProcess): (() => string) => {
  let text = '';
  for (const output of [child.stdout, child.stderr])
    output?.setEncoding('utf8').on('data', (more: string) => (text += more));
  return () => text;
};

/** Resident memory of a process, in MiB: now and at most. */
export const residentMiB = (pid: number): { readonly now: number; readonly most: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const find = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: find('VmRSS'), most: find('VmHWM') };
};

/** Waits until a process has used no more than a fiftieth of a second of CPU in a second, and tells what it has used until then. */
export const cpuAtRest = async (pid: number, isBusy: () => boolean = () => false): Promise<number> => {
  for (let before = processCpuSeconds(pid); ; ) {
    await sleep(1000);
    const now = processCpuSeconds(pid);
    if (now - before <= 0.02 && !isBusy()) return before;
    before = now;
  }
};

/** One listener, one burst. */
export const runListener = async (
  ground: ConntrackGround,
  listener: Listener,
  load: BurstLoad,
): Promise<BurstResult> => {
  const { namespace } = ground;
  const directory = ground.newDirectory();
  const sink = await ground.startSink();
  const { command, args } = listener.prepare(load.phase, directory, sink.port);
  const child = namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collectOutput(child);
  const ended = once(child, 'close');
  const pid = child.pid ?? 0;
  await until(`${listener.name} listens`, () => {
    if (child.exitCode !== null) throw new Error(`${listener.name} ended: ${output()}`);
    return ground.listeningSocket() !== undefined;
  });
  // The kernel has events only for connections that began while somebody listened.
  if (load.phase === 'destroy') await ground.burst('make', load.connections, load.rate);
  const before = await cpuAtRest(pid);
  const what = load.phase === 'new' ? 'make' : 'end';
  const { count: events, seconds } = await ground.burst(what, load.connections, load.rate);
  const after = await cpuAtRest(pid, () => (ground.listeningSocket()?.queuedBytes ?? 0) > 0);
  const kernelDrops = ground.listeningSocket()?.drops ?? 0;
  const { most } = residentMiB(pid);
  child.kill('SIGTERM');
  await ended;
  sink.child.kill('SIGTERM');
  await once(sink.child, 'exit');
  const taken = listener.countEvents(output(), directory);
  await ground.flush();
  rmSync(directory, { recursive: true, force: true });
  return {
    name: listener.name,
    phase: load.phase,
    rate: Math.round(events / seconds),
    events,
    taken,
    lost: events - taken,
    kernelDrops,
    cpuMicrosPerEvent: ((after - before) * 1e6) / taken,
    residentMiB: most,
  };
};

/** Listeners in turns, `rounds` times; all results in their order. */
export const benchConntrack = (
  listeners: readonly Listener[],
  load: BurstLoad,
  rounds: number,
  report: (result: BurstResult) => void,
): Promise<readonly BurstResult[]> =>
  withRaisedSetting(mostConnections, load.connections + 10_000, async () => {
    const ground = new ConntrackGround();
    try {
      const results: BurstResult[] = [];
      for (let round = 0; round < rounds; round++) {
        for (const listener of listeners) {
          const result = await runListener(ground, listener, load);
          report(result);
          results.push(result);
        }
      }
      return results;
    } finally {
      await ground.close();
    }
  });

/** Memory of a listener that starts when so many connections are there, and reads the table. */
export const benchTable = (listener: Listener, connections: number) =>
  withRaisedSetting(mostConnections, connections + 10_000, async () => {
    const ground = new ConntrackGround();
    try {
      await ground.burst('make', connections, 0);
      const tracked = ground.countConnections();
      const sink = await ground.startSink();
      const { command, args } = listener.prepare('destroy', ground.newDirectory(), sink.port);
      const child = ground.namespace.spawn(command, args, { stdio: 'ignore' });
      const pid = child.pid ?? 0;
      await until(`${listener.name} listens`, () => ground.listeningSocket() !== undefined);
      const cpuSeconds = await cpuAtRest(pid);
      return { name: listener.name, tracked, cpuSeconds, ...residentMiB(pid) };
    } finally {
      await ground.close();
    }
  });

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A line a listener: events lost (the most of all rounds), CPU an event (median) and how much that is beside the first listener. */
export const formatResults = (results: readonly BurstResult[]): string => {
  const names = [...new Set(results.map(({ name }) => name))];
  const costOf = (name: string): number =>
    median(results.filter((result) => result.name === name).map((result) => result.cpuMicrosPerEvent));
  const lines = names.map((name) => {
    const own = results.filter((result) => result.name === name);
    const lost = Math.max(...own.map((result) => result.lost));
    const cost = costOf(name);
    const ratio = cost / costOf(names[0] ?? '');
    return `${name.padEnd(22)} ${String(lost).padStart(9)} ${cost.toFixed(2).padStart(9)} ${ratio.toFixed(2).padStart(7)}`;
  });
  return ['listener                    lost  us/event   ratio', ...lines, ''].join('\n');
};

const main = async (): Promise<void> => {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const { values } = parseArgs({
    options: { connections: text, rate: text, rounds: text, phase: text, ours: text, process: flag },
  });
  const ours = values.ours === undefined ? [] : [exporterListener(values.ours)];
  if (values.ours !== undefined && values.process) ours.push(exporterListener(values.ours, '--process'));
  const load: BurstLoad = {
    phase: values.phase === 'destroy' ? 'destroy' : 'new',
    connections: Number(values.connections ?? 300_000),
    rate: Number(values.rate ?? 55_000),
  };
  const rounds = Number(values.rounds ?? 1);
  const results = await benchConntrack([ulogdListener, conntrackListener, ...ours], load, rounds, (result) =>
    process.stderr.write(`${JSON.stringify(result)}\n`),
  );
  process.stdout.write(formatResults(results));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
