/** What the records of a commit log amount to. */

import { readFileSync } from 'node:fs';
import { ConfigError } from '../../shared/service/config-error.ts';
import {
  type CommitOptions,
  type CommitRecord,
  commitLogFormat,
  type Intent,
  parseCommitLine,
  type Skip,
} from './commit-record.ts';

const newline = 0x0a;

export interface CommitLogContents {
  /** The last ones. */
  readonly options: CommitOptions | undefined;
  /** Those that were in force when the intent was written. */
  readonly optionsOf: (intent: Intent) => CommitOptions | undefined;
  /** Intents without commit, by start; of those with the same batch number the last one. */
  readonly open: readonly Intent[];
  readonly skips: readonly Skip[];
  /** Everything before this position is stored, skipped, or has no rows. */
  readonly settledTo: number;
  /** End of the furthest intent or skip: what comes after it was never tried. */
  readonly resumeFrom: number;
  readonly nextBatch: number;
  /** It has a record of our journal: it was not lost, nor brought along from elsewhere. */
  readonly isOwn: boolean;
  /** Lines that are no record. A cut last line is none of them: its record was never acknowledged. */
  readonly damagedLines: number;
  readonly warnings: readonly string[];
}

const readOctets = (path: string): Uint8Array => {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array(0);
    throw new ConfigError(`${path} cannot be read: ${(error as Error).message}`);
  }
};

/** Takes the records of a log one by one; what is damaged is skipped and counted. */
export class CommitLogReading {
  readonly #path: string;
  readonly #journalId: string;
  readonly #open = new Map<number, Intent>();
  readonly #optionsOf = new Map<number, CommitOptions>();
  readonly #skips: Skip[] = [];
  readonly #strangers = new Map<string, number>();
  #options: CommitOptions | undefined;
  #stranger: string | undefined;
  #resumeFrom = 0;
  #nextBatch = 1;
  #damagedLines = 0;
  #isHeaded = false;
  #isOwn = false;
  /** The last line has no end. */
  readonly isTorn: boolean;

  /** `path` is for messages. Throws ConfigError when the log is of a newer format. */
  constructor(octets: Uint8Array, path: string, journalId: string) {
    this.#path = path;
    this.#journalId = journalId;
    this.isTorn = octets.length > 0 && octets[octets.length - 1] !== newline;
    for (let at = 0; at < octets.length; ) {
      const found = octets.indexOf(newline, at);
      const end = found < 0 ? octets.length : found;
      const record = parseCommitLine(octets.subarray(at, end));
      if (record) this.#take(record);
      // Where an append failed half-way, the next one begins with a newline, and leaves an empty line when nothing was torn.
      else if (end > at && found >= 0) this.#damagedLines++;
      at = end + 1;
    }
  }

  /** Also throws ConfigError when the file cannot be read; one that is not there is empty. */
  static ofFile(path: string, journalId: string): CommitLogReading {
    return new CommitLogReading(readOctets(path), path, journalId);
  }

  /** The records at the end of the log belong to our journal, and a header says so. */
  get isHeaded(): boolean {
    return this.#isHeaded;
  }

  #take(record: CommitRecord): void {
    if (record.type === 'log') {
      if (record.format > commitLogFormat)
        throw new ConfigError(
          `${this.#path} was written by a newer version of flowledger (format ${record.format}): use that version, or give another directory with --journal DIR`,
        );
      this.#isHeaded = record.journal === this.#journalId;
      this.#stranger = this.#isHeaded ? undefined : record.journal;
    }
    if (this.#stranger !== undefined)
      this.#strangers.set(this.#stranger, (this.#strangers.get(this.#stranger) ?? 0) + 1);
    else this.#takeOwn(record);
  }

  #takeOwn(record: CommitRecord): void {
    this.#isOwn = true;
    if (record.type === 'options') {
      const { type: _, ...options } = record;
      this.#options = options;
    } else if (record.type === 'intent') {
      const { type: _, ...intent } = record;
      // One that is logged again, under another token, was made under the options of the first time.
      if (this.#options && !this.#open.has(intent.batch)) this.#optionsOf.set(intent.batch, this.#options);
      this.#open.set(intent.batch, intent);
      this.#reach(intent.end, intent.batch + 1);
    } else if (record.type === 'commit') {
      this.#open.delete(record.batch);
      this.#reach(0, record.batch + 1);
    } else if (record.type === 'skip') {
      const { type: _, ...skip } = record;
      this.#skips.push(skip);
      this.#reach(skip.end, 0);
    } else if (record.type === 'done') {
      for (const intent of this.#open.values())
        if (intent.end <= record.position) this.#open.delete(intent.batch);
      this.#reach(record.position, record.nextBatch);
    }
  }

  #reach(position: number, batch: number): void {
    this.#resumeFrom = Math.max(this.#resumeFrom, position);
    this.#nextBatch = Math.max(this.#nextBatch, batch);
  }

  contents(): CommitLogContents {
    const warnings = [...this.#strangers].map(
      ([journal, records]) => `${this.#path}: ${records} records of another journal, ${journal}, are ignored`,
    );
    if (this.#damagedLines > 0)
      warnings.push(
        `${this.#path}: ${this.#damagedLines} damaged lines were skipped: the batches that they named may be missing or stored twice`,
      );
    const open = [...this.#open.values()].sort((a, b) => a.start - b.start);
    return {
      options: this.#options,
      optionsOf: (intent) => this.#optionsOf.get(intent.batch),
      open,
      skips: this.#skips,
      settledTo: open[0]?.start ?? this.#resumeFrom,
      resumeFrom: this.#resumeFrom,
      nextBatch: this.#nextBatch,
      isOwn: this.#isOwn,
      damagedLines: this.#damagedLines,
      warnings,
    };
  }
}
