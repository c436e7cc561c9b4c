/** A UDP socket that is connected: the system then tells it what ICMP said of its datagrams. */

import dgram from 'node:dgram';
import { setTimeout } from 'node:timers/promises';
import { MessageRing } from './message-ring.ts';
import type { MessageContents } from './session.ts';

/** About 6 MB of Messages of which the system has not yet said how it went; more are not taken. */
export const maxInFlightMessages = 4096;
/** What we ask the kernel for; it gives as much as net.core.wmem_max allows. */
const sendBufferBytes = 4 << 20;
const closingMs = 1000;

export interface SocketEvents {
  readonly sent: (lengthBytes: number, contents: MessageContents) => void;
  /** The Message did not leave. ECONNREFUSED tells of an earlier one that did, besides. */
  readonly failed: (code: string, contents: MessageContents) => void;
  /** ICMP about a Message that had left. */
  readonly refused: (code: string) => void;
}

export interface RemoteAddress {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;

export class ConnectedSocket {
  readonly remote: RemoteAddress;
  readonly localPort: number;
  readonly #socket: dgram.Socket;
  readonly #events: SocketEvents;
  /** Node reports in the order of sending, so one callback serves all Messages. */
  readonly #inFlight = new MessageRing(maxInFlightMessages);

  constructor(socket: dgram.Socket, remote: RemoteAddress, events: SocketEvents) {
    this.#socket = socket;
    this.remote = remote;
    this.localPort = socket.address().port;
    this.#events = events;
    socket.on('error', (error) => events.refused(codeOf(error)));
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** The attempt is made at once; how it went is told by `events`, not before this returns. False: too many are in flight. */
  send(message: Uint8Array, contents: MessageContents): boolean {
    if (!this.#inFlight.push(message, contents)) return false;
    this.#socket.send(message, this.#done);
    return true;
  }

  readonly #done = (error: Error | null): void => {
    const lengthBytes = this.#inFlight.shift()?.length ?? 0;
    if (error === null) this.#events.sent(lengthBytes, this.#inFlight.taken);
    else this.#events.failed(codeOf(error), this.#inFlight.taken);
  };

  /** Waits a moment for what is in flight. */
  async close(): Promise<void> {
    for (let waitedMs = 0; this.inFlight > 0 && waitedMs < closingMs; waitedMs += 5) await setTimeout(5);
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Rejects when the system knows no way there. */
export const connectSocket = async (
  remote: RemoteAddress,
  events: SocketEvents,
): Promise<ConnectedSocket> => {
  const socket = dgram.createSocket({ type: remote.family === 4 ? 'udp4' : 'udp6' });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve();
      });
      socket.connect(remote.port, remote.address);
    });
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.setSendBufferSize(sendBufferBytes);
  return new ConnectedSocket(socket, remote, events);
};
