/** UDP sockets that receive flow export; any version on any port. */

import dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatHostPort } from '../../shared/service/host-port.ts';
import { describeBindProblem } from './bind-problem.ts';
import type { WatchedSocket } from './kernel-drops.ts';
import { type ListenUrl, parseListenUrl } from './listen-url.ts';

/** What we ask the kernel for: about 0.2 s of 100,000 full datagrams a second. */
export const wantedReceiveBufferBytes = 32 << 20;
/** No datagram for so long: the kernel holds none. */
const quietMs = 20;

/** Called once per datagram; the payload is the callee's to keep, `address` and `port` are the sender's. */
export type DatagramReceiver = (
  payload: Uint8Array,
  address: string,
  port: number,
  listener: UdpListener,
) => void;

export interface UdpListenerOptions {
  readonly receive: DatagramReceiver;
  readonly receiveBufferBytes?: number;
  /** For tests of machines that are not like this one. */
  readonly createSocket?: (options: dgram.SocketOptions) => dgram.Socket;
}

export class UdpListener implements WatchedSocket {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  readonly wantedBufferBytes: number;
  /** Without the doubling that Linux reports for its own overhead, so comparable to what was wanted. */
  readonly grantedBufferBytes: number;
  /** Counted since it was opened: all datagrams read, and those of them that `--allow` refuses. */
  datagrams = 0;
  bytes = 0;
  refused = 0;
  /** Errors of reading from the socket, and the last one. */
  errors = 0;
  lastError = '';
  kernelDrops = 0;
  receiveQueueBytes = 0;
  readonly #socket: dgram.Socket;

  constructor(url: string, socket: dgram.Socket, options: UdpListenerOptions) {
    this.url = url;
    this.#socket = socket;
    this.address = socket.address().address;
    this.port = socket.address().port;
    this.wantedBufferBytes = options.receiveBufferBytes ?? wantedReceiveBufferBytes;
    socket.setRecvBufferSize(this.wantedBufferBytes);
    const reportedBytes = socket.getRecvBufferSize();
    this.grantedBufferBytes = process.platform === 'linux' ? reportedBytes / 2 : reportedBytes;
    const { receive } = options;
    socket.on('message', (payload, sender) => {
      this.datagrams++;
      this.bytes += payload.length;
      receive(payload, sender.address, sender.port, this);
    });
    socket.on('error', (error) => {
      this.errors++;
      this.lastError = error.message;
    });
  }

  /** `udp://[::]:2055`, as it was bound. */
  get name(): string {
    return `udp://${formatHostPort(this.address, this.port)}`;
  }

  /** What to do about a receive buffer smaller than wanted; undefined when it is not. */
  get bufferAdvice(): string | undefined {
    if (this.grantedBufferBytes >= this.wantedBufferBytes) return undefined;
    return `sysctl -w net.core.rmem_max=${this.wantedBufferBytes}`;
  }

  /**
   * Waits until what the kernel holds for us has been read, which is when nothing comes for a moment, or until `maxMs` have
   * passed: an exporter that never stops sending must not keep us from ending.
   */
  async drain(maxMs = 500): Promise<void> {
    for (let waitedMs = 0; waitedMs < maxMs; waitedMs += quietMs) {
      const before = this.datagrams;
      await setTimeout(quietMs);
      // Timers come before sockets in a turn of the event loop: what came while we were held up is read after this.
      await setImmediate();
      if (this.datagrams === before) return;
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

const bind = (socket: dgram.Socket, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });

type Bindable = Required<Pick<UdpListenerOptions, 'createSocket'>> & { readonly ipv6Only: boolean };

const openSocket = async (
  address: string,
  port: number,
  { createSocket, ipv6Only }: Bindable,
): Promise<dgram.Socket> => {
  const socket = createSocket(address.includes(':') ? { type: 'udp6', ipv6Only } : { type: 'udp4' });
  try {
    await bind(socket, port, address);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
};

/** No host means all addresses: one socket for both families, or IPv4 alone where IPv6 is switched off. */
const openUrl = async (url: ListenUrl, how: Bindable): Promise<dgram.Socket> => {
  if (url.host !== '') {
    const address = isIP(url.host) ? url.host : (await lookup(url.host)).address;
    return openSocket(address, url.port, how);
  }
  try {
    return await openSocket('::', url.port, how);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error;
    return openSocket('0.0.0.0', url.port, how);
  }
};

/**
 * Opens a socket for each `udp://HOST:PORT`. All or none: when one cannot be had, the others are closed again and one
 * ConfigError names every problem, a line each.
 */
export const openUdpListeners = async (
  texts: readonly string[],
  options: UdpListenerOptions,
): Promise<readonly UdpListener[]> => {
  const createSocket = options.createSocket ?? dgram.createSocket;
  const listeners: UdpListener[] = [];
  const problems: string[] = [];
  const urls: ListenUrl[] = [];
  for (const text of texts) {
    try {
      urls.push(parseListenUrl(text));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
    }
  }
  for (const url of urls) {
    // Where the IPv4 wildcard of the same port is asked for as well, the IPv6 one must leave it alone.
    const ipv6Only = urls.some((other) => other.host === '0.0.0.0' && other.port === url.port);
    try {
      listeners.push(new UdpListener(url.text, await openUrl(url, { createSocket, ipv6Only }), options));
    } catch (error) {
      problems.push(`--listen ${url.text}: ${await describeBindProblem(error, { protocol: 'udp', ...url })}`);
    }
  }
  if (problems.length > 0) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw new ConfigError(problems.join('\n'));
  }
  return listeners;
};
