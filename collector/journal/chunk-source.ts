/**
 * Joins what the ledger thread was given in memory with what lies on disk only: chunks come out in order of position, each once,
 * wherever they were.
 */

import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { readChunkPosition } from '../receive/frame.ts';
import type { JournalReader } from './journal-reader.ts';

export interface ChunkSourceOptions {
  /** Undefined: there is no journal. */
  readonly reader: Pick<JournalReader, 'read' | 'close'> | undefined;
  /** Where the first chunk begins. */
  readonly position: number;
  /** Takes back a chunk that was offered. */
  readonly recycle: (chunk: ArrayBuffer) => void;
}

export interface SourcedChunk {
  readonly position: number;
  readonly usedBytes: number;
  readonly fromDisk: boolean;
}

interface OfferedChunk {
  readonly chunk: ArrayBuffer;
  readonly position: number;
  readonly usedBytes: number;
}

export class ChunkSource {
  /** Where the next chunk begins: all before was handed out or is lost. */
  position: number;
  /** Where what we know of ends. */
  end: number;
  /** Positions that were neither in memory nor on disk: dropped, damaged, evicted. */
  lostBytes = 0;

  readonly #reader: ChunkSourceOptions['reader'];
  readonly #recycle: ChunkSourceOptions['recycle'];
  /** No more than the receive thread has chunks (`maxChunks` of ChunkWriter). */
  readonly #offered: OfferedChunk[] = [];
  #closed = false;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(options: ChunkSourceOptions) {
    this.#reader = options.reader;
    this.#recycle = options.recycle;
    this.position = this.end = options.position;
  }

  /** Takes over a chunk; its header says where it belongs. They come in order, and each after all before it are on disk or never will be. */
  offer(chunk: ArrayBuffer, usedBytes: number): void {
    const position = readChunkPosition(new DataView(chunk));
    if (this.#closed || position + usedBytes <= this.position) {
      this.#recycle(chunk);
      return;
    }
    this.#offered.push({ chunk, position, usedBytes });
    this.written(position + usedBytes);
  }

  /** Chunks up to here are on disk; those that are not offered are read from there. */
  written(end: number): void {
    this.end = Math.max(this.end, end);
    this.#wake?.();
  }

  /**
   * The next chunk, which is then in `target`, and from memory given back; waits until there is one. Undefined: closed, and nothing is
   * left. The event loop turns before each chunk, so that messages come in between.
   */
  async next(target: Uint8Array): Promise<SourcedChunk | undefined> {
    if (this.#wake) throw new Error('the next chunk is waited for already');
    await eventLoopTurn();
    while (!this.#stopped) {
      const chunk = this.#fromMemory(target) ?? this.#fromDisk(target);
      if (chunk) return chunk;
      // What is not on disk was passed over, so that now the head of the queue is next.
      if (this.#offered.length > 0) continue;
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return undefined;
  }

  /** Nothing more is offered. With `now`, nothing more is handed out, either. */
  close(now = false): void {
    this.#closed = true;
    this.#stopped ||= now;
    if (now) for (const { chunk } of this.#offered.splice(0)) this.#recycle(chunk);
    this.#wake?.();
  }

  #fromMemory(target: Uint8Array): SourcedChunk | undefined {
    const head = this.#offered[0];
    if (!head || head.position > this.position) return undefined;
    const { chunk, position, usedBytes } = head;
    this.#offered.shift();
    // The segment read last may be deleted by now, and would take room for as long as it is open.
    this.#reader?.close();
    target.set(new Uint8Array(chunk, 0, usedBytes));
    this.#recycle(chunk);
    this.position = position + usedBytes;
    return { position, usedBytes, fromDisk: false };
  }

  #fromDisk(target: Uint8Array): SourcedChunk | undefined {
    const until = this.#offered[0]?.position ?? this.end;
    if (until <= this.position) return undefined;
    const found = this.#reader?.read(this.position, until, target);
    this.lostBytes += (found?.position ?? until) - this.position;
    this.position = found ? found.position + found.usedBytes : until;
    return found && { ...found, fromDisk: true };
  }
}
