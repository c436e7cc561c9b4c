/** The commit log of a journal: what is about to be stored, and what is. */

import { close, fdatasync, fstatSync, open, openSync, rename, rmSync, unlink, writeFile } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConfigError } from '../../shared/service/config-error.ts';
import { type CommitLogContents, CommitLogReading } from './commit-log-reading.ts';
import {
  type CommitOptions,
  type CommitRecord,
  commitLogFormat,
  formatCommitRecord,
  type Intent,
  type Skip,
} from './commit-record.ts';
import { diskProblem } from './disk-problem.ts';
import { syncDirectory } from './sync-directory.ts';

const fileName = 'commits.log';
const closeFile = promisify(close);
const openFile = promisify(open);
const renameFile = promisify(rename);
const removeFile = promisify(unlink);
const syncData = promisify(fdatasync);
/** Writes all of it where the descriptor stands, short writes included. */
const writeAll: (fd: number, text: string) => Promise<void> = promisify(writeFile);

export type { CommitLogContents } from './commit-log-reading.ts';

/**
 * The commit log of a journal; that of a journal without one is empty. What is damaged is skipped and counted. Throws ConfigError when
 * the file is of a newer format, or cannot be read.
 */
export const readCommitLog = (directory: string, journalId: string): CommitLogContents =>
  CommitLogReading.ofFile(join(directory, fileName), journalId).contents();

/** What a compacted log has to say. */
export interface CommitLogState {
  readonly options: CommitOptions | undefined;
  readonly open: readonly Intent[];
  readonly skips?: readonly Skip[];
  /** Everything before it is settled, but for the open intents. */
  readonly position: number;
}

interface WaitingLine {
  readonly record: CommitRecord;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Appends records in the order of the calls; lines that wait for a write go out in one. The promise of a record resolves once it is
 * in the file, so that it survives the process; with `sync` that of an intent, a skip, of options and of `done` once it is on the
 * disk. A commit is never waited for: without it, recovery counts rows, and finds them. When a promise rejects, the record may be in
 * the file all the same: an intent is tried again under its old batch number, which replaces it. Later appends are tried anew.
 */
export class CommitLog {
  readonly #path: string;
  readonly #directory: string;
  readonly #journalId: string;
  readonly #sync: boolean;
  #fd: number;
  #bytes: number;
  /** A line may be cut at the end of the file. */
  #isTorn: boolean;
  #isHeaded: boolean;
  /** The name of the file is on the disk for sure. */
  #isNameSynced = false;
  #isClosed = false;
  #furthest: number;
  #nextBatch: number;
  #problem: string | undefined;
  /** Lines that the next write takes. */
  #waiting: WaitingLine[] | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, journalId: string, sync: boolean) {
    this.#path = join(directory, fileName);
    this.#directory = directory;
    this.#journalId = journalId;
    this.#sync = sync;
    const reading = CommitLogReading.ofFile(this.#path, journalId);
    const contents = reading.contents();
    this.#isHeaded = reading.isHeaded;
    this.#furthest = contents.resumeFrom;
    this.#nextBatch = contents.nextBatch;
    try {
      rmSync(`${this.#path}.tmp`, { force: true });
      this.#fd = openSync(this.#path, 'a', 0o600);
    } catch (error) {
      throw new ConfigError(`${this.#path} cannot be opened: ${diskProblem(error, directory)}`);
    }
    this.#bytes = fstatSync(this.#fd).size;
    this.#isTorn = reading.isTorn;
  }

  /**
   * Opens the log for appending, or makes it. Removes what an unfinished compaction left. Throws ConfigError as `readCommitLog`
   * does, and when the file cannot be written.
   */
  static open(directory: string, journalId: string, options: { readonly sync: boolean }): CommitLog {
    return new CommitLog(directory, journalId, options.sync);
  }

  /** Octets of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why the last write failed; undefined when it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  intent(intent: Intent): Promise<void> {
    return this.#append({ ...intent, type: 'intent' });
  }

  commit(batch: number, stored: number, quarantined: number): Promise<void> {
    return this.#append({ type: 'commit', batch, stored, quarantined });
  }

  skip(start: number, end: number, datagrams: number): Promise<void> {
    return this.#append({ type: 'skip', start, end, datagrams });
  }

  /** Everything before `position` is settled: intents that end there or before are no longer open. */
  done(position: number): Promise<void> {
    return this.#append({ type: 'done', position, nextBatch: this.#nextBatch });
  }

  options(options: CommitOptions): Promise<void> {
    return this.#append({ ...options, type: 'options' });
  }

  /**
   * Writes the log anew with nothing but this in it; what was appended before is superseded. Everybody who reads, also after a crash
   * at any moment, finds the old log or the new one. When it rejects, appending goes on all the same.
   */
  compact(state: CommitLogState): Promise<void> {
    this.#waiting = undefined;
    return this.#inTurn(() => this.#rewrite(state));
  }

  /** Resolves when all that was appended is written, and with `sync` on the disk. */
  close(): Promise<void> {
    this.#waiting = undefined;
    return this.#inTurn(async () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      try {
        if (this.#sync) await this.#attempt(() => syncData(this.#fd));
      } finally {
        await closeFile(this.#fd);
      }
    });
  }

  #append(record: CommitRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      const line = { record, resolve, reject };
      if (this.#waiting) this.#waiting.push(line);
      else {
        const lines = [line];
        this.#waiting = lines;
        void this.#inTurn(() => this.#write(lines));
      }
    });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #write(lines: WaitingLine[]): Promise<void> {
    if (this.#waiting === lines) this.#waiting = undefined;
    try {
      await this.#attempt(() => this.#writeLines(lines.map(({ record }) => record)));
    } catch (error) {
      for (const { reject } of lines) reject(error as Error);
      return;
    }
    for (const { record } of lines) this.#note(record);
    for (const { resolve } of lines) resolve();
  }

  async #writeLines(records: readonly CommitRecord[]): Promise<void> {
    if (this.#isClosed) throw new Error('the log is closed');
    const text = `${this.#isTorn ? '\n' : ''}${this.#isHeaded ? '' : this.#header()}${records.map(formatCommitRecord).join('')}`;
    this.#isTorn = true;
    try {
      await writeAll(this.#fd, text);
    } finally {
      this.#bytes = fstatSync(this.#fd).size;
    }
    this.#isTorn = false;
    this.#isHeaded = true;
    if (!this.#sync || records.every(({ type }) => type === 'commit')) return;
    await syncData(this.#fd);
    if (!this.#isNameSynced) await syncDirectory(this.#directory);
    this.#isNameSynced = true;
  }

  async #rewrite(state: CommitLogState): Promise<void> {
    const { options, open: intents, skips = [] } = state;
    // Batches behind an open one are committed, and no longer named: the log still has to say that they were there.
    const position = Math.max(state.position, this.#furthest);
    const nextBatch = Math.max(this.#nextBatch, ...intents.map(({ batch }) => batch + 1));
    const records: CommitRecord[] = [
      { type: 'done', position, nextBatch },
      ...(options ? [{ ...options, type: 'options' as const }] : []),
      ...skips.map((skip) => ({ ...skip, type: 'skip' as const })),
      ...intents.map((intent) => ({ ...intent, type: 'intent' as const })),
    ];
    await this.#attempt(() => this.#replace(this.#header() + records.map(formatCommitRecord).join('')));
    for (const record of records) this.#note(record);
  }

  async #replace(text: string): Promise<void> {
    if (this.#isClosed) throw new Error('the log is closed');
    const unfinished = `${this.#path}.tmp`;
    const fd = await openFile(unfinished, 'w', 0o600);
    try {
      await writeAll(fd, text);
      // Not only with `sync`: else a loss of power may leave an empty file in place of a log that had been on the disk for long.
      await syncData(fd);
      await renameFile(unfinished, this.#path);
    } catch (error) {
      await closeFile(fd);
      await removeFile(unfinished).catch(() => undefined);
      throw error;
    }
    const old = this.#fd;
    this.#fd = fd;
    this.#bytes = fstatSync(fd).size;
    this.#isTorn = false;
    this.#isHeaded = true;
    await closeFile(old);
    this.#isNameSynced = false;
    if (!this.#sync) return;
    await syncDirectory(this.#directory);
    this.#isNameSynced = true;
  }

  #header(): string {
    return formatCommitRecord({ type: 'log', format: commitLogFormat, journal: this.#journalId });
  }

  /** Remembers what a compacted log has to go on with. */
  #note(record: CommitRecord): void {
    if ('end' in record) this.#furthest = Math.max(this.#furthest, record.end);
    else if ('position' in record) this.#furthest = Math.max(this.#furthest, record.position);
    if ('batch' in record) this.#nextBatch = Math.max(this.#nextBatch, record.batch + 1);
  }

  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = `the commit log cannot be written: ${diskProblem(error, this.#directory)}`;
      throw new Error(this.#problem, { cause: error });
    }
  }
}
