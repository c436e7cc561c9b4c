/** A client or server in a namespace, steered from the test: connections with known octets, that last until they are told to end. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from './network-namespace.ts';
import { cleanEnvironment } from './run-cli.ts';

/** Addresses as this end sees them, without any translation on the way. IPv4 at a server: ::ffff:a.b.c.d. */
export interface Endpoints {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

export type PeerRequest =
  | { readonly ask: 'listen'; readonly port: number }
  | { readonly ask: 'connect'; readonly host: string; readonly port: number }
  | {
      readonly ask: 'exchange';
      readonly id: number;
      readonly sendBytes: number;
      readonly receiveBytes: number;
    }
  | { readonly ask: 'close'; readonly id: number }
  | {
      readonly ask: 'datagrams';
      readonly host: string;
      readonly port: number;
      readonly count: number;
      readonly bytes: number;
    }
  | { readonly ask: 'accepted'; readonly count: number };

export interface PeerAnswer {
  readonly error?: string;
  readonly id?: number;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly endpoints?: Endpoints;
  readonly accepted?: readonly Endpoints[];
}

const entry = fileURLToPath(new URL('lab-peer.ts', import.meta.url));

export interface LabConnection extends Endpoints {
  readonly id: number;
  /** Just before the first packet. */
  readonly startMs: number;
  /** When the server had answered. */
  readonly connectedMs: number;
}

/** Datagrams that came back. */
export interface LabExchange extends Endpoints {
  readonly startMs: number;
  readonly endMs: number;
}

export class LabPeer {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** TCP and UDP on this port of all addresses. */
  async listen(port: number): Promise<void> {
    await this.#ask({ ask: 'listen', port });
  }

  async connect(host: string, port: number): Promise<LabConnection> {
    const { id = 0, startMs = 0, endMs = 0, endpoints } = await this.#ask({ ask: 'connect', host, port });
    if (endpoints === undefined) throw new Error('a connection has two ends');
    return { id, startMs, connectedMs: endMs, ...endpoints };
  }

  /** Sends so many octets (and 8 more) and waits for so many. */
  async exchange(connection: LabConnection, sendBytes: number, receiveBytes: number): Promise<void> {
    await this.#ask({ ask: 'exchange', id: connection.id, sendBytes, receiveBytes });
  }

  /** Closes in both directions; resolves to the time when that is done. */
  async close(connection: LabConnection): Promise<number> {
    return (await this.#ask({ ask: 'close', id: connection.id })).endMs ?? 0;
  }

  /** Sends datagrams with so many octets of payload from a new port, each after the last has come back. */
  async sendDatagrams(host: string, port: number, count: number, bytes: number): Promise<LabExchange> {
    const said = await this.#ask({ ask: 'datagrams', host, port, count, bytes });
    if (said.endpoints === undefined) throw new Error('an exchange has two ends');
    return { startMs: said.startMs ?? 0, endMs: said.endMs ?? 0, ...said.endpoints };
  }

  /** Who has connected or sent a datagram, in order; waits for `count`: a client is connected before its server knows. */
  async accepted(count: number): Promise<readonly Endpoints[]> {
    return (await this.#ask({ ask: 'accepted', count })).accepted ?? [];
  }

  async #ask(request: PeerRequest): Promise<PeerAnswer> {
    const answered = nextAnswer(this.#child);
    this.#child.send(request);
    const said = await answered;
    if (said.error !== undefined) throw new Error(`${request.ask}: ${said.error}`);
    return said;
  }
}

const nextAnswer = async (child: ChildProcess): Promise<PeerAnswer> => {
  const ended = new AbortController();
  const exited = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a peer in the lab ended with ${code}`);
  });
  exited.catch(() => undefined);
  try {
    const [said] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exited])) as [
      PeerAnswer,
    ];
    return said;
  } finally {
    ended.abort();
  }
};

/** Starts a peer there and waits until it can be asked. One question at a time. */
export const startPeer = async (namespace: NetworkNamespace): Promise<LabPeer> => {
  const child = namespace.spawn(process.execPath, ['--import=tsx', entry], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: cleanEnvironment(),
  });
  await nextAnswer(child);
  return new LabPeer(child);
};
