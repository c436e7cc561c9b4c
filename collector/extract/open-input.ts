/** Octets of the capture that is extracted from, read ahead while those before are looked at. */

import { createReadStream, fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { captureOctets, pieceBytes } from '../../shared/capture/capture-octets.ts';
import { ConfigError } from '../../shared/service/config-error.ts';

const readBytes = 1 << 20;
/** One that is read into, one that is looked at, and one whose end may still be needed. */
const buffers = 3;
const gzipMagic = 0x1f8b;

export interface Input {
  /** For messages. */
  readonly name: string;
  /** Octets of the file; 0 where it is not known, or not what comes out of it. */
  readonly totalBytes: number;
  readonly facts: Stats;
  readonly octets: AsyncIterable<Uint8Array>;
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'this is a folder, not a capture file',
};

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

const openFile = async (path: string): Promise<Input> => {
  const handle = await open(path);
  const facts = await handle.stat();
  if (facts.isDirectory()) {
    await handle.close();
    throw Object.assign(new Error(), { code: 'EISDIR' });
  }
  const first = Buffer.alloc(2);
  // A pipe has no beginning to look at: what is read from it is gone.
  if (facts.isFile()) await handle.read(first, 0, 2, 0);
  const isPlain = facts.isFile() && first.readUInt16BE(0) !== gzipMagic;
  return {
    name: path,
    totalBytes: isPlain ? facts.size : 0,
    facts,
    octets: isPlain
      ? readAhead(handle)
      : captureOctets(createReadStream(path, { fd: handle, highWaterMark: pieceBytes })),
  };
};

/** @throws ConfigError when the file cannot be opened. */
export const openInput = async (path: string): Promise<Input> => {
  if (path === '-')
    return {
      name: 'standard input',
      totalBytes: 0,
      facts: fstatSync(0),
      octets: captureOctets(process.stdin),
    };
  try {
    return await openFile(path);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${path}: ${problems[code] ?? message}`);
  }
};
