/** What becomes of the journal's disk: full, read-only, damaged, of another version, larger than it may be. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CrashLab } from '../support/crash-lab.ts';
import { emptyDisk, fillDisk } from '../support/disk-ballast.ts';
import { readJournalTruth } from '../support/journal-truth.ts';
import { noFaults } from '../support/ledger-check.ts';
import { makeNumberedExporters, NumberedExporter } from '../support/numbered-flows.ts';
import { OwnServer } from '../support/own-server.ts';
import { hasPeers } from '../support/peers.ts';
import { runCli } from '../support/run-cli.ts';
import { startSender } from '../support/running-sender.ts';
import { cutLastChunk, damageLateChunk, makeNewer } from '../support/segment-damage.ts';
import { DatagramSender } from '../support/send-datagrams.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { askRows, type SqlTarget } from '../support/sql-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

interface Counts {
  readonly rows: number;
  readonly different: number;
}

const countNumbers = async (target: SqlTarget): Promise<Counts | undefined> =>
  (
    await askRows<Counts>(
      target,
      'SELECT count() AS rows, uniqExact(src_port, flow_id) AS different FROM flows',
    )
  )[0];

t.test('a full disk: what comes is stored, and journaled again when there is space', async (t) => {
  const disk = hasPeers(t, 'chdb') ? mountSmallDisk(t, '8m') : undefined;
  if (!disk) return;
  const lab = await CrashLab.open(t, {
    journalDir: join(disk.directory, 'journal'),
    args: ['--journal-keep', '0s'],
  });
  const collector = await lab.start();
  const exporter = new NumberedExporter(9, 10_009);
  const sender = await DatagramSender.open(lab);
  await sender.send(...exporter.opening(Date.now()));
  const sendSome = async (datagrams: number): Promise<void> => {
    for (let i = 0; i < datagrams; i++) await sender.send(exporter.data(Date.now(), 20));
    await until('they are stored', async () => (await lab.countFlows()) >= exporter.next);
  };
  await sendSome(100);
  fillDisk(disk.directory);
  await sendSome(500);
  t.match(collector.stderr, /journal cannot be written: no space left/);
  const sick = await collector.health();
  t.equal(sick.status, 503);
  t.match(sick.body.reason, /journal cannot be written: no space left/);
  await sendSome(500);
  emptyDisk(disk.directory);
  await until('it is well again', async () => {
    await sendSome(10);
    return (await collector.health()).status === 200;
  });
  await sendSome(100);
  // Killed at once: what was stored from memory alone must not come again, nor hold up the rest.
  await lab.kill();
  await lab.start();
  await sendSome(100);
  await lab.stop();
  await lab.start();
  t.same(await countNumbers(lab.target), { rows: exporter.next, different: exporter.next }, 'each one once');
  await lab.caughtUp();
  await lab.stop();
});

t.test('a disk that is smaller than what comes in', async (t) => {
  const disk = hasPeers(t, 'chdb') ? mountSmallDisk(t, '8m') : undefined;
  if (!disk) return;
  const lab = await CrashLab.open(t, {
    journalDir: join(disk.directory, 'journal'),
    args: ['--journal-keep', '0s'],
  });
  await lab.start();
  const sender = startSender(t, { port: lab.port, flowsPerSecond: 40_000, flowsPerDatagram: 25 });
  await until('32 MB have come', async () => (await lab.countFlows()) > 500_000, 60_000);
  const sent = [...(await sender.stop()).values()].reduce((sum, count) => sum + count, 0);
  await until('all are stored', async () => (await lab.countFlows()) >= sent);
  await lab.stop();
  await lab.start();
  t.same(await countNumbers(lab.target), { rows: sent, different: sent }, 'each one once');
  await lab.stop();
});

t.test('directories that cannot be used', async (t) => {
  const directory = temporaryDirectory(t);
  const collect = (journal: string) =>
    runCli(['collect', '--data', directory, '--listen', 'udp://127.0.0.1:0', '--http', 'off', '--journal', journal]); // biome-ignore format: a list
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const ofFile = await collect(join(file, 'journal'));
  t.equal(ofFile.exitCode, 2);
  t.match(ofFile.stderr, /--journal .*file/);
  const disk = mountSmallDisk(t, '1m');
  if (!disk) return;
  mkdirSync(join(disk.directory, 'journal'));
  disk.setReadOnly(true);
  const { exitCode, stderr } = await collect(join(disk.directory, 'journal'));
  t.equal(exitCode, 2);
  t.match(stderr, /--journal .* cannot be written.*--journal off/s);
  t.notMatch(stderr, /\n +at /, 'no stack');
});

t.test('a damaged segment is read around; one of a newer version is not touched', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const server = await OwnServer.start(t);
  const lab = await CrashLab.open(t, { server });
  await lab.start();
  const exporters = makeNumberedExporters();
  const senders = await Promise.all(exporters.map(() => DatagramSender.open(lab)));
  const sendChunks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      for (const [which, exporter] of exporters.entries())
        await senders[which]?.send(exporter.data(Date.now(), 10));
      // Each chunk is written before the next begins.
      const end = exporters[0]?.next ?? 0;
      await until('it is journaled', () => readJournalTruth(lab.journalDir).book.end(10_009) === end);
    }
  };
  for (const [i, exporter] of exporters.entries()) await senders[i]?.send(...exporter.opening(Date.now()));
  await sendChunks(3);
  await until('the first are stored', async () => (await lab.countFlows()) === 60);
  await server.kill();
  await sendChunks(6);
  await lab.kill();
  damageLateChunk(lab.journalDir);
  cutLastChunk(lab.journalDir);
  await server.start();
  const collector = await lab.start();
  await sendChunks(1);
  const truth = await lab.settle();
  t.ok(truth.tornBytes > 0);
  t.equal(truth.book.count, 20 * (10 - 2), 'two chunks are lost');
  t.same(await lab.faults(truth), noFaults, 'and nothing else');
  await until('it is said', () => /damaged/.test(collector.stderr)).catch(() => undefined);
  t.match(collector.stderr, /damaged/);
  await until(
    'it is counted',
    async () => (await collector.metric('flowledger_journal_damaged_bytes_total')) > 0,
  );
  await lab.stop();
  for (const sender of senders) await sender.close();
  makeNewer(lab.journalDir);
  const newer = lab.launch();
  const { exitCode, stderr } = await newer.ended();
  t.equal(exitCode, 2);
  t.match(stderr, /newer version of flowledger/);
});

t.test(
  '--journal-max while ClickHouse is away: the oldest goes, counted, and the newest is stored',
  async (t) => {
    if (!hasPeers(t, 'chdb')) return;
    const server = await OwnServer.start(t);
    const lab = await CrashLab.open(t, { server, args: ['--journal-max', '48MiB', '--journal-keep', '0s'] });
    const collector = await lab.start();
    const sender = startSender(t, { port: lab.port, flowsPerSecond: 120_000, flowsPerDatagram: 25 });
    await until('the first are stored', async () => (await lab.countFlows()) > 0);
    await server.kill();
    await until(
      'much more came than the journal may hold',
      async () => (await collector.metric('flowledger_datagrams_total')) > 60_000,
      60_000,
    );
    const { status, body } = await collector.health();
    t.equal(status, 503);
    t.ok(Number(body.journal_bytes) > 0.5 * Number(body.journal_max_bytes), `${body.journal_bytes} octets`);
    t.match(collector.stderr, /journal.* full/, 'it is said that the journal is full, and what goes');
    const sent = await sender.stop();
    await server.start();
    const total = [...sent.values()].reduce((sum, count) => sum + count, 0);
    const [dropped, stored] = await until('every datagram is stored or counted', async () => {
      const losses = 'SELECT exporter, sum(journal_drops) AS n FROM exporter_loss FINAL GROUP BY exporter';
      const rows = await askRows<{ exporter: string; n: number }>(server.target, losses).catch(() => []);
      const drops = rows.find(({ exporter }) => exporter === '::ffff:127.0.0.1')?.n ?? 0;
      const flows = await lab.countFlows().catch(() => 0);
      return drops * 25 + flows === total && ([drops, flows] as const);
    });
    t.ok(dropped > 1000, `${dropped} datagrams had to go`);
    t.ok(stored > 100_000, `${stored} flows are stored`);
    t.same(
      await askRows(
        server.target,
        'SELECT src_port AS s, max(flow_id) + 1 AS n FROM flows GROUP BY s ORDER BY s',
      ),
      [...sent].map(([s, n]) => ({ s, n })).sort((a, b) => a.s - b.s),
      'the newest are there',
    );
    t.same(await countNumbers(server.target), { rows: stored, different: stored }, 'each one once');
    t.equal(
      await collector.metric('flowledger_sequence_missing_total'),
      0,
      'what was discarded was received',
    );
    await lab.stop();
  },
);
