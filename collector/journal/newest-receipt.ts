/**
 * The newest time of receipt in a segment, which the clock of the next run must pass. Only whole chunks count: what a crash or a bad disk
 * left in between is stepped over.
 */

import { type FileHandle, open } from 'node:fs/promises';
import {
  chunkBytes,
  chunkFields,
  chunkHeaderBytes,
  chunkMagic,
  frameBytes,
  frameFields,
  frameHeaderBytes,
} from '../receive/frame.ts';
import { chunkCrc, segmentHeaderBytes } from './journal-format.ts';

const twoTo32 = 2 ** 32;
/** Chunks may be small, so that many of them come with one read; the largest must fit. */
const windowBytes = 4 * chunkBytes;

const read64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * twoTo32 + view.getUint32(at, true);

/** Length of the whole chunk that begins at `at`; 0: none begins there. */
const chunkLength = (bytes: Uint8Array, view: DataView, at: number, position: number): number => {
  if (bytes.length - at < chunkHeaderBytes) return 0;
  if (view.getUint32(at + chunkFields.magic, true) !== chunkMagic) return 0;
  const length = view.getUint32(at + chunkFields.length, true);
  if (length < chunkHeaderBytes || length % 8 !== 0) return 0;
  if (length > Math.min(chunkBytes, bytes.length - at)) return 0;
  if (read64(view, at + chunkFields.position) !== position) return 0;
  const crc = view.getUint32(at + chunkFields.crc, true);
  return crc === chunkCrc(bytes.subarray(at, at + length), length) ? length : 0;
};

/** Times of receipt grow, so it is that of the last frame. */
const lastMicros = (view: DataView, start: number, end: number): number => {
  let micros = 0;
  for (let at = start + chunkHeaderBytes; at + frameHeaderBytes <= end; ) {
    micros = read64(view, at + frameFields.micros);
    const payloadBytes = view.getUint32(at + frameFields.payloadLength, true);
    // Compared before it is rounded up, which would wrap for lengths near 2^32.
    if (payloadBytes > end - at) break;
    at += frameBytes(payloadBytes);
  }
  return micros;
};

const newestIn = async (file: FileHandle, base: number): Promise<number> => {
  const memory = new Uint8Array(windowBytes);
  let newest = 0;
  for (let offset = segmentHeaderBytes; ; ) {
    const { bytesRead } = await file.read(memory, 0, windowBytes, offset);
    const bytes = memory.subarray(0, bytesRead);
    const view = new DataView(memory.buffer, 0, bytesRead);
    const isLast = bytesRead < windowBytes;
    // Where a chunk might reach beyond the window, it is looked at in the next one.
    const end = isLast ? bytesRead : windowBytes - chunkBytes;
    let at = 0;
    while (at < end) {
      const length = chunkLength(bytes, view, at, base + offset + at - segmentHeaderBytes);
      if (length > 0) newest = Math.max(newest, lastMicros(view, at, at + length));
      at += length > 0 ? length : 8;
    }
    if (isLast) return newest;
    offset += at;
  }
};

/** Microseconds since 1970; 0 when the segment has no whole chunk. `base` is the position of its first chunk. */
export const newestReceipt = async (path: string, base: number): Promise<number> => {
  const file = await open(path, 'r');
  try {
    return await newestIn(file, base);
  } finally {
    await file.close();
  }
};
