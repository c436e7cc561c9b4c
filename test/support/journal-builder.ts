/** Journals for tests: a directory with segments, as a collector that received these datagrams leaves it. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  chunkCrc,
  defaultSegmentBytes,
  journalFormat,
  segmentFile,
  segmentHeaderBytes,
  writeSegmentHeader,
} from '../../collector/journal/journal-format.ts';
import { ChunkWriter } from '../../collector/receive/chunk-writer.ts';
import { chunkFields } from '../../collector/receive/frame.ts';
import { SourceTable } from '../../collector/receive/source-table.ts';
import { viewOf } from './capture-builder.ts';

export interface JournaledDatagram {
  readonly payload: Uint8Array;
  /** As text. */
  readonly address: string;
  readonly port: number;
  readonly localPort?: number;
  readonly micros: number;
}

/** What the receive thread says of itself. */
export interface JournaledControl {
  readonly control: object;
  readonly micros: number;
}

export interface JournalOptions {
  readonly segmentBytes?: number;
  /** Frames a chunk; undefined: as many as go in. */
  readonly chunkEvery?: number;
  readonly journalId?: string;
  /** Position of the first chunk. */
  readonly firstPosition?: number;
}

export interface BuiltChunk {
  readonly position: number;
  readonly usedBytes: number;
  /** The segment, and where the chunk lies in it. */
  readonly path: string;
  readonly offset: number;
}

export interface BuiltJournal {
  readonly directory: string;
  readonly journalId: string;
  readonly chunks: readonly BuiltChunk[];
  /** Paths of the segments, in order. */
  readonly segments: readonly string[];
  /** Position behind the last chunk. */
  readonly end: number;
}

export const builtJournalId = '00112233445566778899aabbccddeeff';

/** Chunks gathered to segments, written when they are full. */
class SegmentFiles {
  readonly chunks: BuiltChunk[] = [];
  readonly segments: string[] = [];
  readonly #directory: string;
  readonly #journalId: string;
  readonly #segmentBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(directory: string, journalId: string, segmentBytes: number) {
    this.#directory = directory;
    this.#journalId = journalId;
    this.#segmentBytes = segmentBytes;
  }

  add(chunk: Uint8Array, createdMicros: number): void {
    const view = viewOf(chunk);
    view.setUint32(chunkFields.crc, chunkCrc(chunk, chunk.length), true);
    const position = Number(view.getBigUint64(chunkFields.position, true));
    if (this.#bytes + chunk.length > this.#segmentBytes) this.write();
    if (this.#parts.length === 0) {
      const header = { format: journalFormat, base: position, journalId: this.#journalId, createdMicros };
      this.segments.push(join(this.#directory, segmentFile(position)));
      this.#parts.push(writeSegmentHeader(header));
      this.#bytes = segmentHeaderBytes;
    }
    const path = this.segments.at(-1) as string;
    this.chunks.push({ position, usedBytes: chunk.length, path, offset: this.#bytes });
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
  }

  write(): void {
    const path = this.segments.at(-1);
    if (path !== undefined && this.#parts.length > 0) writeFileSync(path, Buffer.concat(this.#parts));
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** Writes `journal.json` and the segments, with a whole CRC in each chunk. The directory is made when it is not there. */
export const buildJournal = (
  directory: string,
  entries: readonly (JournaledDatagram | JournaledControl)[],
  options: JournalOptions = {},
): BuiltJournal => {
  const { segmentBytes = defaultSegmentBytes, chunkEvery, journalId = builtJournalId } = options;
  mkdirSync(directory, { recursive: true });
  const json = { format: journalFormat, id: journalId, created: '2024-01-01T00:00:00.000Z' };
  writeFileSync(join(directory, 'journal.json'), `${JSON.stringify(json)}\n`);
  const files = new SegmentFiles(directory, journalId, segmentBytes);
  let micros = 0;
  const writer: ChunkWriter = new ChunkWriter({
    firstPosition: options.firstPosition ?? 0,
    onChunk: (chunk, usedBytes) => {
      files.add(new Uint8Array(chunk.slice(0, usedBytes)), micros);
      writer.recycle(chunk);
    },
  });
  const sources = new SourceTable(() => true);
  entries.forEach((entry, i) => {
    micros = entry.micros;
    if ('control' in entry) writer.appendControl(Buffer.from(JSON.stringify(entry.control)), micros);
    else {
      const { payload, address, port, localPort = 2055 } = entry;
      writer.append(payload, sources.source(address), port, localPort, micros);
    }
    if (chunkEvery !== undefined && (i + 1) % chunkEvery === 0) writer.flush();
  });
  writer.flush();
  files.write();
  const { chunks, segments } = files;
  return { directory, journalId, chunks, segments, end: writer.handedOnPosition };
};
