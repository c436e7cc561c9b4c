/** What the kernel says about its connections, by way of conntrack(8): the truth that an exporter is compared with. */

import type { ChildProcess } from 'node:child_process';
import type { NetworkNamespace } from './network-namespace.ts';
import { peerPath } from './peers.ts';
import { until } from './until.ts';

export interface Direction {
  readonly src: string;
  readonly dst: string;
  /** 0 where the protocol has none. */
  readonly srcPort: number;
  readonly dstPort: number;
  /** Undefined: the line has no counters. */
  readonly packets: number | undefined;
  readonly bytes: number | undefined;
}

export interface KernelConnection {
  /** Of an entry of the table: LIST. */
  readonly event: 'NEW' | 'UPDATE' | 'DESTROY' | 'LIST';
  /** When conntrack(8) heard of it, in milliseconds since 1970; 0 for LIST. */
  readonly timeMs: number;
  readonly id: number;
  readonly proto: number;
  /** Of TCP: `ESTABLISHED`, `FIN_WAIT`; empty where the line has none. */
  readonly state: string;
  readonly original: Direction;
  readonly reply: Direction;
}

const readDirection = (words: readonly (readonly [string, string])[], nth: number): Direction => {
  const find = (key: string): string | undefined => words.filter(([name]) => name === key)[nth]?.[1];
  const count = (key: string): number | undefined => {
    const text = find(key);
    return text === undefined ? undefined : Number(text);
  };
  return {
    src: find('src') ?? '',
    dst: find('dst') ?? '',
    srcPort: count('sport') ?? 0,
    dstPort: count('dport') ?? 0,
    packets: count('packets'),
    bytes: count('bytes'),
  };
};

/** A line of `conntrack -E -o id,timestamp,extended` or `conntrack -L -o id,extended`; undefined for any other line. */
export const parseConnection = (line: string): KernelConnection | undefined => {
  const head = /^(?:\[(\d+\.\d+)\]\s+\[(NEW|UPDATE|DESTROY)\]\s+)?ipv[46]\s+\d+\s+\S+\s+(\d+)\s(.*)$/.exec(
    line,
  );
  if (head === null) return undefined;
  const [, seconds = '0', event = 'LIST', proto, rest = ''] = head;
  const words = [...rest.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const);
  return {
    event: event as KernelConnection['event'],
    timeMs: Number(seconds) * 1000,
    // The `id` of an ICMP message comes before that of the connection.
    id: Number(words.findLast(([name]) => name === 'id')?.[1]),
    proto: Number(proto),
    state: /(?:^|\s)([A-Z]{2}[A-Z_0-9]+)\s+src=/.exec(rest)?.[1] ?? '',
    original: readDirection(words, 0),
    reply: readDirection(words, 1),
  };
};

const parseConnections = (text: string): KernelConnection[] =>
  text.split('\n').flatMap((line) => parseConnection(line) ?? []);

/** The table of the namespace. Reading it makes the kernel drop what has expired. */
export const listConnections = (namespace: NetworkNamespace): KernelConnection[] =>
  [4, 6].flatMap((family) => {
    const args = ['-L', '-f', `ipv${family}`, '-o', 'id,extended'];
    return parseConnections(namespace.run(peerPath('conntrack'), ...args));
  });

/** Events of the namespace since it was started. */
export class ConnectionListener {
  #text = '';

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
  }

  /** All events that fulfil `where`, in their order. */
  find(where: (connection: KernelConnection) => boolean): KernelConnection[] {
    return parseConnections(this.#text).filter(where);
  }

  /** Waits for the first. */
  waitFor(what: string, where: (connection: KernelConnection) => boolean): Promise<KernelConnection> {
    return until(`conntrack says: ${what}`, () => this.find(where)[0]);
  }
}

/** Sockets of the namespace that belong to groups of NETLINK_NETFILTER (12): they hear of events. */
export const countListeners = (namespace: NetworkNamespace): number =>
  namespace
    .run('cat', '/proc/net/netlink')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, protocol, , groups]) => protocol === '12' && groups !== '00000000').length;

/** Starts conntrack(8) there; resolves when it misses nothing any more. */
export const startListener = async (namespace: NetworkNamespace): Promise<ConnectionListener> => {
  const before = countListeners(namespace);
  const args = ['-E', '-o', 'id,timestamp,extended'];
  const child = namespace.spawn(peerPath('conntrack'), args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const listener = new ConnectionListener(child);
  await until('conntrack listens', () => countListeners(namespace) > before);
  return listener;
};
