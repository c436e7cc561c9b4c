/** What exporters say once is known after a restart: Templates, samplers, sequence numbers, data that waits. */

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CrashLab } from '../support/crash-lab.ts';
import { noFaults } from '../support/ledger-check.ts';
import { makeNumberedExporters, NumberedExporter } from '../support/numbered-flows.ts';
import { hasPeers } from '../support/peers.ts';
import { DatagramSender } from '../support/send-datagrams.ts';
import { askRows } from '../support/sql-client.ts';
import { until } from '../support/until.ts';

const checkpointsOf = (lab: CrashLab): readonly string[] =>
  readdirSync(lab.journalDir)
    .filter((name) => /^checkpoint-\d{16}\.json$/.test(name))
    .sort();

/** How a collector ends, and what is done to its files before the next one starts. */
const ends: readonly {
  readonly how: string;
  readonly end: (lab: CrashLab) => Promise<void>;
}[] = [
  { how: 'SIGTERM', end: (lab) => lab.stop() },
  { how: 'SIGKILL', end: (lab) => lab.kill() },
  { how: 'SIGTERM again', end: (lab) => lab.stop() },
  {
    how: 'SIGKILL, and the newest checkpoint is damaged',
    end: async (lab) => {
      await lab.kill();
      const newest = checkpointsOf(lab).at(-1);
      if (newest) writeFileSync(join(lab.journalDir, newest), 'nothing that can be read');
    },
  },
  {
    how: 'SIGKILL, and all checkpoints are gone',
    end: async (lab) => {
      await lab.kill();
      for (const name of checkpointsOf(lab)) rmSync(join(lab.journalDir, name));
    },
  },
];

t.test('v9 and IPFIX exporters that said their Templates and samplers once', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const lab = await CrashLab.open(t);
  await lab.start();
  const exporters = makeNumberedExporters();
  const senders = await Promise.all(exporters.map(() => DatagramSender.open(lab)));
  for (const [i, exporter] of exporters.entries()) await senders[i]?.send(...exporter.opening(Date.now()));
  let sent = 0;
  const sendData = async (): Promise<void> => {
    for (let i = 0; i < 5; i++)
      for (const [which, exporter] of exporters.entries())
        await senders[which]?.send(exporter.data(Date.now(), 10));
    sent += 100;
    await until(`${sent} flows`, async () => (await lab.countFlows()) === sent);
  };
  await sendData();
  for (const { how, end } of ends) {
    await end(lab);
    await lab.start();
    await sendData();
    const { collector } = lab;
    await until(`metrics after ${how}`, async () => (await collector.metric('flowledger_templates')) > 0);
    t.equal(await collector.metric('flowledger_sequence_missing_total'), 0, `${how}: nothing seems missing`);
    t.equal(await collector.metric('flowledger_waiting_sets'), 0, `${how}: nothing waits`);
  }
  // One datagram of each is not sent: a gap is seen across a restart, too.
  for (const exporter of exporters) exporter.data(Date.now(), 10);
  await lab.kill();
  await lab.start();
  await sendData();
  const missing = async (): Promise<boolean> =>
    (await lab.collector.metric('flowledger_sequence_missing_total')) === 11;
  await until('a v9 datagram and ten IPFIX Data Records are missing', missing);
  const truth = await lab.settle();
  t.same(await lab.faults(truth), noFaults, 'all flows, with the rates of their samplers');
  for (const sender of senders) await sender.close();
  await lab.stop();
});

t.test('data that waits for its Template waits across a restart', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const lab = await CrashLab.open(t);
  await lab.start();
  const exporter = new NumberedExporter(10, 10_010);
  const opening = exporter.opening(Date.now());
  const sender = await DatagramSender.open(lab);
  const waits = async (): Promise<boolean> => (await lab.collector.metric('flowledger_waiting_sets')) === 2;
  await sender.send(exporter.data(Date.now(), 10), exporter.data(Date.now(), 10));
  await until('two Sets wait', waits);
  await lab.kill();
  await lab.start();
  await until('and do so after SIGKILL', waits);
  await lab.stop();
  await lab.start();
  await until('and after SIGTERM', waits);
  await sender.send(...opening);
  await until('they are read', async () => (await lab.countFlows()) === 20);
  const times = await askRows<{ n: number }>(lab.target, 'SELECT uniqExact(received) AS n FROM flows');
  t.same(times, [{ n: 1 }], 'received, as the table says it, is when they could be read');
  await sender.close();
  await lab.stop();
  await lab.start();
  t.equal(await lab.countFlows(), 20, 'and once');
  await lab.stop();
});
