import dgram from 'node:dgram';
import { once } from 'node:events';

/** A port of 127.0.0.1 that is free now: for a collector that comes back to the same one. */
export const findUdpPort = async (): Promise<number> => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
};
