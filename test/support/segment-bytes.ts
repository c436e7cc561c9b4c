/** Segments as `collector/journal/journal-format.ts` draws them, made without it. */

import { crc32 } from 'node:zlib';
import { joinBytes, viewOf } from './capture-builder.ts';
import { chunkOf } from './chunk-bytes.ts';

export const segmentJournalId = '000102030405060708090a0b0c0d0e0f';

/** The chunk with its CRC, that of all other octets. */
export const sealed = (chunk: Uint8Array): Uint8Array => {
  const bytes = chunk.slice();
  viewOf(bytes).setUint32(16, crc32(joinBytes(bytes.subarray(0, 16), bytes.subarray(20))), true);
  return bytes;
};

/** Sealed chunks, one behind the other from `position` on, each with datagrams of these lengths. */
export const chunksFrom = (position: number, lengths: readonly (readonly number[])[]): Uint8Array[] => {
  let at = position;
  return lengths.map((frames) => {
    const chunk = sealed(
      chunkOf(
        frames.map((length, i) => ({ payload: new Uint8Array(length).fill(length), micros: at + i })),
        at,
      ),
    );
    at += chunk.length;
    return chunk;
  });
};

export const segmentHeader = (base: number, journalId = segmentJournalId, format = 1): Uint8Array => {
  const header = new Uint8Array(64);
  const view = viewOf(header);
  header.set(Buffer.from('FLJS'));
  view.setUint32(4, format, true);
  view.setBigUint64(8, BigInt(base), true);
  header.set(Buffer.from(journalId, 'hex'), 16);
  view.setBigUint64(32, 1_700_000_000_000_000n, true);
  view.setUint32(60, crc32(header.subarray(0, 60)), true);
  return header;
};

export const segmentName = (base: number): string => `${String(base).padStart(16, '0')}.flj`;

export const segmentOf = (base: number, chunks: readonly Uint8Array[]): Uint8Array =>
  joinBytes(segmentHeader(base), ...chunks);
