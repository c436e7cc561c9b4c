/** A capture file as a source of packets. */

import { open as openDescriptor } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { fileOctets } from '../../shared/capture/file-octets.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import type { PacketSource } from './packet-source.ts';
import { streamSource } from './stream-source.ts';

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'this is a folder, not a capture file',
};

export const describeFileError = (error: unknown): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return problems[code] ?? message;
};

/** Waits until somebody opens it to write. */
const openPipe = async (path: string): Promise<PacketSource> => {
  const fd = await promisify(openDescriptor)(path, 'r');
  // A read of a file would wait in a thread for whoever writes, and nothing could end it, not even the end of the process.
  return streamSource(path, new Socket({ fd, readable: true, writable: false }));
};

const openFile = async (path: string): Promise<PacketSource> => {
  const handle = await open(path);
  const file = await fileOctets(handle, await handle.stat());
  let stopped = false;
  async function* octets(): AsyncGenerator<Uint8Array> {
    for await (const piece of file.octets) {
      if (stopped) return;
      yield piece;
    }
  }
  return {
    name: path,
    isLive: false,
    totalOctets: file.totalBytes,
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
    throw new ConfigError(`${path}: ${describeFileError(error)}`);
  }
};
