/**
 * The journal on disk: a directory of segments, each with a header and chunks one behind the other, as they lay in memory
 * (`receive/frame.ts`). A position counts octets of chunks since the journal began, so it names a frame, and only grows. All numbers
 * little-endian. docs/journal.md describes the whole directory.
 *
 *     segment   0 magic "FLJS"   4 format version (u32)   8 base: position of the first chunk (u64)
 *               16 id of the journal (16 octets)   32 time of creation (u64, microseconds since 1970)
 *               40 reserved   60 CRC-32 of the octets 0-59   64 chunks ...
 */

import { crc32 } from 'node:zlib';
import { chunkFields } from '../receive/frame.ts';

export const journalFormat = 1;
export const segmentMagic = 0x534a4c46; // "FLJS"
export const segmentHeaderBytes = 64;
export const defaultSegmentBytes = 64 << 20;

const segmentName = /^(\d{16})\.flj$/;
const twoTo32 = 2 ** 32;
const crcAt = 60;

export interface SegmentHeader {
  readonly format: number;
  readonly base: number;
  /** 32 hex digits. */
  readonly journalId: string;
  readonly createdMicros: number;
}

/** `0000000067108864.flj`: by name they are in order. */
export const segmentFile = (base: number): string => `${String(base).padStart(16, '0')}.flj`;

/** The base in the name of a segment; undefined for other files. */
export const baseOfSegmentFile = (name: string): number | undefined => {
  const digits = segmentName.exec(name)?.[1];
  const base = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(base) ? base : undefined;
};

const write64 = (view: DataView, at: number, value: number): void => {
  view.setUint32(at, value % twoTo32, true);
  view.setUint32(at + 4, Math.floor(value / twoTo32), true);
};

const read64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * twoTo32 + view.getUint32(at, true);

export const writeSegmentHeader = (header: SegmentHeader): Uint8Array => {
  const bytes = new Uint8Array(segmentHeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, segmentMagic, true);
  view.setUint32(4, header.format, true);
  write64(view, 8, header.base);
  bytes.set(Buffer.from(header.journalId, 'hex'), 16);
  write64(view, 32, header.createdMicros);
  view.setUint32(crcAt, crc32(bytes.subarray(0, crcAt)), true);
  return bytes;
};

/** Undefined: these octets are no header of a segment, or a damaged one. The format may be newer than ours. */
export const readSegmentHeader = (bytes: Uint8Array): SegmentHeader | undefined => {
  if (bytes.length < segmentHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, segmentHeaderBytes);
  if (view.getUint32(0, true) !== segmentMagic) return undefined;
  if (view.getUint32(crcAt, true) !== crc32(bytes.subarray(0, crcAt))) return undefined;
  return {
    format: view.getUint32(4, true),
    base: read64(view, 8),
    journalId: Buffer.from(bytes.subarray(16, 32)).toString('hex'),
    createdMicros: read64(view, 32),
  };
};

/** CRC-32 of a chunk of `usedBytes` octets: all of it but the field that holds the CRC. */
export const chunkCrc = (chunk: Uint8Array, usedBytes: number): number =>
  crc32(chunk.subarray(chunkFields.crc + 4, usedBytes), crc32(chunk.subarray(0, chunkFields.crc)));
