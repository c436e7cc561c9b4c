/** The receive thread's end of the ledger thread. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../shared/service/log.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import type { FromLedger, LedgerOptions, LedgerSnapshot, ToLedger } from './ledger-messages.ts';

export interface LedgerClientOptions {
  readonly ledger: LedgerOptions;
  readonly log: Log;
  readonly recycle: (chunk: ArrayBuffer) => void;
  /** The thread died: our own error, nothing is stored any more. */
  readonly onDeath: (error: Error) => void;
}

/** Beside this file: as TypeScript where the sources run, else as built. */
const threadFile = new URL(
  `./ledger-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export class LedgerClient {
  /** Nothing of the last run is under way any more: the tables may change. */
  readonly recovered: Promise<void>;
  /** The newest books of the ledger; undefined before it has begun. */
  snapshot: LedgerSnapshot | undefined;
  /** All that was received before is stored, microseconds; 0: nobody knows yet. Newer than the snapshot. */
  storedUntilMicros = 0;
  readonly #worker: Worker;
  #stopped: ((snapshot: LedgerSnapshot | undefined) => void) | undefined;
  /** Chunks that it has, and has not given back. */
  chunksSent = 0;

  constructor(options: LedgerClientOptions) {
    const { log, recycle, onDeath } = options;
    this.#worker = new Worker(threadFile, { workerData: options.ledger, name: 'ledger' });
    this.#worker.on('error', onDeath);
    let setRecovered = (): void => {};
    this.recovered = new Promise((resolve) => {
      setRecovered = resolve;
    });
    this.#worker.on('message', (message: FromLedger) => {
      if (message.type === 'recycle') {
        this.chunksSent--;
        recycle(message.chunk);
      } else if (message.type === 'recovered') setRecovered();
      else if (message.type === 'stored') this.storedUntilMicros = message.untilMicros;
      else if (message.type === 'log') log[message.level](message.message, message.fields);
      else {
        this.snapshot = message.snapshot ?? this.snapshot;
        this.storedUntilMicros = message.snapshot?.storedUntilMicros ?? this.storedUntilMicros;
        if (message.type === 'stopped') this.#stopped?.(message.snapshot);
      }
    });
  }

  send(chunk: ArrayBuffer, usedBytes: number): void {
    this.chunksSent++;
    this.#tell({ type: 'chunk', chunk, usedBytes }, [chunk]);
  }

  /** The journal is written up to here, and what was not sent is to be read from there. */
  written(end: number): void {
    this.#tell({ type: 'written', end });
  }

  /** The tables are as they should be: rows may be stored. */
  prepared(): void {
    this.#tell({ type: 'prepared' });
  }

  configure(exporters: readonly ConfiguredExporter[]): void {
    this.#tell({ type: 'exporters', exporters });
  }

  /**
   * Decodes and stores what was received; what takes longer than `withinMs` is left in the journal, or lost without one. Resolves to the
   * last books; undefined: it had not begun.
   */
  async stop(withinMs: number): Promise<LedgerSnapshot | undefined> {
    const last = new Promise<LedgerSnapshot | undefined>((resolve, reject) => {
      this.#stopped = resolve;
      void once(this.#worker, 'exit').then(() => reject(new Error('the ledger thread ended early')));
    });
    this.#tell({ type: 'stop', withinMs });
    const snapshot = await last;
    return snapshot;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(message: ToLedger, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }
}
