/** The collector put together: sockets and journal, ledger thread, database, HTTP, and what is said about them. */

import { ConfigError } from '../shared/service/config-error.ts';
import { formatBytes, formatCount, formatDuration } from '../shared/service/format-quantity.ts';
import { Lifecycle } from '../shared/service/lifecycle.ts';
import { Log } from '../shared/service/log.ts';
import { announce } from './announce.ts';
import type { CollectOptions } from './collect-options.ts';
import { CollectorBooks } from './collector-books.ts';
import { readExporters } from './exporters-file.ts';
import { JournalWatch } from './journal-watch.ts';
import { batchRows, insertsInFlight } from './ledger/batch-sizes.ts';
import { LedgerClient } from './ledger/ledger-client.ts';
import { openReceivingSide, type ReceivingSide } from './open-reception.ts';
import { openRollups } from './open-rollups.ts';
import { type OpenStore, openStore } from './open-store.ts';
import { version } from './package-version.ts';
import { describeBindProblem } from './receive/bind-problem.ts';
import { makeStatus } from './status-line.ts';
import { StatusReporter } from './status-reporter.ts';
import { makeMetrics } from './web/metrics.ts';
import { startWebServer } from './web/server.ts';

/** All of it: flushing rows takes most, where ClickHouse is slow. */
const stopWithinMs = 60_000;
/** What is not stored by then is kept by the journal, or lost without one. */
const storeWithinMs = { journal: 10_000, nothing: 30_000 };
const batchAgeMs = 1000;

const openLog = (options: CollectOptions): { log: Log; reporter: StatusReporter } => {
  const reporter = new StatusReporter(
    process.stderr,
    process.stdout.isTTY === true && options.logFormat === 'text',
  );
  const log = new Log({
    write: (line) => reporter.writeLine(line),
    nowMs: Date.now,
    format: options.logFormat,
    level: options.logLevel,
  });
  return { log, reporter };
};

const openLedger = (
  options: CollectOptions,
  store: OpenStore,
  { journal, reception }: ReceivingSide,
  log: Log,
): LedgerClient =>
  new LedgerClient({
    ledger: {
      connection: store.connection,
      collector: options.name,
      groups: options.columns,
      keepExtra: options.keepExtra,
      batchRows,
      batchAgeMs,
      insertsInFlight,
      exporters: options.exporters,
      journal,
      quarantineDir: journal && `${journal.directory}/quarantine`,
      version,
    },
    log,
    recycle: (chunk) => reception.writer.recycle(chunk),
    onDeath: (error) => {
      log.error('the ledger thread died', { problem: error.stack ?? error.message });
      process.exit(70);
    },
  });

const openHttp = async (
  options: CollectOptions,
  books: CollectorBooks,
  lifecycle: Lifecycle,
): Promise<string | undefined> => {
  if (options.http === undefined) return undefined;
  const server = await startWebServer({
    http: options.http,
    health: () => books.health(),
    metrics: makeMetrics(() => books.metrics()),
    describeBindProblem,
  });
  lifecycle.onStop('http', () => server.close());
  return server.url;
};

/** SIGHUP: the file of exporters again. A file that is wrong changes nothing. */
const reload = (exportersFile: string | undefined, ledger: LedgerClient, log: Log): void => {
  if (exportersFile === undefined) {
    log.info('SIGHUP: there is no --exporters file to read again');
    return;
  }
  try {
    const exporters = readExporters(exportersFile);
    ledger.configure(exporters);
    log.info('SIGHUP: exporters read again', { file: exportersFile, exporters: exporters.length });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.error('SIGHUP: the exporters stay as they are', { problem: error.message });
  }
};

/** Receives no more, and stores what was received, as far as that goes in time. */
const stopCollecting = async (
  receiving: ReceivingSide,
  ledger: LedgerClient,
  books: CollectorBooks,
  log: Log,
): Promise<void> => {
  const { reception, journal } = receiving;
  await receiving.close();
  const last = await ledger.stop(journal ? storeWithinMs.journal : storeWithinMs.nothing);
  const unjournaled = receiving.journalWriter?.unjournaledBytes ?? 0;
  if (!last && unjournaled > 0)
    log.error(`${formatBytes(unjournaled)} of what was received could not be journaled, and are lost`);
  if (!last) return;
  const seconds = formatDuration(Date.now() - books.startedAtMs);
  const lost = last.rowsQuarantined + last.rowsGivenUp + last.recordsDropped;
  const waits =
    last.lagBytes > 0 && journal
      ? `; ${formatBytes(last.lagBytes)} wait in the journal for the next start`
      : '';
  const text = `stored ${last.rowsStored} rows in ${seconds}; ${lost} rows could not be stored${waits}`;
  log[lost > 0 ? 'error' : 'info'](text, {
    datagrams: reception.datagrams,
    dropped: formatCount(reception.writer.queueDrops + reception.kernelDrops + last.datagramsDiscarded),
  });
};

const run = async (
  options: CollectOptions,
  log: Log,
  reporter: StatusReporter,
  lifecycle: Lifecycle,
): Promise<void> => {
  let books: CollectorBooks | undefined;
  let onHangUp = (): void => log.info('SIGHUP: not before the collector has begun');
  process.on('SIGHUP', () => onHangUp());
  // Sockets and journal first: what is wrong with them is said at once, and what comes while the database starts is kept.
  const receiving = await openReceivingSide(options, log, () => books?.journalBytes ?? 0);
  lifecycle.onStop('journal', () => receiving.release());
  lifecycle.onStop('reception', () => receiving.close());
  const { reception, route, journal } = receiving;
  books = new CollectorBooks(receiving);
  const httpUrl = await openHttp(options, books, lifecycle);
  const store = await openStore(options, log);
  lifecycle.onStop('database', () => store.close());
  const ledger = openLedger(options, store, receiving, log);
  lifecycle.onStop('ledger thread', () => ledger.terminate());
  lifecycle.onStop('ledger', () => stopCollecting(receiving, ledger, books, log));
  route.attach(ledger);
  books.ledger = ledger;
  books.store = store;
  // Without the database, nobody could tell whether the last run had tables in it.
  if (!(await store.makeDatabase(receiving.openGroups))) return;
  // What the last run left is settled in the tables as that run knew them.
  await ledger.recovered;
  if (lifecycle.stopping || !(await store.prepare())) return;
  ledger.prepared();
  if (lifecycle.stopping) return;
  announce({ options, listeners: reception.listeners, store, journal, httpUrl }, log, (text) =>
    process.stdout.write(text),
  );
  books.rollups = openRollups(options, store.connection, () => ledger.storedUntilMicros, log);
  lifecycle.onStop('rollups', () => books?.rollups?.close());
  onHangUp = () => reload(options.exportersFile, ledger, log);
  const watch = new JournalWatch(log);
  reporter.start({
    refresh: async () => {
      await reception.refresh();
      watch.look(books.watched());
    },
    read: () => books.reading(),
    status: makeStatus,
    perMinute: (status) => {
      log.flush();
      log.info('status', status.fields);
    },
  });
  lifecycle.onStop('status', () => reporter.stop());
};

/** Runs until a signal ends it; the process exits then. Throws ConfigError when it cannot start. */
export const collect = async (options: CollectOptions): Promise<void> => {
  const { log, reporter } = openLog(options);
  const lifecycle = new Lifecycle({
    process,
    deadlineMs: stopWithinMs,
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    report: (message) => log.info(message),
  });
  try {
    await run(options, log, reporter, lifecycle);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message.replace(/^/gm, 'flowledger: ')}\n`);
    await lifecycle.stop(2);
  }
};
