/** The ledger's thread: decodes chunks and stores rows; it may fall behind without reception noticing. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { LogFields, LogLevel } from '../../shared/service/log.ts';
import { BatchWriter } from '../store/batch-writer.ts';
import { connect } from '../store/connection.ts';
import { RowWriter } from '../store/row-writer.ts';
import { Ledger } from './ledger.ts';
import type { FromLedger, LedgerOptions, ToLedger } from './ledger-messages.ts';

const tickMs = 100;
const snapshotMs = 1000;
const exportersMs = 5000;
const minuteSeconds = 60;
const lastFlushMs = 5000;

const options = workerData as LedgerOptions;
const port = parentPort;
if (!port) throw new Error('ledger-thread runs as a worker only');

const tell = (message: FromLedger, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, [...transfer]);
const log = (level: LogLevel, message: string, fields: LogFields = {}): void =>
  tell({ type: 'log', level, message, fields });

const client = connect(options.connection);
const rowWriter = new RowWriter({ client });
const batchWriter = new BatchWriter({
  client,
  database: options.connection.database,
  collector: options.collector,
  insertsInFlight: options.insertsInFlight,
  onTrouble: (problem) => {
    ledger.problem = problem;
    if (problem === undefined) {
      log('info', 'ClickHouse takes rows again');
      return;
    }
    ledger.insertsRetried++;
    log('warn', 'rows wait for ClickHouse', { problem });
  },
});
const minuteNow = (): number => Math.floor(Date.now() / 1000 / minuteSeconds) * minuteSeconds;
const ledger = new Ledger(options, {
  batchWriter,
  rowWriter,
  recycle: (chunk) => tell({ type: 'recycle', chunk }, [chunk]),
  onFailure: ({ rows, problem }) => {
    log('error', 'rows could not be stored', { rows, problem });
    ledger.books.writeNotStored(minuteNow(), rows);
  },
});

let minute = minuteNow();
const timers = [
  setInterval(() => ledger.tick(performance.now()), tickMs),
  setInterval(() => {
    ledger.expire();
    tell({ type: 'snapshot', snapshot: ledger.snapshot() });
  }, snapshotMs),
  setInterval(() => {
    ledger.books.writeExporters();
    const now = minuteNow();
    if (now !== minute) ledger.books.writeLoss(minute);
    minute = now;
    void rowWriter.flush();
  }, exportersMs),
];

const stop = async (withinMs: number): Promise<void> => {
  for (const timer of timers) clearInterval(timer);
  const late = setTimeout(() => batchWriter.giveUp(), withinMs);
  await ledger.finish();
  clearTimeout(late);
  ledger.books.writeExporters();
  ledger.books.writeLoss(minute);
  await Promise.race([rowWriter.flush(), sleep(lastFlushMs)]);
  await client.close();
  tell({ type: 'stopped', snapshot: ledger.snapshot() });
};

port.on('message', (message: ToLedger) => {
  if (message.type === 'chunk') ledger.accept(message.chunk, message.usedBytes);
  else if (message.type === 'loss') ledger.books.writeReceiveLoss(message.minute, message.losses);
  else if (message.type === 'exporters') ledger.books.configure(message.exporters);
  else void stop(message.withinMs);
});
