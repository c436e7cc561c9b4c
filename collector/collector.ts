/** The collector put together: sockets, ledger thread, database, HTTP, and what is said about them. */

import { ConfigError } from '../shared/service/config-error.ts';
import { formatBytes, formatCount, formatDuration } from '../shared/service/format-quantity.ts';
import { Lifecycle } from '../shared/service/lifecycle.ts';
import { Log } from '../shared/service/log.ts';
import type { CollectOptions } from './collect-options.ts';
import { readExporters } from './exporters-file.ts';
import { LedgerClient } from './ledger/ledger-client.ts';
import type { LedgerSnapshot } from './ledger/ledger-messages.ts';
import { makeMetricsSnapshot } from './metrics-snapshot.ts';
import { type OpenStore, openStore } from './open-store.ts';
import { version } from './package-version.ts';
import { parseAllowList } from './receive/allow-list.ts';
import { describeBindProblem } from './receive/bind-problem.ts';
import { Reception } from './receive/reception.ts';
import { makeStatus, type StatusReading } from './status-line.ts';
import { StatusReporter } from './status-reporter.ts';
import { makeMetrics } from './web/metrics.ts';
import { startWebServer } from './web/server.ts';

/** All of it: flushing rows takes most, where ClickHouse is slow. */
const stopWithinMs = 60_000;
const storeWithinMs = 30_000;
const batchRows = 131_072;
const batchAgeMs = 1000;
const insertsInFlight = 2;
const minuteMs = 60_000;
/** Without an answer of the ledger thread for so long something is wrong with it. */
const silentMs = 30_000;

class Collector {
  readonly #options: CollectOptions;
  readonly #log: Log;
  readonly #store: OpenStore;
  readonly #reception: Reception;
  readonly #ledger: LedgerClient;
  readonly #startedAtMs = Date.now();

  constructor(
    options: CollectOptions,
    log: Log,
    store: OpenStore,
    reception: Reception,
    ledger: LedgerClient,
  ) {
    this.#options = options;
    this.#log = log;
    this.#store = store;
    this.#reception = reception;
    this.#ledger = ledger;
  }

  get problem(): string | undefined {
    const { snapshot } = this.#ledger;
    const silent = snapshot === undefined && Date.now() - this.#startedAtMs > silentMs;
    return (
      this.#store.problem() ?? snapshot?.problem ?? (silent ? 'the ledger thread does not answer' : undefined)
    );
  }

  get lagMs(): number {
    const oldest = this.#ledger.snapshot?.oldestMicros ?? 0;
    return oldest === 0 ? 0 : Math.max(0, Date.now() - oldest / 1e3);
  }

  reading(): StatusReading {
    const reception = this.#reception;
    const ledger = this.#ledger.snapshot;
    return {
      atMs: performance.now(),
      datagrams: reception.datagrams,
      flows: ledger?.flowRecords ?? 0,
      stored: ledger?.rowsStored ?? 0,
      notStored: (ledger?.rowsFailed ?? 0) + (ledger?.recordsDropped ?? 0),
      lagMs: this.lagMs,
      kernelDrops: reception.kernelDrops,
      queueDrops: reception.writer.queueDrops,
      refused: reception.refused,
      exporters: ledger?.domains ?? 0,
      problem: this.problem,
    };
  }

  metrics() {
    return makeMetricsSnapshot({
      reception: this.#reception,
      ledger: this.#ledger.snapshot,
      lagSeconds: this.lagMs / 1000,
      problem: this.problem,
      partitionsDropped: this.#store.partitionsDropped(),
      diskBytes: this.#store.diskBytes(),
      startedAtSeconds: this.#startedAtMs / 1000,
      version,
    });
  }

  /** SIGHUP: the file of exporters again. A file that is wrong changes nothing. */
  reload(): void {
    const { exportersFile } = this.#options;
    if (exportersFile === undefined) {
      this.#log.info('SIGHUP: there is no --exporters file to read again');
      return;
    }
    try {
      const exporters = readExporters(exportersFile);
      this.#ledger.configure(exporters);
      this.#log.info('SIGHUP: exporters read again', { file: exportersFile, exporters: exporters.length });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#log.error('SIGHUP: the exporters stay as they are', { problem: error.message });
    }
  }

  /** Where it listens, where it stores, how to ask. */
  announce(httpUrl: string | undefined): void {
    const { dataDir, server } = this.#options;
    const where = server ? '' : ` --data ${dataDir}`;
    const lines = [
      `flowledger ${version} collects NetFlow v5, v9 and IPFIX`,
      `  listening  ${this.#reception.listeners.map((l) => l.name).join('  ')}`,
      `  storing    ${this.#store.description}${this.#store.embedded ? `, ${this.#store.embedded.url}` : ''}`,
      ...(httpUrl ? [`  watching   ${httpUrl}/metrics  ${httpUrl}/healthz`] : []),
      `  asking     flowledger sql${where} "SELECT src_addr, sum(bytes * sampling_rate) AS b FROM flows GROUP BY 1 ORDER BY b DESC LIMIT 10"`,
    ];
    if (this.#options.logFormat === 'text') process.stdout.write(`${lines.join('\n')}\n`);
    else
      this.#log.info('collecting', {
        listen: this.#reception.listeners.map((l) => l.name).join(' '),
        store: this.#store.description,
        clickhouse: this.#store.connection.url,
        http: httpUrl,
      });
    this.#announceBuffers();
  }

  /** One line for all sockets that got the same: there are three by default. */
  #announceBuffers(): void {
    const { listeners } = this.#reception;
    for (const grantedBytes of new Set(listeners.map((listener) => listener.grantedBufferBytes))) {
      const [first, ...others] = listeners.filter((l) => l.grantedBufferBytes === grantedBytes);
      if (!first) continue;
      const granted = {
        sockets: [first, ...others].map((listener) => listener.name).join(' '),
        granted: formatBytes(grantedBytes),
        wanted: formatBytes(first.wantedBufferBytes),
      };
      if (first.bufferAdvice === undefined) this.#log.info('receive buffer', granted);
      else
        this.#log.warn('receive buffer smaller than wanted: bursts may be lost', {
          ...granted,
          remedy: first.bufferAdvice,
        });
    }
  }

  reportLosses(): void {
    const losses = this.#reception.takeLosses();
    if (losses.length > 0) this.#ledger.reportLoss(Math.floor(Date.now() / minuteMs) * 60, losses);
  }

  async stop(): Promise<void> {
    await this.#reception.close();
    this.reportLosses();
    const books = await this.#ledger.stop(storeWithinMs);
    this.#sayGoodbye(books);
  }

  #sayGoodbye(books: LedgerSnapshot): void {
    const lost = books.rowsFailed + books.recordsDropped + books.pendingRows;
    const seconds = formatDuration(Date.now() - this.#startedAtMs);
    const text = `stored ${books.rowsStored} rows in ${seconds}; ${lost} rows could not be stored`;
    this.#log[lost > 0 ? 'error' : 'info'](text, {
      datagrams: this.#reception.datagrams,
      dropped: formatCount(this.#reception.writer.queueDrops + this.#reception.kernelDrops),
    });
  }
}

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

/** Runs until a signal ends it; the process exits then. Throws ConfigError when it cannot start. */
export const collect = async (options: CollectOptions): Promise<void> => {
  const { log, reporter } = openLog(options);
  const allow = parseAllowList(options.allow);
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
    // Sockets first: what is wrong with them is said at once, and what comes while the database starts is not lost.
    const early: [chunk: ArrayBuffer, usedBytes: number][] = [];
    let send = (chunk: ArrayBuffer, usedBytes: number): void => {
      early.push([chunk, usedBytes]);
    };
    const reception = await Reception.open({
      listen: options.listen,
      allow,
      receiveBufferBytes: options.receiveBufferBytes,
      onChunk: (chunk, usedBytes) => send(chunk, usedBytes),
    });
    const store = await openStore(options, log);
    lifecycle.onStop('database', () => store.close());
    const ledger = new LedgerClient({
      ledger: {
        connection: store.connection,
        collector: options.name,
        groups: options.columns,
        keepExtra: options.keepExtra,
        batchRows,
        batchAgeMs,
        insertsInFlight,
        exporters: options.exporters,
      },
      log,
      recycle: (chunk) => reception.writer.recycle(chunk),
      onDeath: (error) => {
        log.error('the ledger thread died', { problem: error.stack ?? error.message });
        process.exit(70);
      },
    });
    lifecycle.onStop('ledger', () => ledger.terminate());
    send = (chunk, usedBytes) => ledger.send(chunk, usedBytes);
    for (const [chunk, usedBytes] of early) send(chunk, usedBytes);
    const collector = new Collector(options, log, store, reception, ledger);
    lifecycle.onStop('collector', () => collector.stop());
    const httpUrl = await openHttp(options, collector, lifecycle);
    collector.announce(httpUrl);
    process.on('SIGHUP', () => collector.reload());
    reporter.start({
      refresh: () => reception.kernel.refresh(),
      read: () => collector.reading(),
      status: makeStatus,
      perMinute: (status) => {
        collector.reportLosses();
        log.flush();
        log.info('status', status.fields);
      },
    });
    lifecycle.onStop('status', () => reporter.stop());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message.replace(/^/gm, 'flowledger: ')}\n`);
    await lifecycle.stop(2);
  }
};

const openHttp = async (
  options: CollectOptions,
  collector: Collector,
  lifecycle: Lifecycle,
): Promise<string | undefined> => {
  if (options.http === undefined) return undefined;
  const server = await startWebServer({
    http: options.http,
    health: () => {
      const { problem, lagMs } = collector;
      return { problem, details: { lag_seconds: Math.round(lagMs) / 1000 } };
    },
    metrics: makeMetrics(() => collector.metrics()),
    describeBindProblem,
  });
  lifecycle.onStop('http', () => server.close());
  return server.url;
};
