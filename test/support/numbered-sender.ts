/**
 * A process that sends numbered flows to a port of 127.0.0.1 at a steady rate, whether anybody listens or not, until its standard
 * input ends. Then it prints how many flows each of its exporters has sent.
 *
 *   node --import=tsx test/support/numbered-sender.ts PORT FLOWS_PER_SECOND FLOWS_PER_DATAGRAM
 */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { makeNumberedExporters } from './numbered-flows.ts';

const [port = 0, flowsPerSecond = 1000, flowsPerDatagram = 10] = process.argv.slice(2).map(Number);
const tickMs = 5;
/** After a pause of the machine no more are sent at once than a receive buffer takes. */
const maxBurst = 200;

const exporters = makeNumberedExporters();
const sockets = exporters.map(() => dgram.createSocket('udp4'));
for (const socket of sockets) {
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
}

const send = (which: number, payload: Uint8Array): void => sockets[which]?.send(payload, port, '127.0.0.1');

for (const [i, exporter] of exporters.entries())
  for (const payload of exporter.opening(Date.now())) send(i, payload);

const startedMs = performance.now();
let sent = 0;
const tick = (): void => {
  const due = Math.floor(((performance.now() - startedMs) / 1000) * (flowsPerSecond / flowsPerDatagram));
  for (let burst = 0; sent < due && burst < maxBurst; burst++, sent++) {
    const which = sent % exporters.length;
    const payload = exporters[which]?.data(Date.now(), flowsPerDatagram);
    if (payload) send(which, payload);
  }
};
const timer = setInterval(tick, tickMs);

process.stdin.resume().once('end', () => {
  clearInterval(timer);
  // `close` waits for what was handed to the socket.
  for (const socket of sockets) socket.close();
  process.stdout.write(`${JSON.stringify(exporters.map(({ next }) => next))}\n`);
});
