/** The built source of connections, in a process of a network namespace, which tells what it receives. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AttributionCounters } from '../../exporter/observe/attribution.ts';
import type { Connection } from '../../exporter/observe/connection.ts';
import type { ConntrackSource } from '../../exporter/observe/conntrack-source.ts';
import type { CommandOptions } from '../../exporter/observe/process-describer.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import { assertBuilt, builtCli } from './run-cli.ts';
import { until } from './until.ts';

/** What of a connection is told, addresses aside. */
type ToldConnection = Omit<Connection, 'original' | 'reply'> & {
  readonly receivedMicros: number;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly replyIcmpType: number;
};

export type Told =
  | ({ readonly type: 'connection' } & ToldConnection)
  | { readonly type: 'opened'; readonly receiveBufferBytes: number; readonly canDump: boolean }
  | { readonly type: 'refused'; readonly name: string; readonly message: string }
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'overrun' }
  | { readonly type: 'dump'; readonly complete: boolean; readonly entries: number }
  | {
      readonly type: 'stopped';
      readonly counters: ConntrackSource['counters'];
      readonly attribution?: AttributionCounters;
    };

export interface WatchOptions {
  readonly events: readonly ('new' | 'update' | 'destroy')[];
  readonly bufferBytes: number;
  readonly reliable?: boolean;
  readonly processes?: CommandOptions;
  /** Without CAP_NET_ADMIN: nothing, or the socket of a process that has it. Or another user, who has that and nothing else. */
  readonly unprivileged?: 'alone' | 'with a socket' | 'for processes';
}

const watch = `
const [folder, text] = process.argv.slice(1);
const options = JSON.parse(text);
const tell = (told) => process.stdout.write(JSON.stringify(told) + '\\n');
const { ConntrackSource } = await import(folder + 'conntrack-source.js');
const { findInheritedSocket } = await import(folder + 'inherited-socket.js');
const say = (message) => tell({ type: 'log', message });
const log = { info: say, warn: say, error: say, debug: say, limited: (_, __, message) => say(message) };
// The service manager knows the pid of the process that it starts.
if (process.env.LISTEN_FDS) process.env.LISTEN_PID = String(process.pid);
let source;
try {
  source = ConntrackSource.open({ ...options, log, inheritedFd: findInheritedSocket(process.env) });
} catch ({ name, message }) {
  tell({ type: 'refused', name, message });
  process.exit(2);
}
const { receiveBufferBytes, canDump, counters } = source;
source.start({
  connection: ({ original, reply, ...rest }, receivedMicros) => tell({
    type: 'connection', ...rest, receivedMicros,
    srcPort: original.srcPort, dstPort: original.dstPort, replyIcmpType: reply.icmpType,
  }),
  overrun: () => tell({ type: 'overrun' }),
});
tell({ type: 'opened', receiveBufferBytes, canDump });
process.stdin.on('data', async (data) => {
  for (const command of String(data).trim().split('\\n')) {
    if (command === 'dump') tell({ type: 'dump', ...(await source.dump()) });
    else {
      await source.stop();
      tell({ type: 'stopped', counters, attribution: source.attribution });
      process.stdin.destroy();
    }
  }
});
`;

/** Binds a socket, and runs the rest of its arguments with it as descriptor 3. */
const bindAndRun = `
const [folder, command, ...args] = process.argv.slice(1);
const { NetlinkSocket } = await import(folder + 'netlink-socket.js');
const { spawn } = await import('node:child_process');
const { fd } = NetlinkSocket.open(7);
const child = spawn(command, args, {
  stdio: ['inherit', 'inherit', 'inherit', fd],
  env: { ...process.env, LISTEN_FDS: '1' },
});
child.on('exit', (code) => process.exit(code));
`;

const folder = builtCli.replace(/cli\.js$/, 'exporter/observe/');
/** Threads inherit options of node, and refuse `--input-type`. */
const evaluate = (script: string): readonly string[] => ['-e', `(async () => {${script}})()`, folder];

export class ConnectionWatch {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;
  #errors = '';

  constructor(namespace: NetworkNamespace, { unprivileged, ...options }: WatchOptions) {
    assertBuilt();
    const settings = JSON.stringify({ reliable: false, ...options });
    const node = [process.execPath, ...evaluate(watch), settings];
    const alone = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin', ...node];
    const asNobody = [
      ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
      ...['--inh-caps=+net_admin', '--ambient-caps=+net_admin'],
      // What watches the test's processes wants to write into its folder.
      ...['env', 'NODE_OPTIONS=', ...node],
    ];
    const withSocket = [process.execPath, ...evaluate(bindAndRun), ...alone];
    const [command = '', ...args] =
      unprivileged === undefined
        ? node
        : { alone, 'with a socket': withSocket, 'for processes': asNobody }[unprivileged];
    this.#child = namespace.spawn(command, args, { env: { ...process.env, NODE_OPTIONS: '' } });
    if (this.#child.stdout)
      createInterface(this.#child.stdout).on('line', (line) => this.told.push(JSON.parse(line) as Told));
    this.#child.stderr?.on('data', (data) => (this.#errors += String(data)));
  }

  find<Type extends Told['type']>(type: Type): Extract<Told, { type: Type }>[] {
    return this.told.filter((told): told is Extract<Told, { type: Type }> => told.type === type);
  }

  /** The first of this type for which `where` is true, when it is there. */
  async waitFor<Type extends Told['type']>(
    type: Type,
    where: (told: Extract<Told, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<Told, { type: Type }>> {
    try {
      return await until(`the source tells of ${type}`, () => this.find(type).find(where));
    } catch (error) {
      throw new Error(`${(error as Error).message}; standard error: ${this.#errors}`);
    }
  }

  command(command: 'dump' | 'stop'): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  /** Stops all threads of the process, or lets them go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Resolves to the exit code, when the process has ended and all it told has been read. */
  async ended(): Promise<number | null> {
    const { exitCode } = this.#child;
    if (exitCode !== null) return exitCode;
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }
}
