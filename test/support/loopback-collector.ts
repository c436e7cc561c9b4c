/** A socket on a loopback address that keeps what it gets, and the `--to` that leads there. */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { type DestinationUrl, parseDestination } from '../../exporter/export/destination-url.ts';
import { formatHostPort } from '../../shared/service/host-port.ts';

export interface LoopbackCollector {
  readonly url: DestinationUrl;
  readonly got: Buffer[];
  /** Ports that Messages came from, one for each. */
  readonly fromPorts: number[];
  texts(): readonly string[];
  close(): Promise<void>;
}

export const openLoopbackCollector = async (address = '127.0.0.1', port = 0): Promise<LoopbackCollector> => {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const got: Buffer[] = [];
  const fromPorts: number[] = [];
  socket.on('message', (message, from) => {
    got.push(message);
    fromPorts.push(from.port);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  return {
    url: parseDestination(`udp://${formatHostPort(address, socket.address().port)}`),
    got,
    fromPorts,
    texts: () => got.map((message) => message.toString()),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
};

/** Where nobody listens, as a moment ago the system gave the port to us. */
export const closedLoopbackUrl = async (): Promise<DestinationUrl> => {
  const collector = await openLoopbackCollector();
  await collector.close();
  return collector.url;
};
