/** A file of a log that is open, and stays the same file whatever becomes of its name. */

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FileIdentity } from './log-source.ts';

/** By its first octets a file is known again when its inode is another, or was given away. */
export const headBytes = 1024;
/** No line is longer. */
const tailBytes = 64 << 10;

export interface FileFacts extends FileIdentity {
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly modifiedNs: bigint;
  readonly isFile: boolean;
}

export const hashHead = (head: Uint8Array): string => createHash('sha256').update(head).digest('hex');

export class LogFile {
  readonly path: string;
  readonly identity: FileIdentity;
  /** Of the next octet to be read. */
  position = 0;
  /** Its first octets, as many as were read, but no more than `headBytes`. */
  head: Buffer = Buffer.alloc(0);
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, identity: FileIdentity) {
    this.path = path;
    this.#handle = handle;
    this.identity = identity;
  }

  /** Undefined: there is none. @throws the system's error. */
  static async open(path: string): Promise<LogFile | undefined> {
    try {
      // Whoever opens a pipe like this waits for nobody to write.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const { dev, ino } = await handle.stat({ bigint: true });
      return new LogFile(path, handle, { device: String(dev), inode: String(ino) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async facts(): Promise<FileFacts> {
    const stats = await this.#handle.stat({ bigint: true });
    return {
      ...this.identity,
      size: Number(stats.size),
      modifiedNs: stats.mtimeNs,
      isFile: stats.isFile(),
    };
  }

  isSame({ device, inode }: FileIdentity): boolean {
    return device === this.identity.device && inode === this.identity.inode;
  }

  async readHead(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  }

  /** Fills `buffer` with what follows; empty: there is nothing more now. */
  async read(buffer: Buffer): Promise<Uint8Array> {
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.position);
    const piece = buffer.subarray(0, bytesRead);
    if (this.position < headBytes) this.head = Buffer.concat([this.head, piece]).subarray(0, headBytes);
    this.position += bytesRead;
    return piece;
  }

  /** To where it was read before. */
  async moveTo(position: number): Promise<void> {
    this.head = await this.readHead(Math.min(position, headBytes));
    this.position = position;
  }

  /** Behind the last whole line that is there now. */
  async moveToEnd(): Promise<void> {
    const { size } = await this.facts();
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    if (size > 0) await this.#handle.read(tail, 0, tail.length, size - tail.length);
    await this.moveTo(size - tail.length + tail.lastIndexOf('\n') + 1);
  }

  /** What was read is not in it any more: it was cut to no length, and may have grown since. */
  async isCut(size: number): Promise<boolean> {
    if (size < this.position) return true;
    return size > this.position && !this.head.equals(await this.readHead(this.head.length));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
