/**
 * The same as udp-blast.c where no compiler exists, at some six times the CPU. Started by udp-sender.ts with
 * HOST PORT DATAGRAMS_PER_SECOND SECONDS EXPORTERS TEMPLATE_EVERY; says in one line of JSON what was sent.
 */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { makeDatagramPool } from './datagram-pool.ts';
import { freshUptimeMs, patchDatagram, recordsPerDatagram } from './flow-generator.ts';
import { poolDatagrams } from './udp-sender.ts';

const [host = '', ...numbers] = process.argv.slice(2);
const [port = 0, rate = 0, seconds = 0, exporters = 0, templateEvery = 1] = numbers.map(Number);

const pool = makeDatagramPool(poolDatagrams);
const views = pool.data.map((datagram) => new DataView(datagram.buffer));
const counts = { datagrams: 0, templates: 0, records: 0, errors: 0, longestBurst: 0 };
let pending = 0;
let next = 0;

const openSource = async (domain: number) => {
  const socket = dgram.createSocket('udp4').bind(0, `127.0.0.${2 + domain}`);
  await once(socket, 'listening');
  socket.connect(port, host);
  await once(socket, 'connect');
  // Nobody listens: said to a socket that is connected, for a datagram that was sent before.
  socket.on('error', () => counts.errors++);
  const template = Uint8Array.from(pool.template);
  return { socket, domain, sequence: 0, template, templateView: new DataView(template.buffer) };
};

const sent = (error: Error | null): void => {
  pending--;
  if (error) counts.errors++;
};

const sendOne = (source: Awaited<ReturnType<typeof openSource>>, elapsedMs: number): void => {
  const isTemplate = source.sequence % templateEvery === 0;
  if (!isTemplate) next = (next + 1) % pool.data.length;
  const bytes = isTemplate ? source.template : (pool.data[next] as Uint8Array);
  patchDatagram(isTemplate ? source.templateView : (views[next] as DataView), {
    uptimeMs: freshUptimeMs + Math.floor(elapsedMs),
    unixSeconds: Math.floor(Date.now() / 1000),
    sequence: source.sequence++,
    domain: source.domain,
  });
  counts.datagrams++;
  if (isTemplate) counts.templates++;
  else counts.records += recordsPerDatagram;
  pending++;
  source.socket.send(bytes, sent);
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const sources = await Promise.all(Array.from({ length: exporters }, (_, domain) => openSource(domain)));
const before = process.cpuUsage();
const start = performance.now();
for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - start) {
  const due = Math.floor((elapsedMs * rate) / 1000) - counts.datagrams;
  counts.longestBurst = Math.max(counts.longestBurst, due);
  // A datagram may lie in the socket's queue for a while, so no more are on their way than the pool has.
  for (let i = 0; i < due && pending < poolDatagrams; i++) {
    sendOne(sources[counts.datagrams % sources.length] as (typeof sources)[number], elapsedMs);
  }
  await turn();
}
while (pending > 0) await turn();
for (const { socket } of sources) socket.close();
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    ...counts,
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
  }),
);
