import dgram from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { KernelDrops } from '../../../collector/receive/kernel-drops.ts';
import { openUdpListeners, type UdpListener } from '../../../collector/receive/udp-listener.ts';

t.test('what the kernel drops is counted for the socket that it was meant for', async (t) => {
  const options = { receive: () => {}, receiveBufferBytes: 4096 };
  const listeners = await openUdpListeners(['udp://127.0.0.1:0', 'udp://:0'], options);
  const [flooded, quiet] = listeners as [UdpListener, UdpListener];
  const drops = new KernelDrops(listeners);
  await drops.refresh();
  t.equal(drops.known, true);
  t.equal(flooded.kernelDrops, 0);

  // dgram sends at once where it can, and reads only when the event loop comes round, so this fills the buffer.
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.connect(flooded.port, '127.0.0.1');
  await once(socket, 'connect');
  const sent = 500;
  const payload = Buffer.alloc(1400);
  await Promise.all(
    Array.from({ length: sent }, () => new Promise((resolve) => socket.send(payload, resolve))),
  );
  await flooded.drain();
  await drops.refresh();
  t.ok(flooded.kernelDrops > 0, `${flooded.kernelDrops} dropped`);
  t.equal(flooded.datagrams + flooded.kernelDrops, sent, 'each one was read or dropped');
  t.equal(quiet.kernelDrops, 0);

  const before = flooded.kernelDrops;
  await drops.refresh();
  t.equal(flooded.kernelDrops, before, 'counted once');
  socket.close();
  await Promise.all(listeners.map((listener) => listener.close()));
});

t.test('a socket that the kernel does not list leaves drops unknown', async (t) => {
  const drops = new KernelDrops([{ address: '127.0.0.1', port: 0, kernelDrops: 0, receiveQueueBytes: 0 }]);
  await drops.refresh();
  t.equal(drops.known, false);
});
