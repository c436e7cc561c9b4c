/** One segment of the journal while it is written. Everything is asynchronous; the caller has one write at a time under way. */

import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { journalFormat, segmentFile, segmentHeaderBytes, writeSegmentHeader } from './journal-format.ts';
import { syncDirectory } from './sync-directory.ts';

/** What is needed of a file. */
export type SegmentFile = Pick<FileHandle, 'write' | 'truncate' | 'datasync' | 'close'>;
/** As `open` of node:fs/promises. */
export type OpenFile = (path: string, flags: string, mode: number) => Promise<SegmentFile>;

export interface NewSegment {
  readonly directory: string;
  readonly journalId: string;
  /** Position of the first chunk. */
  readonly base: number;
  readonly createdMicros: number;
  readonly openFile?: OpenFile | undefined;
}

/** The system may write less than it was asked to, a full disk being the usual reason: the next try then says why. */
const writeWhole = async (file: SegmentFile, bytes: Uint8Array, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error('a write to a segment of the journal wrote nothing');
    done += bytesWritten;
  }
};

export class SegmentWriter {
  readonly base: number;
  /** Position behind the last chunk that is whole in the file. */
  end: number;
  /** Chunks were appended since the last sync began. */
  isDirty = false;

  readonly #directory: string;
  readonly #path: string;
  readonly #file: SegmentFile;
  #isNameSynced = false;
  #syncing: Promise<void> = Promise.resolve();

  private constructor(segment: NewSegment, path: string, file: SegmentFile) {
    this.base = this.end = segment.base;
    this.#directory = segment.directory;
    this.#path = path;
    this.#file = file;
  }

  /** Makes the file, mode 0600, and writes its header. Rejects when it is there already: segments of an earlier run stay as they are. */
  static async create(segment: NewSegment): Promise<SegmentWriter> {
    const { directory, journalId, base, createdMicros, openFile = open } = segment;
    const path = join(directory, segmentFile(base));
    const writer = new SegmentWriter(segment, path, await openFile(path, 'wx', 0o600));
    try {
      const header = writeSegmentHeader({ format: journalFormat, base, journalId, createdMicros });
      await writeWhole(writer.#file, header, 0);
    } catch (error) {
      await writer.abandon();
      await writer.close(false);
      throw error;
    }
    return writer;
  }

  /** Octets of the file. */
  get fileBytes(): number {
    return segmentHeaderBytes + this.end - this.base;
  }

  /** After a rejection the segment must be abandoned: the file may end with a part of the chunk. */
  async append(chunk: Uint8Array): Promise<void> {
    await writeWhole(this.#file, chunk, this.fileBytes);
    this.end += chunk.length;
    this.isDirty = true;
  }

  /** Resolves when all that was appended before the call survives a loss of power. One sync at a time. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.catch(() => {}).then(() => this.#syncNow());
    return this.#syncing;
  }

  async #syncNow(): Promise<void> {
    this.isDirty = false;
    try {
      await this.#file.datasync();
      if (!this.#isNameSynced) await syncDirectory(this.#directory);
    } catch (error) {
      this.isDirty = true;
      throw error;
    }
    this.#isNameSynced = true;
  }

  /** Closes the file; rejects when a last sync, if one is wanted, fails: the file is closed all the same. */
  async close(isSynced: boolean): Promise<void> {
    try {
      if (isSynced && this.isDirty) await this.sync();
      else await this.#syncing.catch(() => {});
    } finally {
      await this.#file.close();
    }
  }

  /**
   * After a failed write: cuts off what a chunk left behind, and removes a file without any chunk, so that a full disk does not
   * gather empty segments. Where this fails as well, the reader skips the torn chunk, because its CRC does not hold.
   */
  async abandon(): Promise<void> {
    const cleanUp =
      this.end === this.base ? () => unlink(this.#path) : () => this.#file.truncate(this.fileBytes);
    await cleanUp().catch(() => {});
  }
}
