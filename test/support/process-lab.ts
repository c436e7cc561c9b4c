/**
 * Processes that are known, in a network namespace: a server that everybody tells their pid, and clients of several kinds. What the
 * server heard is the truth that attribution is compared with.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { NetworkNamespace } from './network-namespace.ts';
import { until } from './until.ts';

export const labPorts = { tcp: 8080, udp: 8081 } as const;

/** A line of a TCP client, a datagram, or the path of an HTTP request is the pid of who sends it. */
const server = `
const tell = (protocol, port, pid) => process.stdout.write(JSON.stringify({ protocol, port, pid }) + '\\n');
require('node:net').createServer((peer) => {
  peer.on('error', () => undefined);
  peer.once('data', (data) => {
    const pid = Number(/\\d+/.exec(String(data))[0]);
    tell(6, peer.remotePort, pid);
    if (!String(data).includes('stay')) peer.end('HTTP/1.0 200 OK\\r\\n\\r\\nok');
  });
}).listen(${labPorts.tcp}, '::', 1024, () => {
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (data, { port }) => tell(17, port, Number(data)));
  udp.bind(${labPorts.udp}, () => tell(0, 0, process.pid));
});
`;

const nodeTcp = (count: number): string => `
const net = require('node:net');
let left = ${count};
const next = () => {
  if (left-- === 0) return;
  const socket = net.connect(${labPorts.tcp}, '127.0.0.1', () => socket.end(process.pid + '\\n'));
  socket.resume().on('close', next);
};
next();
`;

const nodeUdp = (count: number): string => `
const dgram = require('node:dgram');
let left = ${count};
const next = () => {
  if (left-- === 0) return;
  const socket = dgram.createSocket('udp4');
  socket.send(String(process.pid), ${labPorts.udp}, '127.0.0.1', () => { socket.close(); setImmediate(next); });
};
next();
`;

const repeat = (count: number, command: string): readonly string[] => [
  'bash',
  '-c',
  `for ((i = 0; i < ${count}; i++)); do ${command}; done`,
];

/** Kinds of clients: a command that makes so many connections, and closes each at once. */
export const clientKinds = {
  curl: (count) => repeat(count, `bash -c 'exec curl -s -o /dev/null http://127.0.0.1:${labPorts.tcp}/$$'`),
  'node client': (count) => [process.execPath, '-e', nodeTcp(count)],
  'forked shell': (count) =>
    repeat(
      count,
      `( exec 3<>/dev/tcp/127.0.0.1/${labPorts.tcp}; echo $BASHPID >&3; cat <&3 >/dev/null ) & wait`,
    ),
  'udp, new process each': (count) => repeat(count, `bash -c 'echo $$ > /dev/udp/127.0.0.1/${labPorts.udp}'`),
  'udp, one process': (count) => [process.execPath, '-e', nodeUdp(count)],
} as const satisfies Readonly<Record<string, (count: number) => readonly string[]>>;
export type ClientKind = keyof typeof clientKinds;

interface Told {
  readonly protocol: number;
  readonly port: number;
  readonly pid: number;
}

export interface Truth {
  readonly protocol: number;
  /** Of the client. */
  readonly port: number;
  /** Who had it, one after the other: a port is used again. */
  readonly pids: number[];
}

export class ProcessLab {
  readonly truth: Truth[] = [];
  serverPid = 0;
  #heard = 0;
  readonly #namespace: NetworkNamespace;
  readonly #server: ChildProcess;

  /** It goes with the namespace, which has a rule that makes the kernel track connections. */
  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    namespace.set({ 'net.netfilter.nf_conntrack_acct': 1, 'net.netfilter.nf_conntrack_timestamp': 1 });
    namespace.loadRules(
      'table inet lab {\n chain output {\n type filter hook output priority 0\n ct state new counter\n }\n}\n',
    );
    this.#server = namespace.spawn(process.execPath, ['-e', server], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface(this.#server.stdout as NodeJS.ReadableStream).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      if (told.protocol === 0) this.serverPid = told.pid;
      else this.#hear(told);
    });
  }

  #hear({ protocol, port, pid }: Told): void {
    this.#heard++;
    const known = this.truth.find((one) => one.protocol === protocol && one.port === port);
    if (known === undefined) this.truth.push({ protocol, port, pids: [pid] });
    else known.pids.push(pid);
  }

  async started(): Promise<void> {
    await until('the server listens', () => this.serverPid !== 0);
  }

  /** Resolves when all of them were heard; what came before is forgotten. */
  async run(kind: ClientKind, count: number): Promise<readonly Truth[]> {
    this.truth.length = 0;
    this.#heard = 0;
    const [command = '', ...args] = clientKinds[kind](count);
    const child = this.#namespace.spawn(command, args, { stdio: 'ignore' });
    await once(child, 'exit');
    return until(`${kind}: the server has heard all`, () => this.#heard >= count && [...this.truth]);
  }

  /** A client whose connection stays until the namespace goes. */
  async connectAndStay(): Promise<Truth> {
    this.truth.length = 0;
    const script = `exec 3<>/dev/tcp/127.0.0.1/${labPorts.tcp}; echo $$ stay >&3; read line <&3`;
    this.#namespace.spawn('bash', ['-c', script], { stdio: 'ignore' });
    return until('a client stays', () => this.truth[0] ?? false);
  }
}
