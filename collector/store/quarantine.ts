/**
 * Rows that ClickHouse refuses for good: a file for each piece of a batch, which `INSERT INTO flows FORMAT Native` takes when the cause
 * is gone, and a row in the table `quarantine` that says why.
 */

import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NativeBlock } from './native-block.ts';
import type { RowWriter } from './row-writer.ts';

/** Past these, in all files together, rows are counted and told of, and not kept: the disk is for rows that can be stored. */
const defaultMaxBytes = 256 << 20;
const defaultMaxFiles = 10_000;
/** The server's words may repeat all values of a row. */
const maxReasonChars = 2000;

export interface QuarantineOptions {
  /** Undefined: no files. Made when it is needed. */
  readonly directory: string | undefined;
  readonly rowWriter: Pick<RowWriter, 'add'>;
  /** Value of the column `collector`. */
  readonly collector: string;
  readonly maxBytes?: number;
  readonly maxFiles?: number;
}

export interface QuarantinedPiece {
  /** Names the batch. */
  readonly token: string;
  /** The piece's first row in the batch, and how many they are. */
  readonly from: number;
  readonly rows: number;
  readonly firstMicros: number;
  readonly lastMicros: number;
  readonly reason: string;
  readonly block: NativeBlock;
}

const fileEnd = '.native';

/** `1700000000.000001`, which ClickHouse reads as a DateTime64(6). */
const secondsText = (micros: number): string =>
  `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
};

export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  /** Sizes of the files that are there; undefined until somebody asks. */
  #files: Map<string, number> | undefined;
  #bytes = 0;
  /** Since the start; with those of which there was no file, because there was no room or the disk failed. */
  rows = 0;
  pieces = 0;
  /** Why the last piece got no file, or what is stale could not be removed. */
  problem: string | undefined;

  constructor(options: QuarantineOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
    this.#maxFiles = options.maxFiles ?? defaultMaxFiles;
  }

  /** Resolves when the file is on the disk; never rejects: see `problem`. */
  async keep(piece: QuarantinedPiece): Promise<void> {
    const { rowWriter, collector } = this.#options;
    const { rows, firstMicros, lastMicros, reason } = piece;
    const file = await this.#write(piece);
    this.rows += rows;
    this.pieces++;
    rowWriter.add('quarantine', {
      collector,
      first_received: secondsText(firstMicros),
      last_received: secondsText(lastMicros),
      rows,
      reason: reason.slice(0, maxReasonChars),
      file: file ?? '',
    });
  }

  /** Removes what an earlier run kept of this batch, which is stored anew. Never rejects: see `problem`. */
  async forget(token: string): Promise<void> {
    const { directory } = this.#options;
    if (directory === undefined) return;
    try {
      const files = this.#known(directory);
      for (const [name, lengthBytes] of files) {
        if (!name.startsWith(`${token}.`)) continue;
        await rm(join(directory, name), { force: true });
        files.delete(name);
        this.#bytes -= lengthBytes;
      }
    } catch (error) {
      this.#fail(directory, error);
    }
  }

  /** Path of the new file; undefined where there is none. */
  async #write({ token, from, block }: QuarantinedPiece): Promise<string | undefined> {
    const { directory } = this.#options;
    if (directory === undefined) return undefined;
    const { lengthBytes } = block;
    const name = `${token}.${from}${fileEnd}`;
    const path = join(directory, name);
    let file: FileHandle | undefined;
    try {
      const files = this.#known(directory);
      if (files.size >= this.#maxFiles || this.#bytes + lengthBytes > this.#maxBytes) {
        this.problem = `${directory} is full`;
        return undefined;
      }
      files.set(name, lengthBytes);
      this.#bytes += lengthBytes;
      file = await open(path, 'w', 0o600);
      for (const buffer of block.buffers) await file.writeFile(buffer);
      await file.sync();
      await syncDirectory(directory);
      this.problem = undefined;
      return path;
    } catch (error) {
      this.#fail(path, error);
      // A half of a file could not be loaded; what was booked for it stays booked, which errs on the safe side.
      if (file) await rm(path, { force: true }).catch(() => undefined);
      return undefined;
    } finally {
      await file?.close().catch(() => undefined);
    }
  }

  #fail(path: string, error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    this.problem = `${path}: ${code ?? message}`;
  }

  #known(directory: string): Map<string, number> {
    if (this.#files) return this.#files;
    const files = new Map<string, number>();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      if (!name.endsWith(fileEnd)) continue;
      files.set(name, statSync(join(directory, name)).size);
    }
    for (const lengthBytes of files.values()) this.#bytes += lengthBytes;
    this.#files = files;
    return files;
  }
}
