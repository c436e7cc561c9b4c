/**
 * Reads chunks back from the segments. What is damaged is passed over and counted: the next chunk is found by its magic, its position,
 * which must be where it lies, and its CRC. Each step moves on by at least 8 octets, and nothing is kept but a list of the segments.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  chunkBytes,
  chunkFields,
  chunkHeaderBytes,
  chunkMagic,
  readChunkPosition,
} from '../receive/frame.ts';
import { chunkCrc, segmentHeaderBytes } from './journal-format.ts';
import { listSegments, type Segment } from './segment-list.ts';

export interface JournalReaderOptions {
  readonly directory: string;
  readonly journalId: string;
  /** For tests of disks that cannot be read. */
  readonly readSync?: (fd: number, into: Uint8Array, offset: number, length: number, at: number) => number;
}

export interface ReadChunk {
  readonly position: number;
  readonly usedBytes: number;
}

/** Chunks lie at multiples of it. */
const step = 8;
/** The chunks of a quiet network are smaller, and so take one read. */
const firstReadBytes = 4096;
const scanBytes = 64 << 10;
/** What is passed over where the disk cannot be read: the smallest unit that disks fail in nowadays. */
const sectorBytes = 4096;
const missingCodes: ReadonlySet<unknown> = new Set(['ENOENT', 'ESTALE']);

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

export class JournalReader {
  /** Octets of segments that are no chunk, and in how many places; each is counted once, however often it is read. */
  damagedBytes = 0;
  damagedPlaces = 0;
  /** Positions that no segment has. */
  missingBytes = 0;
  /** For people: file, offset, octets, why. */
  lastDamage = '';

  readonly #directory: string;
  readonly #journalId: string;
  readonly #readSync: NonNullable<JournalReaderOptions['readSync']>;
  #segments: Segment[] = [];
  #fd: number | undefined;
  /** The segment that `#fd` belongs to. */
  #path = '';
  #view: DataView = new DataView(new ArrayBuffer(0));
  #why = '';
  #unreadable = false;
  /** What lies before was counted. */
  #damageCountedTo = -1;
  #missingCountedTo = -1;

  constructor(options: JournalReaderOptions) {
    this.#directory = options.directory;
    this.#journalId = options.journalId;
    this.#readSync = options.readSync ?? readSync;
  }

  /**
   * Reads the first whole chunk of `[position, end)` into `target`, which takes the largest chunk. Undefined: there is none. `end` is
   * where a chunk ends, at most as far as the journal is written. Throws only what is no fault of the journal, as too many open files.
   */
  read(position: number, end: number, target: Uint8Array): ReadChunk | undefined {
    if (target.length < chunkBytes) throw new RangeError('the target cannot take the largest chunk');
    this.#view = new DataView(target.buffer, target.byteOffset, target.length);
    let at = position;
    while (at < end) {
      const segment = this.#segmentBehind(at);
      const base = Math.min(segment?.base ?? end, end);
      if (base > at) this.#countMissing(at, base);
      at = Math.max(at, base);
      if (!segment || at === end) return undefined;
      if (!this.#enter(segment)) {
        this.#segments = this.#segments.filter(({ path }) => path !== segment.path);
        continue;
      }
      const limit = Math.min(end, segment.end);
      const found = this.#find(segment, at, limit, target);
      const passed = found?.position ?? limit;
      if (passed > at) this.#countDamage(segment, at, passed);
      if (found) return found;
      at = limit;
    }
    return undefined;
  }

  /**
   * Where the chunk begins that has this position inside of it; the position itself when none has, as at the edge of a chunk. It reads
   * the segment from its base into `target`, which takes a moment. Nothing is counted.
   */
  findChunkStart(position: number, target: Uint8Array): number {
    const segment = listSegments(this.#directory, this.#journalId).findLast(({ base }) => base <= position);
    const scout = new JournalReader({
      directory: this.#directory,
      journalId: this.#journalId,
      readSync: this.#readSync,
    });
    try {
      let at = segment?.base ?? position;
      while (at < position) {
        const chunk = scout.read(at, segment?.end ?? position, target);
        if (!chunk || chunk.position >= position) break;
        at = chunk.position + chunk.usedBytes;
        if (at > position) return chunk.position;
      }
      return position;
    } finally {
      scout.close();
    }
  }

  /** Lets go of the file at hand, so that its room is free once it is deleted. Reading goes on when it is asked for. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#path = '';
  }

  /** The segment that holds the position, or the first behind it. */
  #segmentBehind(position: number): Segment | undefined {
    const find = (): Segment | undefined => this.#segments.find(({ end }) => end > position);
    const known = find() ?? (this.#hasGrown() ? find() : undefined);
    if (known) return known;
    this.#list();
    return find();
  }

  /** The newest segment is still written: looks whether it is longer than it was, which is cheaper than a new list. */
  #hasGrown(): boolean {
    const last = this.#segments.at(-1);
    if (!last || this.#fd === undefined || last.path !== this.#path) return false;
    const bytes = fstatSync(this.#fd).size;
    this.#segments[this.#segments.length - 1] = {
      ...last,
      bytes,
      end: last.base + bytes - segmentHeaderBytes,
    };
    return bytes > last.bytes;
  }

  #list(): void {
    const all = listSegments(this.#directory, this.#journalId);
    // Where a file was made longer than the writer left it, the positions are those of the next.
    this.#segments = all.map((segment, i) => ({
      ...segment,
      end: Math.min(segment.end, all[i + 1]?.base ?? segment.end),
    }));
  }

  /** False: the file is gone. */
  #enter(segment: Segment): boolean {
    if (this.#path === segment.path) return true;
    this.close();
    try {
      this.#fd = openSync(segment.path, 'r');
    } catch (error) {
      if (missingCodes.has(codeOf(error))) return false;
      throw error;
    }
    this.#path = segment.path;
    return true;
  }

  #find(segment: Segment, from: number, limit: number, target: Uint8Array): ReadChunk | undefined {
    let usedBytes = this.#chunkAt(segment, from, limit, target);
    if (usedBytes > 0) return { position: from, usedBytes };
    const why = this.#why;
    const past = (from - segment.base) % step;
    let at = past === 0 ? from + step : from + step - past;
    while (usedBytes === 0) {
      at = this.#scan(segment, at, limit, target);
      if (at >= limit) break;
      usedBytes = this.#chunkAt(segment, at, limit, target);
      if (usedBytes === 0) at += step;
    }
    this.#why = why;
    return usedBytes > 0 ? { position: at, usedBytes } : undefined;
  }

  /** The length of the chunk at this position, which is now in `target`; 0 when there is none, for the reason in `#why`. */
  #chunkAt(segment: Segment, at: number, limit: number, target: Uint8Array): number {
    const had = this.#fill(segment, at, 0, Math.min(firstReadBytes, limit - at), target);
    const usedBytes = this.#plausible(0, had, at, limit);
    if (usedBytes === 0) return 0;
    const more = usedBytes - had;
    if (more > 0 && this.#fill(segment, at + had, had, more, target) < more) {
      this.#why = this.#unreadable ? 'the disk cannot be read' : 'the file is cut';
      return 0;
    }
    this.#why = 'its CRC is wrong';
    return chunkCrc(target, usedBytes) === this.#view.getUint32(chunkFields.crc, true) ? usedBytes : 0;
  }

  /** The length in the header at this offset of the target, if it can be the header of a chunk at this position; else 0. */
  #plausible(offset: number, had: number, at: number, limit: number): number {
    const view = this.#view;
    this.#why = this.#unreadable ? 'the disk cannot be read' : 'the file is cut';
    if (had - offset < chunkHeaderBytes) return 0;
    this.#why = 'no chunk begins there';
    if (view.getUint32(offset + chunkFields.magic, true) !== chunkMagic) return 0;
    const usedBytes = view.getUint32(offset + chunkFields.length, true);
    if (usedBytes < chunkHeaderBytes || usedBytes > chunkBytes || usedBytes % step !== 0) return 0;
    if (readChunkPosition(view, offset) !== at) return 0;
    this.#why = 'the file is cut';
    return usedBytes > limit - at ? 0 : usedBytes;
  }

  /** The next position, from `from` on, that has what can be the header of a chunk; `limit` when there is none. */
  #scan(segment: Segment, from: number, limit: number, target: Uint8Array): number {
    let at = from;
    while (limit - at >= chunkHeaderBytes) {
      const had = this.#fill(segment, at, 0, Math.min(scanBytes, limit - at), target);
      let offset = 0;
      for (; had - offset >= chunkHeaderBytes; offset += step) {
        if (this.#plausible(offset, had, at + offset, limit) > 0) return at + offset;
      }
      if (offset === 0 && !this.#unreadable) break;
      const intoSector = (segmentHeaderBytes + at - segment.base) % sectorBytes;
      at += offset === 0 ? sectorBytes - intoSector : offset;
    }
    return limit;
  }

  /** Reads octets from a position on into the target, as many as there are. */
  #fill(segment: Segment, at: number, offset: number, length: number, target: Uint8Array): number {
    const fileAt = segmentHeaderBytes + at - segment.base;
    let had = 0;
    this.#unreadable = false;
    try {
      while (had < length) {
        const read = this.#readSync(this.#fd as number, target, offset + had, length - had, fileAt + had);
        if (read === 0) break;
        had += read;
      }
    } catch (error) {
      if (codeOf(error) !== 'EIO') throw error;
      this.#unreadable = true;
    }
    return had;
  }

  #countMissing(from: number, to: number): void {
    const first = Math.max(from, this.#missingCountedTo);
    if (first >= to) return;
    this.missingBytes += to - first;
    this.#missingCountedTo = to;
  }

  #countDamage(segment: Segment, from: number, to: number): void {
    const first = Math.max(from, this.#damageCountedTo);
    if (first >= to) return;
    if (first > this.#damageCountedTo) this.damagedPlaces++;
    this.damagedBytes += to - first;
    this.#damageCountedTo = to;
    const offset = segmentHeaderBytes + first - segment.base;
    this.lastDamage = `${segment.path}: ${to - first} octets at offset ${offset} cannot be read as a chunk (${this.#why})`;
  }
}
