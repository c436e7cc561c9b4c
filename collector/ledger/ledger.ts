/**
 * The ledger: chunks in, rows in ClickHouse, each once. Decoding is synchronous; between frames the ledger waits for a free batch when
 * ClickHouse is slow or away. Then the journal holds what comes, or, without one, the chunks that the receive thread has.
 */

import type { ChunkSource } from '../journal/chunk-source.ts';
import { ChunkReader } from '../receive/chunk-reader.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import { frameKinds } from '../receive/frame.ts';
import type { ColumnBatch } from '../store/column-batch.ts';
import type { ExactWriter, StoreOutcome } from '../store/exact-writer.ts';
import { BatchPool } from './batch-pool.ts';
import type { FrameDecoder } from './frame-decoder.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import { LedgerCounters } from './ledger-counters.ts';
import { type OpenBatch, OpenBatches } from './open-batches.ts';
import { storeDoubtful } from './store-doubtful.ts';

/** Texts and `extra` of a batch; past it the batch is closed. */
const maxVariableBytes = 32 << 20;
/** The longest that a timer takes. */
const forEverMs = 2 ** 31 - 1;
const dayMicros = 86_400e6;
/** How long one waits for a batch before one looks whether the journal is full, or we are to end. */
const lookAgainMs = 200;

const dayOf = (micros: number): number => Math.floor(micros / dayMicros);

/** Journaled frames that go because the journal is full: from where, until where, and how many datagrams so far. */
interface Discarding {
  readonly from: number;
  readonly until: number;
  datagrams: number;
}

export interface LedgerSettings {
  /** A batch is closed when it has so many rows, or is so old. */
  readonly batchRows: number;
  readonly batchAgeMs: number;
  /** Names the run in tokens. */
  readonly run: string;
  /**
   * Frames before this position were there when the run began. The log knows of no batch of theirs; but the log may be older than
   * they are, cut, or put back from a copy, so one looks.
   */
  readonly doubtfulBefore: number;
}

export interface LedgerParts {
  readonly frames: FrameDecoder;
  readonly source: ChunkSource;
  readonly writer: Pick<ExactWriter, 'store' | 'count' | 'giveUp'>;
  /** Undefined with `--journal off`: then nothing survives. */
  readonly keeper: JournalKeeper | undefined;
  readonly nowMs: () => number;
  readonly onStored?: () => void;
}

export class Ledger {
  readonly frames: FrameDecoder;
  readonly counters = new LedgerCounters();
  readonly #settings: LedgerSettings;
  readonly #parts: LedgerParts;
  readonly #pool: BatchPool;
  readonly #open = new OpenBatches();
  readonly #inserts = new Set<Promise<void>>();
  readonly #reader = new ChunkReader();
  /** The batch that is being filled, once it has a row. */
  #filling: OpenBatch | undefined;
  /** Whether the sink has a batch: when all are away, frames wait. */
  #ready = true;
  #discarding: Discarding | undefined;
  #openedAtMs = 0;
  #nextBatch: number;
  #running: Promise<void> | undefined;
  #gaveUp = false;

  constructor(settings: LedgerSettings, parts: LedgerParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.frames = parts.frames;
    this.#nextBatch = parts.keeper?.nextBatch ?? 0;
    this.#pool = new BatchPool(parts.frames.batches.slice(1));
  }

  /** Takes chunks until the source is closed. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Closes a batch that has become old; to be called some times a second. */
  tick(): void {
    if (this.#filling && this.#parts.nowMs() - this.#openedAtMs >= this.#settings.batchAgeMs) this.#close();
  }

  /** Where the journal is needed from: the oldest frame of which a row is not stored. */
  get safePosition(): number {
    return this.#open.oldest?.start ?? this.#discarding?.from ?? this.frames.position;
  }

  /** Time of receipt of the oldest datagram of which a row is not stored; 0 when there is none. */
  get oldestMicros(): number {
    if (this.#open.oldest) return this.#open.oldest.firstMicros;
    return this.#parts.source.end > this.frames.position ? this.frames.newestMicros : 0;
  }

  /** All rows of what was received before this time are stored, as far as they ever will be; 0 before the first frame. */
  get storedUntilMicros(): number {
    const { newestMicros } = this.frames;
    return this.#open.oldest?.firstMicros ?? (newestMicros > 0 ? newestMicros + 1 : 0);
  }

  get lagBytes(): number {
    return Math.max(0, this.#parts.source.end - this.safePosition);
  }

  get pendingRows(): number {
    return this.#open.rows;
  }

  get insertsInFlight(): number {
    return this.#inserts.size;
  }

  get batchRows(): number {
    return this.#filling?.batch.rows ?? 0;
  }

  /**
   * Decodes what is there and stores it; what takes longer than `withinMs` stays in the journal, or is lost without one. Resolves to
   * whether all of it is stored.
   */
  async finish(withinMs = forEverMs): Promise<boolean> {
    const { source, writer } = this.#parts;
    source.close();
    const late = setTimeout(() => {
      this.#gaveUp = true;
      source.close(true);
      writer.giveUp();
    }, withinMs);
    await this.run();
    // Its end is not there: damaged, say.
    if (this.#discarding && !this.#gaveUp) await this.#endDiscarding(this.#discarding);
    if (this.#filling) this.#close();
    while (this.#inserts.size > 0) await Promise.all(this.#inserts);
    clearTimeout(late);
    return !this.#gaveUp && this.#open.size === 0;
  }

  /** What follows means something else (other rates, said by the operator): it begins a batch. */
  reconfigure(exporters: readonly ConfiguredExporter[]): void {
    if (this.#filling) this.#close();
    this.#parts.keeper?.exporters(exporters);
    this.frames.books.configure(exporters);
  }

  async #run(): Promise<void> {
    const { source } = this.#parts;
    const memory = this.frames.chunkMemory;
    for (;;) {
      const chunk = await source.next(memory);
      if (!chunk) return;
      if (!(await this.#chunk(memory, chunk.usedBytes))) return;
    }
  }

  /** False: given up in the middle of the chunk. */
  async #chunk(memory: Uint8Array, usedBytes: number): Promise<boolean> {
    const { frames } = this;
    const reader = this.#reader;
    const { sink } = frames;
    reader.open(memory, usedBytes);
    while (frames.next(reader)) {
      // Taken before the checkpoint that we went on from.
      if (reader.framePosition < frames.position) continue;
      if (this.#mustClose(reader.micros)) this.#close();
      if (!this.#ready && !(await this.#untilReady())) return false;
      frames.frame(reader);
      if (this.#discarding) await this.#discarded(this.#discarding, reader);
      else if (sink.batch.rows > 0) this.#filled(reader);
    }
    if (this.#filling && sink.batch.variableBytes > maxVariableBytes) this.#close();
    if (!this.#discarding) this.#parts.keeper?.chunkDone(frames);
    return true;
  }

  #mustClose(micros: number): boolean {
    const filling = this.#filling;
    if (!filling) return false;
    return filling.batch.rows >= this.#settings.batchRows || dayOf(filling.firstMicros) !== dayOf(micros);
  }

  /** The sink's batch has rows: it is open from the first frame that gave one, and covers all until it is closed. */
  #filled(reader: ChunkReader): void {
    if (!this.#filling) {
      this.#filling = {
        number: this.#nextBatch++,
        batch: this.frames.sink.batch,
        start: reader.framePosition,
        end: reader.nextPosition,
        firstMicros: reader.micros,
        lastMicros: reader.micros,
      };
      this.#openedAtMs = this.#parts.nowMs();
      this.#open.add(this.#filling);
    }
    this.#filling.end = reader.nextPosition;
    this.#filling.lastMicros = reader.micros;
  }

  /** Gives the batch at hand to ClickHouse. The next one is taken when a frame needs it. */
  #close(): void {
    const closed = this.#filling;
    if (!closed) return;
    this.#filling = undefined;
    this.#takeBatch();
    const insert = this.#insert(closed);
    this.#inserts.add(insert);
    void insert.finally(() => this.#inserts.delete(insert));
  }

  #takeBatch(): void {
    const next = this.#pool.take();
    this.#ready = next !== undefined;
    if (next) this.frames.sink.batch = next;
  }

  async #insert(open: OpenBatch): Promise<void> {
    const { keeper, writer } = this.#parts;
    const { number, start, end, firstMicros, lastMicros, batch } = open;
    const { rows } = batch;
    const token = `${this.#settings.run}-${start}-${end}`;
    const intent = { batch: number, start, end, firstMicros, lastMicros, rows, token };
    await keeper?.intent(intent);
    const onToken = keeper && ((other: string) => keeper.intent({ ...intent, token: other }));
    const range = { firstMicros, lastMicros, token };
    const outcome =
      start < this.#settings.doubtfulBefore
        ? await storeDoubtful(writer, batch, range, onToken)
        : await writer.store(batch, range, 'new', onToken);
    if (outcome.kind === 'given-up') {
      // With a journal they stay open: the next start has them.
      if (keeper) return;
      this.counters.rowsGivenUp += rows;
      this.#open.remove(open);
      return;
    }
    await this.#stored(open, outcome, batch);
  }

  async #stored(
    open: OpenBatch,
    outcome: StoreOutcome & { kind: 'stored' },
    batch: ColumnBatch,
  ): Promise<void> {
    const { keeper } = this.#parts;
    if (outcome.quarantined > 0) this.frames.books.notStored(outcome.quarantined);
    await keeper?.commit(open.number, outcome.stored, outcome.quarantined);
    // Both at once: who adds the books up finds each row in one of them.
    this.counters.stored(outcome);
    this.#open.remove(open);
    this.#pool.giveBack(batch);
    this.#parts.onStored?.();
  }

  /** Waits for a free batch. Where the journal becomes full meanwhile, goes on without one: what is read then is discarded. */
  async #untilReady(): Promise<boolean> {
    const { keeper, source } = this.#parts;
    while (!this.#ready && !this.#discarding) {
      if (this.#gaveUp) return false;
      if (this.#pool.free > 0) this.#takeBatch();
      else if (keeper?.isFull) this.#discardUntil(keeper.endOfSegment(this.frames.position, source.end));
      else await this.#pool.untilFree(lookAgainMs);
    }
    return true;
  }

  #discardUntil(until: number): void {
    this.frames.sink.discarding = true;
    this.#discarding = { from: this.frames.position, until, datagrams: 0 };
  }

  /** The frame at hand taught us its Templates and options, and its rows are given up: counted by exporter, then written down. */
  async #discarded(discarding: Discarding, reader: ChunkReader): Promise<void> {
    if (reader.kind === frameKinds.datagram) {
      discarding.datagrams++;
      this.frames.books.journalDrop(reader.bytes, reader.addressOffset);
    }
    if (this.frames.position >= discarding.until) await this.#endDiscarding(discarding);
  }

  async #endDiscarding(discarding: Discarding): Promise<void> {
    const { frames } = this;
    frames.sink.discarding = false;
    this.counters.datagramsDiscarded += discarding.datagrams;
    await this.#parts.keeper?.skip(discarding.from, frames, discarding.datagrams);
    this.#discarding = undefined;
  }
}
