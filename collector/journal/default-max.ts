import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { baseOfSegmentFile } from './journal-format.ts';

const shareOfDisk = 0.2;
const leastBytes = 256 << 20;

const segmentBytesIn = async (directory: string): Promise<number> => {
  let bytes = 0;
  for (const name of await readdir(directory))
    if (baseOfSegmentFile(name) !== undefined) bytes += (await stat(join(directory, name))).size;
  return bytes;
};

/**
 * The most octets that segments may take when nobody says: a fifth of what is free for them, what they have already included, so that it
 * stays the same from one start to the next. At least 256 MiB.
 */
export const defaultJournalMaxBytes = async (directory: string): Promise<number> => {
  const { bavail, bsize } = await statfs(directory);
  const roomBytes = bavail * bsize + (await segmentBytesIn(directory));
  return Math.max(leastBytes, Math.floor(roomBytes * shareOfDisk));
};
