/** The frames of a journal that are wanted, in order. Nothing is written or locked, so a collector may be at work in it. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { addressBytes, parseAddress } from '../../shared/wire/address.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { listSegments, type Segment } from '../journal/segment-list.ts';
import { ChunkReader } from '../receive/chunk-reader.ts';
import { chunkBytes, frameKinds } from '../receive/frame.ts';
import { findJournal } from './find-journal.ts';

export interface FrameSelection {
  readonly directory: string;
  /** Only frames received at this time or later, microseconds since 1970. */
  readonly from?: number | undefined;
  /** Only frames received before this time. */
  readonly to?: number | undefined;
  /** Only datagrams of this address, as text; control frames are left out then. */
  readonly exporter?: string | undefined;
}

/** The address as the four words that a frame has, big-endian. */
const wordsOf = (text: string): readonly number[] => {
  const octets = parseAddress(text);
  if (octets === undefined) throw new ConfigError(`--exporter ${text}: this is no IPv4 or IPv6 address`);
  const view = new DataView(octets.buffer, octets.byteOffset, addressBytes);
  return [0, 4, 8, 12].map((at) => view.getUint32(at));
};

export class JournalFrames {
  /** Describes the frame that `next` found. */
  readonly frame = new ChunkReader();
  /** What was passed over: octets that are no whole chunk, in how many places. */
  damagedBytes = 0;
  damagedPlaces = 0;

  readonly #onDamage: (text: string) => void;
  readonly #from: number;
  readonly #to: number;
  readonly #exporter: readonly number[] | undefined;
  readonly #reader: JournalReader;
  readonly #target = new Uint8Array(chunkBytes);
  readonly #start: number;
  readonly #end: number;
  readonly #isToTheEnd: boolean;
  #position: number;
  #isOver = false;

  /**
   * Takes what is in the journal now. `onDamage` is told where something was passed over.
   * @throws ConfigError when there is no journal, or `exporter` is no address.
   */
  constructor(selection: FrameSelection, onDamage: (text: string) => void) {
    const { directory, from = 0, to = Number.POSITIVE_INFINITY, exporter } = selection;
    this.#onDamage = onDamage;
    this.#from = from;
    this.#to = to;
    this.#exporter = exporter === undefined ? undefined : wordsOf(exporter);
    const journalId = findJournal(directory);
    const segments = listSegments(directory, journalId);
    const probe = new JournalReader({ directory, journalId });
    // A segment that tells no time is taken for one that is wanted: then more is read than is needed.
    const first = this.#lastBegun(segments, this.#from, probe, Number.POSITIVE_INFINITY);
    const last = this.#lastBegun(segments, this.#to, probe, Number.NEGATIVE_INFINITY);
    probe.close();
    this.frame.close();
    this.#start = this.#position = first?.base ?? 0;
    this.#end = Math.max(this.#start, last?.end ?? 0);
    this.#isToTheEnd = last === segments.at(-1);
    this.#reader = new JournalReader({ directory, journalId });
  }

  /** Moves to the next frame that is wanted; false at the end. */
  next(): boolean {
    for (;;) {
      while (this.#nextInChunk()) {
        if (this.frame.micros >= this.#to) this.#isOver = true;
        else if (this.#isWanted()) return true;
        if (this.#isOver) return false;
      }
      if (this.#isOver || !this.#nextChunk()) return false;
    }
  }

  /** Octets of the journal that are read for what is wanted, and how many of them were read: for the progress. */
  get totalBytes(): number {
    return this.#end - this.#start;
  }

  get bytesRead(): number {
    return this.#position - this.#start;
  }

  /** Positions between segments that no file has: never written, deleted, or damaged beyond a segment's header. */
  get missingBytes(): number {
    return this.#reader.missingBytes;
  }

  close(): void {
    this.#isOver = true;
    this.frame.close();
    this.#reader.close();
  }

  /** Times only grow, so the last segment that begins at this time or before, or else the first one, is found by halving. */
  #lastBegun(
    segments: readonly Segment[],
    micros: number,
    reader: JournalReader,
    unknown: number,
  ): Segment | undefined {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#firstMicros(segments[middle] as Segment, reader) ?? unknown) <= micros) low = middle;
      else high = middle - 1;
    }
    return segments[low];
  }

  #firstMicros({ base, end }: Segment, reader: JournalReader): number | undefined {
    const chunk = reader.read(base, end, this.#target);
    if (!chunk) return undefined;
    this.frame.open(this.#target, chunk.usedBytes);
    try {
      return this.frame.next() ? this.frame.micros : undefined;
    } catch {
      return undefined;
    }
  }

  #nextChunk(): boolean {
    const { damagedBytes, damagedPlaces } = this.#reader;
    const chunk = this.#reader.read(this.#position, this.#end, this.#target);
    if (this.#reader.damagedPlaces > damagedPlaces) {
      const atEnd = chunk === undefined && this.#isToTheEnd ? ' (or a chunk that is just being written)' : '';
      this.#damage(
        this.#reader.damagedBytes - damagedBytes,
        this.#reader.damagedPlaces - damagedPlaces,
        this.#reader.lastDamage + atEnd,
      );
    }
    if (!chunk) {
      this.#position = this.#end;
      return false;
    }
    this.frame.open(this.#target, chunk.usedBytes);
    this.#position = chunk.position + chunk.usedBytes;
    return true;
  }

  /** A chunk whose CRC is right and whose frames are not was not written by us: what is left of it is passed over. */
  #nextInChunk(): boolean {
    try {
      return this.frame.next();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const { nextPosition } = this.frame;
      const bytes = this.#position - nextPosition;
      this.#damage(bytes, 1, `position ${nextPosition}: ${bytes} octets: ${error.message}`);
      this.frame.close();
      return false;
    }
  }

  #damage(bytes: number, places: number, text: string): void {
    this.damagedBytes += bytes;
    this.damagedPlaces += places;
    this.#onDamage(text);
  }

  #isWanted(): boolean {
    const { frame } = this;
    if (frame.micros < this.#from) return false;
    const exporter = this.#exporter;
    if (exporter === undefined) return true;
    if (frame.kind !== frameKinds.datagram) return false;
    for (let i = 0; i < 4; i++)
      if (frame.view.getUint32(frame.addressOffset + 4 * i) !== exporter[i]) return false;
    return true;
  }
}
