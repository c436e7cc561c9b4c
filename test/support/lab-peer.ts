/**
 * Entry of a process that is client or server in a lab: it does what its parent asks, so that both ends of each connection are known.
 * TCP and UDP service: a TCP request says in its first 8 octets how many octets follow it and how many are the answer; a datagram
 * comes back as it is.
 */

import dgram from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import type { Endpoints, PeerAnswer, PeerRequest } from './lab-traffic.ts';

const headerBytes = 8;
const connections = new Map<number, net.Socket>();
const accepted: Endpoints[] = [];
const arrivals = new EventEmitter();
let nextId = 1;

const endpointsOf = (socket: net.Socket): Endpoints => ({
  localAddress: socket.localAddress ?? '',
  localPort: socket.localPort ?? 0,
  remoteAddress: socket.remoteAddress ?? '',
  remotePort: socket.remotePort ?? 0,
});

const arrived = (from: Endpoints): void => {
  accepted.push(from);
  arrivals.emit('arrived');
};

const serve = (socket: net.Socket): void => {
  arrived(endpointsOf(socket));
  let waiting = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length >= headerBytes) {
      const requestBytes = headerBytes + waiting.readUInt32BE(0);
      if (waiting.length < requestBytes) return;
      socket.write(Buffer.alloc(waiting.readUInt32BE(4), 0x61));
      waiting = waiting.subarray(requestBytes);
    }
  });
};

const listen = async (port: number): Promise<PeerAnswer> => {
  const server = net.createServer(serve).listen(port, '::');
  const echo = dgram.createSocket({ type: 'udp6' }).bind(port, '::');
  await Promise.all([once(server, 'listening'), once(echo, 'listening')]);
  echo.on('message', (message, from) => {
    const { address, port: localPort } = echo.address();
    arrived({
      localAddress: address,
      localPort,
      remoteAddress: from.address,
      remotePort: from.port,
    });
    echo.send(message, from.port, from.address);
  });
  return {};
};

const connect = async (host: string, port: number): Promise<PeerAnswer> => {
  const startMs = Date.now();
  const socket = net.connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  const id = nextId++;
  connections.set(id, socket);
  return { id, startMs, endMs: Date.now(), endpoints: endpointsOf(socket) };
};

const exchange = async (id: number, sendBytes: number, receiveBytes: number): Promise<PeerAnswer> => {
  const socket = connections.get(id);
  if (socket === undefined) throw new Error(`no connection ${id}`);
  const request = Buffer.alloc(headerBytes + sendBytes, 0x62);
  request.writeUInt32BE(sendBytes, 0);
  request.writeUInt32BE(receiveBytes, 4);
  socket.write(request);
  for (let received = 0; received < receiveBytes; ) {
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    received += bytes.length;
  }
  return { endMs: Date.now() };
};

/** FIN from here, FIN from there. */
const close = async (id: number): Promise<PeerAnswer> => {
  const socket = connections.get(id);
  connections.delete(id);
  socket?.end();
  socket?.resume();
  if (socket) await once(socket, 'close');
  return { endMs: Date.now() };
};

const sendDatagrams = async (
  host: string,
  port: number,
  count: number,
  bytes: number,
): Promise<PeerAnswer> => {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.connect(port, host);
  await once(socket, 'connect');
  const { address: localAddress, port: localPort } = socket.address();
  const startMs = Date.now();
  for (let i = 0; i < count; i++) {
    const answered = once(socket, 'message');
    socket.send(Buffer.alloc(bytes, 0x63));
    await answered;
  }
  const endMs = Date.now();
  socket.close();
  return { startMs, endMs, endpoints: { localAddress, localPort, remoteAddress: host, remotePort: port } };
};

const acceptedBy = async (count: number): Promise<PeerAnswer> => {
  while (accepted.length < count) await once(arrivals, 'arrived');
  return { accepted };
};

const answer = (request: PeerRequest): Promise<PeerAnswer> => {
  switch (request.ask) {
    case 'listen':
      return listen(request.port);
    case 'connect':
      return connect(request.host, request.port);
    case 'exchange':
      return exchange(request.id, request.sendBytes, request.receiveBytes);
    case 'close':
      return close(request.id);
    case 'datagrams':
      return sendDatagrams(request.host, request.port, request.count, request.bytes);
    case 'accepted':
      return acceptedBy(request.count);
  }
};

process.on('message', (request: PeerRequest) => {
  answer(request).then(
    (said) => process.send?.(said),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.({});
