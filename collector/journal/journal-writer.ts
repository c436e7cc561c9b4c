/**
 * Writes chunks to the segments of the journal, one asynchronous write a chunk, in order, and hands each on when it is written. When the
 * disk refuses, chunks are handed on all the same, from memory: reception never waits for a disk.
 */

import { chunkFields, readChunkPosition } from '../receive/frame.ts';
import { diskProblem } from './disk-problem.ts';
import { chunkCrc, defaultSegmentBytes } from './journal-format.ts';
import { type OpenFile, SegmentWriter } from './segment-writer.ts';

/**
 * What survives a loss of power: whatever the system wrote by itself, all but the last second, or all that was handed on. A crash of the
 * process alone loses nothing that was written, in any of the three.
 */
export type JournalSync = 'off' | 'interval' | 'always';

const defaultSyncIntervalMs = 1000;
/** While the disk refuses, it is tried again this often and no more: a try costs several calls, and chunks come faster. */
const retryMicros = 500_000;

export interface JournalWriterOptions {
  readonly directory: string;
  readonly journalId: string;
  readonly segmentBytes?: number;
  readonly sync: JournalSync;
  readonly syncIntervalMs?: number;
  readonly nowMicros: () => number;
  /** Whether nothing more may be written for now, because nobody makes room. */
  readonly isFull?: () => boolean;
  /** In the order of append, once a chunk is written; `journaled` false: it could not be written. The chunk is the callee's now. */
  readonly onDone: (chunk: ArrayBuffer, usedBytes: number, journaled: boolean) => void;
  /** As `open` of node:fs/promises. */
  readonly openFile?: OpenFile;
}

interface WaitingChunk {
  readonly chunk: ArrayBuffer;
  readonly usedBytes: number;
  readonly position: number;
  readonly frames: number;
}

export class JournalWriter {
  /** Counted since the start; octets are those of chunks, frames include control frames. */
  writtenBytes = 0;
  chunksWritten = 0;
  unjournaledBytes = 0;
  unjournaledFrames = 0;
  /** Failed tries to write, and failed syncs. */
  writeErrors = 0;

  readonly #options: JournalWriterOptions;
  readonly #segmentBytes: number;
  readonly #waiting: WaitingChunk[] = [];
  #draining: Promise<void> | undefined;
  #segment: SegmentWriter | undefined;
  /** The end of the segment before, which is synced and closed while the next one is written. */
  #retiring: Promise<void> = Promise.resolve();
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #failedAtMicros = 0;
  #writeProblem: string | undefined;
  #syncProblem: string | undefined;
  #isClosed = false;

  constructor(options: JournalWriterOptions) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
  }

  /** Why chunks are not journaled at present, or not synced; for people. */
  get problem(): string | undefined {
    return this.#writeProblem ?? this.#syncProblem;
  }

  /** Position of the first chunk of the segment that is written; undefined when there is none. */
  get segmentBase(): number | undefined {
    return this.#segment?.base;
  }

  /** Takes over a chunk whose header is filled in but for the CRC. How many wait is bounded by the chunks there are. */
  append(chunk: ArrayBuffer, usedBytes: number): void {
    if (this.#isClosed) throw new Error('a chunk came after the journal was closed');
    const view = new DataView(chunk);
    view.setUint32(chunkFields.crc, chunkCrc(new Uint8Array(chunk), usedBytes), true);
    const position = readChunkPosition(view);
    this.#waiting.push({ chunk, usedBytes, position, frames: view.getUint32(chunkFields.frames, true) });
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const journaled = await this.#tryWrite(next);
      if (journaled) {
        this.chunksWritten++;
        this.writtenBytes += next.usedBytes;
      } else {
        this.unjournaledBytes += next.usedBytes;
        this.unjournaledFrames += next.frames;
      }
      this.#options.onDone(next.chunk, next.usedBytes, journaled);
    }
    this.#draining = undefined;
  }

  async #tryWrite(next: WaitingChunk): Promise<boolean> {
    // A clock that was put back since must not keep us from trying.
    const isEarly = Math.abs(this.#options.nowMicros() - this.#failedAtMicros) < retryMicros;
    if (this.#writeProblem !== undefined && isEarly) return false;
    if (this.#options.isFull?.()) {
      this.#writeProblem = `the journal in ${this.#options.directory} is full, and what is in it cannot be stored or given up yet`;
      return false;
    }
    try {
      const segment = await this.#segmentFor(next);
      await segment.append(new Uint8Array(next.chunk, 0, next.usedBytes));
    } catch (error) {
      await this.#fail(error);
      return false;
    }
    this.#writeProblem = undefined;
    if (this.#options.sync === 'always') await this.#syncSegment();
    else if (this.#options.sync === 'interval') this.#syncSoon();
    return true;
  }

  async #segmentFor(next: WaitingChunk): Promise<SegmentWriter> {
    const segment = this.#segment;
    if (segment !== undefined) {
      const isFull = segment.fileBytes + next.usedBytes > this.#segmentBytes && segment.end > segment.base;
      if (segment.end === next.position && !isFull) return segment;
      await this.#retire(segment);
    }
    const { directory, journalId, nowMicros, openFile } = this.#options;
    const base = next.position;
    this.#segment = await SegmentWriter.create({
      directory,
      journalId,
      base,
      createdMicros: nowMicros(),
      openFile,
    });
    return this.#segment;
  }

  async #fail(error: unknown): Promise<void> {
    this.writeErrors++;
    this.#writeProblem = `the journal cannot be written: ${diskProblem(error, this.#options.directory)}`;
    const segment = this.#segment;
    if (segment !== undefined) {
      await segment.abandon();
      await this.#retire(segment);
    }
    this.#failedAtMicros = this.#options.nowMicros();
  }

  /** Syncs and closes a segment in the background, at most one at a time, so that not even a slow disk gathers open files. */
  async #retire(segment: SegmentWriter): Promise<void> {
    this.#segment = undefined;
    await this.#retiring;
    this.#retiring = this.#noteSync(segment.close(this.#options.sync !== 'off'));
  }

  #syncSoon(): void {
    const intervalMs = this.#options.syncIntervalMs ?? defaultSyncIntervalMs;
    this.#syncTimer ??= setTimeout(() => {
      this.#syncing = this.#syncInTurn();
    }, intervalMs);
  }

  async #syncInTurn(): Promise<void> {
    await this.#syncSegment();
    this.#syncTimer = undefined;
    if (this.#segment?.isDirty === true && !this.#isClosed) this.#syncSoon();
  }

  async #syncSegment(): Promise<void> {
    if (this.#segment?.isDirty === true) await this.#noteSync(this.#segment.sync());
  }

  /** Data that could not be synced stays where it is: it is lost only if the power fails as well. */
  async #noteSync(sync: Promise<void>): Promise<void> {
    try {
      await sync;
      this.#syncProblem = undefined;
    } catch (error) {
      this.writeErrors++;
      this.#syncProblem = `the journal cannot be synced: ${diskProblem(error, this.#options.directory)}`;
    }
  }

  /** Resolves when all chunks are handed on and the last segment is closed, synced unless `sync` is off. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#draining;
    clearTimeout(this.#syncTimer);
    await this.#syncing;
    if (this.#segment !== undefined) await this.#retire(this.#segment);
    await this.#retiring;
  }
}
