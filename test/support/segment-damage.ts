/** What disks and other versions do to segments of a journal. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const segmentHeaderBytes = 64;

const newestSegment = (journalDir: string): string => {
  const name = readdirSync(journalDir)
    .filter((entry) => entry.endsWith('.flj'))
    .sort()
    .at(-1);
  if (name === undefined) throw new Error(`${journalDir} has no segment`);
  return join(journalDir, name);
};

const chunkOffsets = (bytes: Buffer): readonly number[] => {
  const offsets: number[] = [];
  for (let at = segmentHeaderBytes; at + 8 <= bytes.length && bytes.readUInt32LE(at + 4) > 0; ) {
    offsets.push(at);
    at += bytes.readUInt32LE(at + 4);
  }
  return offsets;
};

/** Flips a bit in a payload of the last but one chunk of the newest segment. */
export const damageLateChunk = (journalDir: string): void => {
  const path = newestSegment(journalDir);
  const bytes = readFileSync(path);
  const offset = chunkOffsets(bytes).at(-2);
  if (offset === undefined) throw new Error(`${path} has less than two chunks`);
  const at = offset + 100;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
};

/** Cuts the last octets off the newest segment. */
export const cutLastChunk = (journalDir: string): void => {
  const path = newestSegment(journalDir);
  writeFileSync(path, readFileSync(path).subarray(0, -12));
};

/** Makes a segment of the format after the next out of the newest one. */
export const makeNewer = (journalDir: string): void => {
  const path = newestSegment(journalDir);
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(3, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  writeFileSync(path, bytes);
};
