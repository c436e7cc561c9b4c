/** Rows that ClickHouse refuses for good end in the quarantine, one by one; all others are stored, and the stream goes on. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CrashLab } from '../support/crash-lab.ts';
import { readJournalTruth } from '../support/journal-truth.ts';
import { findLedgerFaults, findViewFaults, makeSumsView, noFaults } from '../support/ledger-check.ts';
import { makeNumberedExporters, type NumberedExporter } from '../support/numbered-flows.ts';
import { OwnServer } from '../support/own-server.ts';
import { hasPeers } from '../support/peers.ts';
import { DatagramSender } from '../support/send-datagrams.ts';
import { askRows, runSql } from '../support/sql-client.ts';
import { until } from '../support/until.ts';

/** Sends flows of both exporters in turns, ten a datagram. */
const sendFlows = async (
  senders: readonly DatagramSender[],
  exporters: readonly NumberedExporter[],
  datagrams: number,
): Promise<void> => {
  for (let i = 0; i < datagrams; i++)
    for (const [which, exporter] of exporters.entries())
      await senders[which]?.send(exporter.data(Date.now(), 10));
};

/** They are closed when the test `t` ends. */
const openSenders = async (t: Test, lab: CrashLab, exporters: readonly NumberedExporter[]) => {
  const senders = await Promise.all(exporters.map(() => DatagramSender.open(lab)));
  for (const sender of senders) t.teardown(() => sender.close());
  for (const [i, exporter] of exporters.entries()) await senders[i]?.send(...exporter.opening(Date.now()));
  return senders;
};

const waitForCount = (lab: CrashLab, count: number): Promise<boolean> =>
  until(`${count} flows are stored`, async () => (await lab.countFlows()) >= count, 60_000);

t.test('a constraint that some rows break', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const server = await OwnServer.start(t);
  const lab = await CrashLab.open(t, { server });
  await lab.start();
  const exporters = makeNumberedExporters();
  const senders = await openSenders(t, lab, exporters);
  await sendFlows(senders, exporters, 10);
  await waitForCount(lab, 200);
  // Numbers 250, 750 and 1250 of each exporter: rows in the midst of a datagram.
  await runSql(server.target, 'ALTER TABLE flows ADD CONSTRAINT refuses CHECK bytes % 500 != 251');
  await sendFlows(senders, exporters, 130);
  await waitForCount(lab, 2800 - 6);
  await sendFlows(senders, exporters, 10);
  await waitForCount(lab, 3000 - 6);
  await lab.caughtUp();
  t.equal(await lab.collector.metric('flowledger_rows_quarantined_total'), 6, 'counted');
  await lab.stop();
  const { book } = readJournalTruth(lab.journalDir);
  t.equal(book.count, 3000);
  const wanted = book.without((_, number) => number % 500 === 250);
  t.same(await findLedgerFaults(server.target, wanted), noFaults, 'all that is not refused is there once');
  const told = await askRows<{ rows: number; reason: string; file: string }>(
    server.target,
    'SELECT rows, reason, file FROM quarantine',
  );
  t.equal(
    told.reduce((sum, { rows }) => sum + rows, 0),
    6,
    'the table tells of each',
  );
  for (const { reason } of told) t.match(reason, /refuses/, 'with the words of the server');
  const folder = join(lab.journalDir, 'quarantine');
  const files = readdirSync(folder);
  t.equal(files.length, told.length, 'a file each');
  for (const file of files) t.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  await runSql(server.target, 'ALTER TABLE flows DROP CONSTRAINT refuses');
  for (const file of files) await insertFile(server, join(folder, file));
  t.same(
    await findLedgerFaults(server.target, book),
    noFaults,
    'the files can be loaded once the cause is gone',
  );
});

/** As an operator would, with any client of ClickHouse. */
const insertFile = async ({ target }: OwnServer, path: string): Promise<void> => {
  const settings = new URLSearchParams({
    database: target.database,
    query: 'INSERT INTO flows FORMAT Native',
  });
  const response = await fetch(`${target.url}/?${settings}`, {
    method: 'POST',
    body: new Uint8Array(readFileSync(path)),
    headers: { 'X-ClickHouse-User': 'flowledger', 'X-ClickHouse-Key': target.password, connection: 'close' },
  });
  if (!response.ok) throw new Error(await response.text());
};

t.test('a view that wants too many partitions for one INSERT', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const server = await OwnServer.start(t);
  const lab = await CrashLab.open(t, { server });
  await lab.start();
  const exporters = makeNumberedExporters();
  const senders = await openSenders(t, lab, exporters);
  // 200 ports come, and ClickHouse takes 100 partitions at most.
  await runSql(server.target, ...makeSumsView('sums', 'port'));
  await sendFlows(senders, exporters, 150);
  // Not counted in the table: a failed INSERT leaves all rows there for a moment.
  const stored = (): Promise<number> => lab.collector.metric('flowledger_rows_stored_total', 'flows');
  await until('all are acknowledged', async () => (await stored()) === 3000, 60_000);
  await lab.stop();
  const { book } = readJournalTruth(lab.journalDir);
  t.same(await findLedgerFaults(server.target, book), noFaults, 'all flows are there once');
  t.same(await findViewFaults(server.target, 'sums'), [], 'and in the view');
  t.same(await askRows(server.target, 'SELECT count() AS n FROM quarantine'), [{ n: 0 }]);
});
