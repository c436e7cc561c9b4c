/** The receive thread's end of the ledger thread. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../shared/service/log.ts';
import type {
  ConfiguredExporter,
  FromLedger,
  LedgerOptions,
  LedgerSnapshot,
  ReceiveLoss,
  ToLedger,
} from './ledger-messages.ts';

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
  /** The newest books of the ledger; undefined before the first second has passed. */
  snapshot: LedgerSnapshot | undefined;
  readonly #worker: Worker;
  #stopped: ((snapshot: LedgerSnapshot) => void) | undefined;

  constructor(options: LedgerClientOptions) {
    const { log, recycle, onDeath } = options;
    this.#worker = new Worker(threadFile, { workerData: options.ledger, name: 'ledger' });
    this.#worker.on('error', onDeath);
    this.#worker.on('message', (message: FromLedger) => {
      if (message.type === 'recycle') recycle(message.chunk);
      else if (message.type === 'log') log[message.level](message.message, message.fields);
      else {
        this.snapshot = message.snapshot;
        if (message.type === 'stopped') this.#stopped?.(message.snapshot);
      }
    });
  }

  send(chunk: ArrayBuffer, usedBytes: number): void {
    this.#tell({ type: 'chunk', chunk, usedBytes }, [chunk]);
  }

  reportLoss(minute: number, losses: readonly ReceiveLoss[]): void {
    this.#tell({ type: 'loss', minute, losses });
  }

  configure(exporters: readonly ConfiguredExporter[]): void {
    this.#tell({ type: 'exporters', exporters });
  }

  /** Decodes and stores what was sent; what ClickHouse does not take within `withinMs` is given up. Resolves to the last books. */
  async stop(withinMs: number): Promise<LedgerSnapshot> {
    const last = new Promise<LedgerSnapshot>((resolve, reject) => {
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
