/**
 * The ledger: chunks in, rows in ClickHouse. Decoding is synchronous; between frames the ledger waits for a free batch when
 * ClickHouse is slow or away, and then chunks pile up, as many as the receive thread has.
 */

import { randomBytes } from 'node:crypto';
import { ColumnSink } from '../decode/column-sink.ts';
import { Decoder } from '../decode/decode-datagram.ts';
import { readOptions } from '../decode/options-records.ts';
import { KernelMemory } from '../kernel/kernel-memory.ts';
import { ChunkReader } from '../receive/chunk-reader.ts';
import { chunkBytes, frameKinds } from '../receive/frame.ts';
import type { BatchOutcome, BatchWriter } from '../store/batch-writer.ts';
import type { ColumnBatch } from '../store/column-batch.ts';
import { columnsOfGroups } from '../store/flow-columns.ts';
import type { RowWriter } from '../store/row-writer.ts';
import { BatchPool } from './batch-pool.ts';
import { ExporterBooks } from './exporter-books.ts';
import type { LedgerOptions, LedgerSnapshot } from './ledger-messages.ts';
import { OptionsWriter } from './options-writer.ts';

/** Beside the batch being filled and those being inserted: one for the records of a datagram that do not fit any more. */
const spareBatches = 1;
/** A batch with less room than this is closed before the next frame: few datagrams have more records. */
const headroomRows = 4096;
/** Texts and `extra` of a batch; past it the batch is closed. */
const maxVariableBytes = 32 << 20;

interface Chunk {
  readonly chunk: ArrayBuffer;
  readonly usedBytes: number;
}

export interface LedgerParts {
  readonly batchWriter: Pick<BatchWriter, 'insertBatch'>;
  readonly rowWriter: RowWriter;
  /** A chunk that is no longer needed. */
  readonly recycle: (chunk: ArrayBuffer) => void;
  readonly onFailure: (outcome: BatchOutcome) => void;
}

export class Ledger {
  readonly books: ExporterBooks;
  readonly decoder: Decoder;
  problem: string | undefined;
  /** Attempts that failed and are made again. */
  insertsRetried = 0;
  readonly #options: LedgerOptions;
  readonly #parts: LedgerParts;
  readonly #memory: KernelMemory;
  readonly #pool: BatchPool;
  readonly #sink: ColumnSink;
  readonly #reader = new ChunkReader();
  readonly #queue: Chunk[] = [];
  /** Time of receipt of the first datagram of each batch that is not stored. */
  readonly #firstMicros = new Map<ColumnBatch, number>();
  readonly #inserts = new Set<Promise<void>>();
  readonly #run = randomBytes(8).toString('hex');
  #batches = 0;
  #openedAtMs = 0;
  #draining: Promise<void> | undefined;
  #stored = 0;
  #failed = 0;
  #pending = 0;
  #insertsStored = 0;
  #insertsFailed = 0;
  #insertSeconds = 0;
  #newestMicros = 0;

  constructor(options: LedgerOptions, parts: LedgerParts) {
    this.#options = options;
    this.#parts = parts;
    const columns = columnsOfGroups(options.groups);
    const batches = 1 + options.insertsInFlight + spareBatches;
    this.#memory = new KernelMemory(columns, options.batchRows, batches, chunkBytes);
    this.#pool = new BatchPool(Array.from({ length: batches }, () => this.#memory.makeBatch()));
    const first = this.#pool.take();
    if (!first) throw new Error('the pool is empty');
    const optionsWriter = new OptionsWriter(parts.rowWriter);
    this.#sink = new ColumnSink(first, {
      memory: this.#memory,
      columns,
      keepExtra: options.keepExtra,
      nextBatch: (full) => this.#nextBatch(full),
      newDomain: (domain) => this.books.configureDomain(domain),
      options: (records, message) => readOptions(records, message, (row, of) => optionsWriter.write(row, of)),
    });
    this.decoder = new Decoder(this.#sink);
    this.books = new ExporterBooks(this.decoder, parts.rowWriter, options.collector);
    this.books.configure(options.exporters);
  }

  /** Takes a chunk over; it comes back through `recycle` when its turn has come. */
  accept(chunk: ArrayBuffer, usedBytes: number): void {
    this.#queue.push({ chunk, usedBytes });
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
  }

  /** Closes a batch that has become old; to be called some times a second. */
  tick(nowMs: number): void {
    const { batch } = this.#sink;
    if (batch.rows === 0 || nowMs - this.#openedAtMs < this.#options.batchAgeMs || this.#pool.free === 0)
      return;
    this.#rotate();
  }

  /** Lets go of what waits too long, by the time of the newest frame. */
  expire(): void {
    if (this.#newestMicros > 0) this.decoder.expire(this.#newestMicros);
  }

  /** Decodes what has been accepted and stores all rows; resolves when that is done. */
  async finish(): Promise<void> {
    await this.#draining;
    if (this.#sink.batch.rows > 0) {
      await this.#pool.untilFree();
      this.#rotate();
    }
    await Promise.all(this.#inserts);
  }

  snapshot(): LedgerSnapshot {
    const totals = this.decoder.domains.totals();
    const { rowWriter } = this.#parts;
    let templates = 0;
    for (const domain of this.decoder.domains) templates += domain.templateCount();
    const oldest = Math.min(...this.#firstMicros.values());
    const cpu = process.cpuUsage();
    return {
      datagrams: totals.datagrams,
      decoded: totals.decoded,
      partly: totals.partly,
      malformed: totals.malformed,
      flowRecords: totals.flowRecords,
      optionsRecords: totals.optionsRecords,
      dataSetsMalformed: totals.dataSetsMalformed,
      dataSetsExpired: totals.dataSetsExpired,
      dataSetsDropped: totals.dataSetsDropped,
      dataSetsDecoded: totals.dataSetsDecoded,
      dataSetsWaiting: totals.dataSetsWaiting,
      waitingBytes: this.decoder.waiting.bytes,
      templates,
      domains: this.decoder.domains.size,
      rowsStored: this.#stored,
      rowsFailed: this.#failed,
      recordsDropped: this.#sink.recordsDropped,
      pendingRows: this.#pending + this.#sink.batch.rows,
      batchRows: this.#sink.batch.rows,
      insertsInFlight: this.#inserts.size,
      insertsStored: this.#insertsStored,
      insertsRetried: this.insertsRetried,
      insertsFailed: this.#insertsFailed,
      insertSeconds: this.#insertSeconds,
      tableRowsStored: rowWriter.stored,
      tableRowsFailed: rowWriter.dropped,
      oldestMicros: Number.isFinite(oldest) ? oldest : 0,
      problem: this.problem,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      exporters: this.books.snapshot(),
    };
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { chunk, usedBytes } = next;
      const { u8, chunk: at } = this.#memory;
      u8.set(new Uint8Array(chunk, 0, usedBytes), at);
      this.#parts.recycle(chunk);
      await this.#decodeChunk(u8.subarray(at, at + usedBytes), usedBytes);
      // Messages and timers get their turn between chunks.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #decodeChunk(octets: Uint8Array, usedBytes: number): Promise<void> {
    const reader = this.#reader;
    const sink = this.#sink;
    reader.open(octets, usedBytes);
    const { bytes, view } = reader;
    const datagram = {
      bytes,
      view,
      at: 0,
      end: 0,
      address: bytes,
      addressAt: 0,
      exporterPort: 0,
      receivedMicros: 0,
    };
    while (reader.next()) {
      if (reader.kind !== frameKinds.datagram) continue;
      if (this.#pool.free === 0) await this.#pool.untilFree();
      const { batch } = sink;
      if (batch.rows > batch.capacity - headroomRows) this.#rotate();
      if (this.#pool.free === 0) await this.#pool.untilFree();
      datagram.at = reader.payloadOffset;
      datagram.end = reader.payloadOffset + reader.payloadBytes;
      datagram.addressAt = reader.addressOffset;
      datagram.exporterPort = reader.exporterPort;
      datagram.receivedMicros = reader.micros;
      this.#newestMicros = reader.micros;
      this.decoder.datagram(datagram);
      if (sink.batch.rows > 0 && !this.#firstMicros.has(sink.batch)) this.#opened(sink.batch, reader.micros);
    }
    if (sink.batch.variableBytes > maxVariableBytes && this.#pool.free > 0) this.#rotate();
  }

  #opened(batch: ColumnBatch, micros: number): void {
    this.#firstMicros.set(batch, micros);
    this.#openedAtMs = performance.now();
  }

  /** Gives the batch at hand to ClickHouse and takes a free one, of which there must be one. */
  #rotate(): void {
    const next = this.#nextBatch(this.#sink.batch);
    if (!next) throw new Error('no batch is free');
    this.#sink.batch = next;
  }

  #nextBatch(full: ColumnBatch): ColumnBatch | undefined {
    const next = this.#pool.take();
    if (!next) return undefined;
    if (full.rows === 0) {
      this.#pool.giveBack(full);
      return next;
    }
    if (!this.#firstMicros.has(full)) this.#firstMicros.set(full, this.#newestMicros);
    const insert = this.#insert(full);
    this.#inserts.add(insert);
    void insert.finally(() => this.#inserts.delete(insert));
    return next;
  }

  async #insert(batch: ColumnBatch): Promise<void> {
    const { rows } = batch;
    this.#pending += rows;
    const outcome = await this.#parts.batchWriter.insertBatch(batch, `${this.#run}-${this.#batches++}`);
    this.#pending -= rows;
    this.#insertSeconds += outcome.milliseconds / 1e3;
    if (outcome.problem === undefined) {
      this.#stored += rows;
      this.#insertsStored++;
    } else {
      this.#failed += rows;
      this.#insertsFailed++;
      this.#parts.onFailure(outcome);
    }
    this.problem = outcome.problem;
    this.#firstMicros.delete(batch);
    this.#pool.giveBack(batch);
  }
}
