/** Octets of a capture file, read ahead while those before are metered. */

import { createReadStream, open as openDescriptor } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { captureOctets, pieceBytes } from '../../shared/capture/capture-octets.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import type { PacketSource } from './packet-source.ts';
import { streamSource } from './stream-source.ts';

const readBytes = 1 << 20;
/** One that is read into, one that is metered, and one whose end the meter may still hold. */
const buffers = 3;
const gzipMagic = 0x1f8b;

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

/** Waits until somebody opens it to write. */
const openPipe = async (path: string): Promise<PacketSource> => {
  const fd = await promisify(openDescriptor)(path, 'r');
  // A read of a file would wait in a thread for whoever writes, and nothing could end it, not even the end of the process.
  return streamSource(path, new Socket({ fd, readable: true, writable: false }));
};

const openFile = async (path: string): Promise<PacketSource> => {
  const handle = await open(path);
  const facts = await handle.stat();
  const first = Buffer.alloc(2);
  // A device has no beginning to look at: what is read from it is gone.
  if (facts.isFile()) await handle.read(first, 0, 2, 0);
  const isPlain = facts.isFile() && first.readUInt16BE(0) !== gzipMagic;
  let stopped = false;
  async function* octets(): AsyncGenerator<Uint8Array> {
    const pieces = isPlain
      ? readAhead(handle)
      : captureOctets(createReadStream(path, { fd: handle, highWaterMark: pieceBytes }));
    for await (const piece of pieces) {
      if (stopped) return;
      yield piece;
    }
  }
  return {
    name: path,
    isLive: false,
    totalOctets: isPlain ? facts.size : 0,
    interfaces: [],
    octets,
    stop() {
      stopped = true;
    },
  };
};

/** @throws ConfigError when the file cannot be opened. */
export const openCaptureFile = async (path: string): Promise<PacketSource> => {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return await (facts.isFIFO() ? openPipe(path) : openFile(path));
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${path}: ${problems[code] ?? message}`);
  }
};
