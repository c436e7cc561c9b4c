/**
 * What a journal of numbered flows holds, read without a line of the product: the layout of docs/journal.md and that of
 * numbered-flows.ts, octet by octet. A chunk that is not whole (its CRC tells) was not journaled; what is behind it is looked for.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { NumberBook } from './number-book.ts';
import { numberedFields, numberedRecordBytes, numberedTemplateId } from './numbered-flows.ts';

const segmentHeaderBytes = 64;
const chunkHeaderBytes = 32;
const frameHeaderBytes = 40;
const datagramKind = 1;

export interface JournalTruth {
  readonly book: NumberBook;
  readonly segments: number;
  readonly datagrams: number;
  /** Octets of segments that are no whole chunk: what was being written when the collector was killed. */
  readonly tornBytes: number;
  /** Frames whose time of receipt is not later than that of the frame before; positions that are not behind the last. */
  readonly notIncreasing: number;
}

interface Walk {
  readonly book: NumberBook;
  datagrams: number;
  tornBytes: number;
  notIncreasing: number;
  lastMicros: number;
  lastPosition: number;
}

const readPayload = (view: DataView, at: number, length: number, micros: number, book: NumberBook): void => {
  const headerBytes = view.getUint16(at) === 9 ? 20 : 16;
  const setAt = at + headerBytes;
  if (view.getUint16(setAt) !== numberedTemplateId) return;
  const end = Math.min(at + length, setAt + view.getUint16(setAt + 2));
  for (let record = setAt + 4; record + numberedRecordBytes <= end; record += numberedRecordBytes) {
    const number = Number(view.getBigUint64(record + numberedFields.number));
    book.enter(view.getUint16(record + numberedFields.sender), number, micros);
  }
};

const readFrames = (view: DataView, start: number, end: number, walk: Walk): void => {
  for (let at = start; at < end; ) {
    const length = view.getUint32(at, true);
    const micros = Number(view.getBigUint64(at + 32, true));
    if (micros <= walk.lastMicros) walk.notIncreasing++;
    walk.lastMicros = micros;
    if (view.getUint8(at + 4) === datagramKind) {
      walk.datagrams++;
      readPayload(view, at + frameHeaderBytes, length, micros, walk.book);
    }
    at += frameHeaderBytes + Math.ceil(length / 8) * 8;
  }
};

/** Length of the whole chunk at `at`; 0 when there is none. */
const chunkLength = (bytes: Buffer, at: number, position: number): number => {
  if (at + chunkHeaderBytes > bytes.length || bytes.toString('latin1', at, at + 4) !== 'FLC1') return 0;
  const length = bytes.readUInt32LE(at + 4);
  if (length < chunkHeaderBytes || at + length > bytes.length) return 0;
  if (Number(bytes.readBigUInt64LE(at + 8)) !== position) return 0;
  const sum = crc32(bytes.subarray(at + 20, at + length), crc32(bytes.subarray(at, at + 16)));
  return bytes.readUInt32LE(at + 16) === sum ? length : 0;
};

const readSegment = (bytes: Buffer, walk: Walk): void => {
  if (bytes.length < segmentHeaderBytes) return;
  const base = Number(bytes.readBigUInt64LE(8));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = segmentHeaderBytes; at < bytes.length; ) {
    const position = base + at - segmentHeaderBytes;
    const length = chunkLength(bytes, at, position);
    if (length === 0) {
      const skipped = Math.min(8, bytes.length - at);
      walk.tornBytes += skipped;
      at += skipped;
      continue;
    }
    if (position < walk.lastPosition) walk.notIncreasing++;
    walk.lastPosition = position + length;
    readFrames(view, at + chunkHeaderBytes, at + length, walk);
    at += length;
  }
};

export const readJournalTruth = (directory: string): JournalTruth => {
  const segments = readdirSync(directory)
    .filter((name) => /^\d{16}\.flj$/.test(name))
    .sort();
  const walk: Walk = {
    book: new NumberBook(),
    datagrams: 0,
    tornBytes: 0,
    notIncreasing: 0,
    lastMicros: 0,
    lastPosition: 0,
  };
  for (const name of segments) readSegment(readFileSync(join(directory, name)), walk);
  const { book, datagrams, tornBytes, notIncreasing } = walk;
  return { book, segments: segments.length, datagrams, tornBytes, notIncreasing };
};
