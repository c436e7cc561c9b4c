/** Octets of a capture file that somebody has opened, read ahead while those before are looked at. */

import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { captureOctets, gzipMagic, pieceBytes } from './capture-octets.ts';

const readBytes = 1 << 20;
/** One that is read into, one that is looked at, and one whose end may still be needed. */
const buffers = 3;

export interface FileOctets {
  /** Of the file; 0 where it is not known, or not what comes out of it. */
  readonly totalBytes: number;
  /** Unpacked. A piece is valid until the next but one is asked for. Closes the file at the end. */
  readonly octets: AsyncGenerator<Uint8Array>;
}

/** Yields each buffer while the next one is being filled. */
async function* readAhead(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const pool = Array.from({ length: buffers }, () => Buffer.allocUnsafeSlow(readBytes));
  const read = (turn: number) => {
    const reading = handle.read(pool[turn % buffers] as Buffer, 0, readBytes);
    // Whoever stops before this is read does not want to hear of it.
    reading.catch(() => undefined);
    return reading;
  };
  let reading = read(0);
  try {
    for (let turn = 1; ; turn++) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      reading = read(turn);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await reading.catch(() => undefined);
    await handle.close();
  }
}

/** `facts`: what the handle says of itself. */
export const fileOctets = async (handle: FileHandle, facts: Stats): Promise<FileOctets> => {
  const first = Buffer.alloc(2);
  // A pipe or a device has no beginning to look at: what is read from it is gone.
  if (facts.isFile()) await handle.read(first, 0, 2, 0);
  const isPlain = facts.isFile() && first.readUInt16BE(0) !== gzipMagic;
  return {
    totalBytes: isPlain ? facts.size : 0,
    octets: isPlain
      ? readAhead(handle)
      : captureOctets(handle.createReadStream({ highWaterMark: pieceBytes })),
  };
};
