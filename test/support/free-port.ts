import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to whoever asks for any: Linux begins at 32768. */
const range = [10_000, 30_000] as const;

const bind = {
  udp: async (port: number): Promise<void> => {
    const socket = dgram.createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  },
  tcp: async (port: number): Promise<void> => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    await new Promise((resolve) => server.close(resolve));
  },
};

/**
 * A port of 127.0.0.1 that is free, for a program that has to be told one, or that comes back to it. It stays free while nobody has
 * it: other tests, which run at the same time, take their ports from the kernel.
 */
export const findFreePort = async (protocol: 'udp' | 'tcp'): Promise<number> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(...range);
    const isFree = await bind[protocol](port).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
  throw new Error(`there is no free ${protocol} port from ${range[0]} to ${range[1]}`);
};
