/**
 * Frames in, records out: decoder, books and column sink joined. A pure function of the frames (time comes from them), so that the same
 * frames after the same state give the same rows: recovery stands on that. Nothing here waits.
 */

import { ColumnSink } from '../decode/column-sink.ts';
import { Decoder } from '../decode/decode-datagram.ts';
import type { DecoderState } from '../decode/decoder-state.ts';
import { readOptions } from '../decode/options-records.ts';
import { KernelMemory } from '../kernel/kernel-memory.ts';
import type { ChunkReader } from '../receive/chunk-reader.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import { readControlFrame } from '../receive/control-frame.ts';
import { chunkBytes, frameKinds } from '../receive/frame.ts';
import type { ColumnBatch } from '../store/column-batch.ts';
import { type ColumnGroup, columnsOfGroups } from '../store/flow-columns.ts';
import type { RowWriter } from '../store/row-writer.ts';
import { type BooksState, ExporterBooks } from './exporter-books.ts';
import { OptionsWriter } from './options-writer.ts';
import type { SuspectFrames } from './suspect-frames.ts';

const secondMicros = 1e6;

export interface FrameDecoderOptions {
  readonly groups: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  readonly exporters: readonly ConfiguredExporter[];
  /** Name of this collector in the tables. */
  readonly collector: string;
  /** Rows that a batch holds, and how many batches there are. */
  readonly batchCapacity: number;
  readonly batches: number;
  readonly rowWriter: RowWriter;
  /** Undefined without a journal. */
  readonly suspects?: SuspectFrames | undefined;
}

/** What all frames before a position have left behind; plain JSON. */
export interface FrameState {
  readonly nextSecondMicros: number;
  readonly decoder: DecoderState;
  readonly books: BooksState;
}

export class FrameDecoder {
  readonly memory: KernelMemory;
  readonly batches: readonly ColumnBatch[];
  readonly decoder: Decoder;
  readonly books: ExporterBooks;
  readonly sink: ColumnSink;
  /** All frames before this position of the journal were taken. */
  position = 0;
  newestMicros = 0;
  /** Control frames that could not be read. */
  controlErrors = 0;
  /** Chunks that are whole, and hold no frames where frames should be. */
  brokenChunks = 0;
  /** Frames over which an earlier run died. */
  suspectsPassed = 0;
  readonly suspects: SuspectFrames | undefined;
  #nextSecondMicros = 0;
  readonly #datagram;

  constructor(options: FrameDecoderOptions) {
    this.suspects = options.suspects;
    const columns = columnsOfGroups(options.groups);
    this.memory = new KernelMemory(columns, options.batchCapacity, options.batches, chunkBytes);
    this.batches = Array.from({ length: options.batches }, () => this.memory.makeBatch());
    const [first] = this.batches;
    if (!first) throw new Error('a decoder needs a batch');
    const optionsWriter = new OptionsWriter(options.rowWriter);
    this.sink = new ColumnSink(first, {
      memory: this.memory,
      columns,
      keepExtra: options.keepExtra,
      newDomain: (domain) => this.books.configureDomain(domain),
      forgottenDomain: (domain) => this.books.forgetDomain(domain),
      options: (records, message) => readOptions(records, message, (row, of) => optionsWriter.write(row, of)),
    });
    this.decoder = new Decoder(this.sink);
    this.books = new ExporterBooks(this.decoder, options.rowWriter, options.collector);
    this.books.configure(options.exporters);
    const { u8 } = this.memory;
    this.#datagram = {
      bytes: u8,
      view: new DataView(u8.buffer),
      at: 0,
      end: 0,
      address: u8,
      addressAt: 0,
      exporterPort: 0,
      receivedMicros: 0,
    };
  }

  /** Where a chunk is to be put before its frames are taken: the memory of the kernel. */
  get chunkMemory(): Uint8Array {
    const { u8, chunk } = this.memory;
    return u8.subarray(chunk, chunk + chunkBytes);
  }

  /** Moves the reader on. What is left of a chunk whose CRC is right and whose frames are not is passed over. */
  next(reader: ChunkReader): boolean {
    try {
      return reader.next();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.brokenChunks++;
      return false;
    }
  }

  /** Takes the frame at hand of a reader that walks `chunkMemory`. An error is a fault of our own. */
  frame(reader: ChunkReader): void {
    const { suspects } = this;
    if (suspects?.has(reader.framePosition)) this.suspectsPassed++;
    else {
      try {
        this.#frame(reader);
      } catch (error) {
        suspects?.add(reader.framePosition, error, new Date(reader.micros / 1000).toISOString());
        throw error;
      }
    }
    this.position = reader.nextPosition;
    this.newestMicros = reader.micros;
  }

  #frame(reader: ChunkReader): void {
    const { micros } = reader;
    if (micros >= this.#nextSecondMicros) this.#second(micros);
    const at = reader.bytes.byteOffset;
    if (reader.kind === frameKinds.datagram) {
      const datagram = this.#datagram;
      datagram.at = at + reader.payloadOffset;
      datagram.end = datagram.at + reader.payloadBytes;
      datagram.addressAt = at + reader.addressOffset;
      datagram.exporterPort = reader.exporterPort;
      datagram.receivedMicros = micros;
      this.decoder.datagram(datagram);
    } else if (reader.kind === frameKinds.control) {
      const { payloadOffset, payloadBytes } = reader;
      const control = readControlFrame(reader.bytes.subarray(payloadOffset, payloadOffset + payloadBytes));
      if (control) this.books.control(control);
      else this.controlErrors++;
    }
  }

  save(): FrameState {
    return {
      nextSecondMicros: this.#nextSecondMicros,
      decoder: this.decoder.save(),
      books: this.books.save(),
    };
  }

  /** Goes on from `position` with what was saved there; throws Error where the state is not of this form. */
  restore(state: FrameState, position: number): void {
    this.decoder.restore(state.decoder);
    this.books.restore(state.books);
    for (const domain of this.decoder.domains) this.books.configureDomain(domain);
    this.#nextSecondMicros = state.nextSecondMicros;
    this.position = position;
  }

  /** What depends on time happens at the first frame of a second, so that it happens at the same frame each time. */
  #second(micros: number): void {
    this.#nextSecondMicros = (Math.floor(micros / secondMicros) + 1) * secondMicros;
    this.decoder.expire(micros);
    this.books.second(micros);
  }
}
