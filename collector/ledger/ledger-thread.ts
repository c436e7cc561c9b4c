/** The ledger's thread: decodes chunks and stores rows; it may fall behind without reception noticing. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { LogFields, LogLevel } from '../../shared/service/log.ts';
import type { FromLedger, LedgerOptions, ToLedger } from './ledger-messages.ts';
import { LedgerService } from './ledger-service.ts';

const port = parentPort;
if (!port) throw new Error('ledger-thread runs as a worker only');

const tell = (message: FromLedger, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, [...transfer]);

const service = new LedgerService(workerData as LedgerOptions, {
  tell,
  log: (level: LogLevel, message: string, fields: LogFields = {}): void =>
    tell({ type: 'log', level, message, fields }),
  pause: (ms) => sleep(ms),
});
port.on('message', (message: ToLedger) => service.take(message));
void service.run();
