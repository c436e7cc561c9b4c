/** 100,000 sources with Templates of their own: memory stays flat, and an exporter that is meant is served. */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { CrashLab } from '../support/crash-lab.ts';
import { noFaults } from '../support/ledger-check.ts';
import { ipfix, netflow9, set, templateRecord } from '../support/message-hex.ts';
import { NumberedExporter } from '../support/numbered-flows.ts';
import { hasPeers } from '../support/peers.ts';
import { randomFields, randomRecord, recordHex } from '../support/random-records.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { DatagramSender } from '../support/send-datagrams.ts';
import { until } from '../support/until.ts';

const strangers = 100_000;
const seed = 7;
/** Slack for what engines and allocators keep. */
const slackBytes = 96 << 20;

const residentBytes = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

/** A Template, mostly with a record of it, and with a Set whose Template never comes. */
const strangeMessage = (random: SeededRandom): Uint8Array => {
  const version = random.chance(0.5) ? 10 : 9;
  const fields = randomFields(random, version);
  const id = random.between(256, 400);
  const sets = [
    set(version === 9 ? 0 : 2, templateRecord(id, fields)),
    set(id, recordHex(random, randomRecord(random, fields))),
    set(401, '00112233'),
  ];
  const make = version === 9 ? netflow9 : ipfix;
  return make({ domain: random.below(5) }, ...sets.slice(0, random.between(1, 3)));
};

/** From 127.1.0.0 on: every address of 127.0.0.0/8 is the machine's own. */
const sendFrom = async (stranger: number, port: number, payload: Uint8Array): Promise<void> => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, `127.${1 + (stranger >> 16)}.${(stranger >> 8) & 255}.${stranger & 255}`);
  await once(socket, 'listening');
  await new Promise((resolve) => socket.send(payload, port, '127.0.0.1', resolve));
  socket.close();
};

t.test('100,000 strangers and one exporter', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const random = new SeededRandom(seed);
  const lab = await CrashLab.open(t);
  const collector = await lab.start();
  const exporter = new NumberedExporter(10, 10_010);
  const sender = await DatagramSender.open(lab);
  await sender.send(...exporter.opening(Date.now()));
  let early = 0;
  for (let stranger = 0; stranger < strangers; stranger += 50) {
    const some = Array.from({ length: 50 }, (_, i) =>
      sendFrom(stranger + i, lab.port, strangeMessage(random)),
    );
    await Promise.all(some);
    await sender.send(exporter.data(Date.now(), 10));
    // No faster than a receive buffer of the usual size takes it on a busy machine.
    await sleep(5);
    if (stranger === strangers / 2) early = residentBytes(collector.pid);
  }
  const where = 'src_port = 10010 AND domain = 10010';
  await until(
    'the flows of the exporter are stored',
    async () => (await collector.countFlows(where)) >= exporter.next,
    60_000,
  );
  const late = residentBytes(collector.pid);
  t.ok(late < 1.2 * early + slackBytes, `${early >> 20} MiB in the middle, ${late >> 20} MiB at the end`);
  t.ok(
    (await collector.metric('flowledger_exporters')) <= 16_384,
    'exporters that are remembered are bounded',
  );
  const metrics = await (await fetch(`${collector.httpUrl}/metrics`)).text();
  t.ok(metrics.length < 16 << 20, `${metrics.length} octets of metrics`);
  t.equal((await collector.health()).status, 200);
  t.comment(`${early >> 20} MiB in the middle, ${late >> 20} MiB at the end`);
  const truth = await lab.settle();
  await removeStrangers(lab);
  t.same(await lab.faults(truth), noFaults, 'every flow of the exporter is there once');
  await lab.stop();
  await lab.start();
  await sender.send(exporter.data(Date.now(), 10));
  const again = async (): Promise<boolean> => (await lab.collector.countFlows(where)) === exporter.next;
  await until('it is known after a restart, among all the others', again);
  await sender.close();
  await lab.stop();
});

/** What strangers said is not compared. */
const removeStrangers = async (lab: CrashLab): Promise<void> => {
  await lab.collector.command('ALTER TABLE flows DELETE WHERE domain != 10010 SETTINGS mutations_sync = 2');
};
