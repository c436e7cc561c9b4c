/** What a segment holds: from the headers of its chunks, which takes a moment, or from all of its octets. */

import { closeSync, openSync, readSync } from 'node:fs';
import { segmentHeaderBytes } from '../journal/journal-format.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import type { Segment } from '../journal/segment-list.ts';
import { ChunkReader } from '../receive/chunk-reader.ts';
import {
  chunkBytes,
  chunkFields,
  chunkHeaderBytes,
  chunkMagic,
  frameFields,
  frameHeaderBytes,
  readChunkPosition,
} from '../receive/frame.ts';

export interface SegmentCount {
  chunks: number;
  frames: number;
  /** Times of receipt of the first and last frame, microseconds since 1970; undefined when there is none. */
  firstMicros: number | undefined;
  lastMicros: number | undefined;
  /** Octets that are no whole chunk. */
  damagedBytes: number;
}

/** Octets read at a time in search of headers: many chunks of a quiet network, one header of a busy one. */
const windowBytes = 16 << 10;
const chunkStep = 8;
/** A chunk is handed on with a frame at least. */
const minChunkBytes = chunkHeaderBytes + frameHeaderBytes;

const emptyCount = (): SegmentCount => ({
  chunks: 0,
  frames: 0,
  firstMicros: undefined,
  lastMicros: undefined,
  damagedBytes: 0,
});

/** Octets of an open segment by position, read as they are asked for. */
class HeaderWindow {
  readonly view: DataView;
  readonly #fd: number;
  readonly #base: number;
  readonly #bytes = new Uint8Array(windowBytes);
  #from = 0;
  #held = 0;

  constructor(fd: number, base: number) {
    this.#fd = fd;
    this.#base = base;
    this.view = new DataView(this.#bytes.buffer);
  }

  /** Offset in `view` of `lengthBytes` octets from `position` on; -1 when the file does not have them. */
  seek(position: number, lengthBytes: number): number {
    if (position < this.#from || position + lengthBytes > this.#from + this.#held) {
      const at = segmentHeaderBytes + position - this.#base;
      this.#held = readSync(this.#fd, this.#bytes, 0, windowBytes, at);
      this.#from = position;
    }
    return position + lengthBytes > this.#from + this.#held ? -1 : position - this.#from;
  }
}

const lastMicrosOf = (chunk: Uint8Array, usedBytes: number): number | undefined => {
  const reader = new ChunkReader();
  try {
    reader.open(chunk, usedBytes);
    while (reader.next());
    return reader.frames > 0 ? reader.micros : undefined;
  } catch {
    return undefined;
  }
};

/** Undefined: somewhere no chunk begins, so that only reading all of it tells what is there. */
const countHeaders = (fd: number, segment: Segment, isNewest: boolean): SegmentCount | undefined => {
  const { base, end } = segment;
  const count = emptyCount();
  const window = new HeaderWindow(fd, base);
  let last = base;
  let position = base;
  while (position < end) {
    const at = window.seek(position, Math.min(minChunkBytes, end - position));
    const isHeader = at >= 0 && end - position >= minChunkBytes;
    // The chunk at the end of the newest segment may be one that is just being written.
    if (!isHeader) return isNewest ? withLast(fd, segment, last, position, count) : undefined;
    const { view } = window;
    if (view.getUint32(at + chunkFields.magic, true) !== chunkMagic) return undefined;
    if (readChunkPosition(view, at) !== position) return undefined;
    const usedBytes = view.getUint32(at + chunkFields.length, true);
    if (usedBytes < minChunkBytes || usedBytes > chunkBytes || usedBytes % chunkStep !== 0) return undefined;
    if (usedBytes > end - position)
      return isNewest ? withLast(fd, segment, last, position, count) : undefined;
    count.chunks++;
    count.frames += view.getUint32(at + chunkFields.frames, true);
    count.firstMicros ??= Number(view.getBigUint64(at + chunkHeaderBytes + frameFields.micros, true));
    last = position;
    position += usedBytes;
  }
  return withLast(fd, segment, last, position, count);
};

/** Adds the time of the last frame, which is in the chunk `[from, to)`. */
const withLast = (
  fd: number,
  { base }: Segment,
  from: number,
  to: number,
  count: SegmentCount,
): SegmentCount => {
  const chunk = new Uint8Array(to - from);
  if (
    count.chunks > 0 &&
    readSync(fd, chunk, 0, chunk.length, segmentHeaderBytes + from - base) === chunk.length
  )
    count.lastMicros = lastMicrosOf(chunk, chunk.length);
  return count;
};

const countAll = (directory: string, journalId: string, { base, end }: Segment): SegmentCount => {
  const reader = new JournalReader({ directory, journalId });
  const count = emptyCount();
  const target = new Uint8Array(chunkBytes);
  const frames = new ChunkReader();
  try {
    for (let at = base; at < end; ) {
      const chunk = reader.read(at, end, target);
      if (!chunk) break;
      at = chunk.position + chunk.usedBytes;
      count.chunks++;
      frames.open(target, chunk.usedBytes);
      count.frames += frames.frames;
      if (count.firstMicros === undefined && frames.next()) count.firstMicros = frames.micros;
      count.lastMicros = lastMicrosOf(target, chunk.usedBytes) ?? count.lastMicros;
    }
    count.damagedBytes = reader.damagedBytes;
    return count;
  } finally {
    reader.close();
  }
};

export interface CountOptions {
  readonly directory: string;
  readonly journalId: string;
  /** A collector may be at work in it. */
  readonly isNewest: boolean;
  /** Reads every octet, so that damage inside of chunks is seen. */
  readonly check: boolean;
}

/** Undefined: the segment is gone by now. */
export const countSegment = (segment: Segment, options: CountOptions): SegmentCount | undefined => {
  const { directory, journalId, isNewest, check } = options;
  let fd: number;
  try {
    fd = openSync(segment.path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const count = check ? undefined : countHeaders(fd, segment, isNewest);
    return count ?? countAll(directory, journalId, segment);
  } finally {
    closeSync(fd);
  }
};
