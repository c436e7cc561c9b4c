import dgram from 'node:dgram';
import { once } from 'node:events';

export interface Destination {
  readonly port: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Source address and port; default: the system's choice. */
  readonly from?: string;
  readonly fromPort?: number;
}

/** A socket that sends to one place, one datagram after the other, each handed to the kernel before the next. */
export class DatagramSender {
  readonly #socket: dgram.Socket;
  readonly #to: Destination;

  private constructor(socket: dgram.Socket, to: Destination) {
    this.#socket = socket;
    this.#to = to;
  }

  static async open(to: Destination): Promise<DatagramSender> {
    const socket = dgram.createSocket((to.host ?? '').includes(':') ? 'udp6' : 'udp4');
    socket.bind({ port: to.fromPort ?? 0, ...(to.from === undefined ? {} : { address: to.from }) });
    await once(socket, 'listening');
    // A test that fails before it closes its sender must end all the same.
    socket.unref();
    return new DatagramSender(socket, to);
  }

  async send(...payloads: readonly Uint8Array[]): Promise<void> {
    for (const payload of payloads) {
      await new Promise<void>((resolve, reject) => {
        this.#socket.send(payload, this.#to.port, this.#to.host ?? '127.0.0.1', (error) =>
          error ? reject(error) : resolve(),
        );
      });
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

/** Sends all from one socket of their own. */
export const sendDatagrams = async (to: Destination, payloads: readonly Uint8Array[]): Promise<void> => {
  const sender = await DatagramSender.open(to);
  await sender.send(...payloads);
  await sender.close();
};
