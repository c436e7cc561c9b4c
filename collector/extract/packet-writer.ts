/** The capture that is written: gathered in large pieces, one of which is on its way while the next one is filled. */

import { fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { ConfigError } from '../../shared/service/config-error.ts';

const pieceBytes = 1 << 20;

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EACCES: 'you may not write it',
  EISDIR: 'this is a folder',
  EROFS: 'it is on a file system that is read only',
  ENOSPC: 'the disk is full',
};

interface Target {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const inFile = (handle: FileHandle): Target => ({
  async write(bytes) {
    for (let at = 0; at < bytes.length; )
      at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
  },
  close: () => handle.close(),
});

/** Its reader may have seen enough (`| head`), which is no error. */
const inStandardOutput = (out: NodeJS.WriteStream): Target => {
  // The callback of `write` hears of it, too.
  out.on('error', () => undefined);
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => out.write(bytes, (error) => (error ? reject(error) : resolve()))),
    close: async () => undefined,
  };
};

export class PacketWriter {
  /** Octets that were appended. */
  bytes = 0;
  /** Nobody reads what is written. */
  isClosed = false;
  readonly #name: string;
  readonly #target: Target;
  #piece = new Uint8Array(2 * pieceBytes);
  #spare = new Uint8Array(2 * pieceBytes);
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(name: string, target: Target) {
    this.#name = name;
    this.#target = target;
  }

  /** Copies `[at, end)`. */
  append(bytes: Uint8Array, at: number, end: number): void {
    const filled = this.#filled + end - at;
    if (filled > this.#piece.length) {
      const larger = new Uint8Array(2 * filled);
      larger.set(this.#piece.subarray(0, this.#filled));
      this.#piece = larger;
    }
    this.#piece.set(bytes.subarray(at, end), this.#filled);
    this.#filled = filled;
    this.bytes += end - at;
  }

  /** To be called now and then: writes when enough has been gathered. Throws ConfigError where that is not possible. */
  async flush(leastBytes = pieceBytes): Promise<void> {
    if (this.#filled < leastBytes) return;
    await this.#written();
    const full = this.#piece;
    this.#writing = this.#target.write(full.subarray(0, this.#filled));
    // It is looked at before the next one.
    this.#writing.catch(() => undefined);
    this.#piece = this.#spare;
    this.#spare = full;
    this.#filled = 0;
  }

  /** Writes the rest, and closes. */
  async end(): Promise<void> {
    try {
      await this.flush(1);
      await this.#written();
    } finally {
      await this.#target.close();
    }
  }

  async #written(): Promise<void> {
    try {
      await this.#writing;
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code !== 'EPIPE') throw new ConfigError(`${this.#name}: ${problems[code] ?? message}`);
      this.isClosed = true;
    }
  }
}

/** Opening it to write would empty it. */
const refuseInput = (path: string, output: Stats, input: Stats): void => {
  if (output.isFile() && output.dev === input.dev && output.ino === input.ino)
    throw new ConfigError(`${path}: this is the capture that is read; name another file for the packets`);
};

/**
 * `path`: a file, which is written over, or `-`. `input`: of the file that is read.
 * @throws ConfigError when the file cannot be written, or is the one that is read.
 */
export const openPacketWriter = async (path: string, input: Stats): Promise<PacketWriter> => {
  if (path === '-') {
    refuseInput('standard output', fstatSync(1), input);
    return new PacketWriter('standard output', inStandardOutput(process.stdout));
  }
  try {
    const existing = await stat(path).catch(() => undefined);
    if (existing) refuseInput(path, existing, input);
    return new PacketWriter(path, inFile(await open(path, 'w')));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${path}: ${problems[code] ?? message}`);
  }
};
