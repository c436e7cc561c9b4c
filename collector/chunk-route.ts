/**
 * The way of a chunk: from reception to the journal, and once it is written to the ledger thread. One that has much to do already is told
 * only that there is more: it reads that from the journal when its time has come.
 */

import type { JournalWriter } from './journal/journal-writer.ts';
import type { LedgerClient } from './ledger/ledger-client.ts';
import { readChunkPosition } from './receive/frame.ts';

/** Journaled chunks that the ledger thread has in memory. More than these are of no use to it, and reception needs them. */
const maxChunksSent = 24;

type Ledger = Pick<LedgerClient, 'send' | 'written' | 'chunksSent'>;
type Writer = Pick<JournalWriter, 'append' | 'close'>;

export interface ChunkRouteOptions {
  /** Undefined: `--journal off`. */
  readonly makeWriter: ((onDone: ChunkRoute['done']) => Writer) | undefined;
  readonly recycle: (chunk: ArrayBuffer) => void;
}

export class ChunkRoute {
  readonly #writer: Writer | undefined;
  readonly #recycle: ChunkRouteOptions['recycle'];
  /** What is in no journal and has nobody to take it yet. */
  #early: [chunk: ArrayBuffer, usedBytes: number][] = [];
  #end = 0;
  #ledger: Ledger | undefined;

  constructor(options: ChunkRouteOptions) {
    this.#recycle = options.recycle;
    this.#writer = options.makeWriter?.((...written) => this.done(...written));
  }

  /** Takes over a chunk from reception. */
  take(chunk: ArrayBuffer, usedBytes: number): void {
    if (this.#writer) this.#writer.append(chunk, usedBytes);
    else this.done(chunk, usedBytes, false);
  }

  /** A chunk is in the journal, or could not be written there. */
  done(chunk: ArrayBuffer, usedBytes: number, journaled: boolean): void {
    this.#end = readChunkPosition(new DataView(chunk)) + usedBytes;
    const ledger = this.#ledger;
    if (!ledger && !journaled) this.#early.push([chunk, usedBytes]);
    else if (ledger && (!journaled || ledger.chunksSent < maxChunksSent)) ledger.send(chunk, usedBytes);
    else {
      this.#recycle(chunk);
      ledger?.written(this.#end);
    }
  }

  /** From now on chunks go to this one; first those that came before. */
  attach(ledger: Ledger): void {
    this.#ledger = ledger;
    for (const [chunk, usedBytes] of this.#early) ledger.send(chunk, usedBytes);
    this.#early = [];
    if (this.#end > 0) ledger.written(this.#end);
  }

  /** When it resolves, all that was taken is written, and handed on. */
  async close(): Promise<void> {
    await this.#writer?.close();
  }
}
