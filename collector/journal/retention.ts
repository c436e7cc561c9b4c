/** Deletes segments that nobody needs any more. */

import { unlinkSync } from 'node:fs';
import { listSegments, type Segment } from './segment-list.ts';

export interface RetentionOptions {
  readonly directory: string;
  readonly journalId: string;
  /** How long a segment is kept after its last write, needed or not. */
  readonly keepMicros: number;
}

/** What is left after a sweep. */
export interface JournalSize {
  readonly bytes: number;
  readonly segments: number;
  /** Undefined: there is no segment. */
  readonly oldestBase: number | undefined;
  /** How many this sweep deleted. */
  readonly deleted: number;
}

export class Retention {
  /** Why a segment could not be deleted, for people; undefined when all went. */
  problem: string | undefined;
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /**
   * Deletes what lies before `neededFrom` and was not written to for long; never the newest segment, which the writer may hold. Past
   * `maxBytes` what is merely kept goes, too, the oldest first.
   */
  sweep(neededFrom: number, nowMicros: number, maxBytes = Number.POSITIVE_INFINITY): JournalSize {
    const all = this.#list();
    const writtenBefore = nowMicros - this.#options.keepMicros;
    this.problem = undefined;
    let bytes = all.reduce((sum, segment) => sum + segment.bytes, 0);
    const left = all.filter((segment, i) => {
      const isNeeded = i === all.length - 1 || segment.end > neededFrom;
      if (isNeeded || (segment.modifiedMicros > writtenBefore && bytes <= maxBytes)) return true;
      if (!this.#delete(segment)) return true;
      bytes -= segment.bytes;
      return false;
    });
    return { bytes, segments: left.length, oldestBase: left[0]?.base, deleted: all.length - left.length };
  }

  /**
   * Frames in `[from, to)` were given up because the journal was full: segments that have no others go now, although what lies before
   * them may be needed yet.
   */
  discarded(from: number, to: number): void {
    const all = this.#list();
    for (const segment of all.slice(0, -1)) {
      if (segment.base >= from && segment.end <= to) this.#delete(segment);
    }
  }

  /** The end of the segment that holds the position, or else of the first behind it; undefined when there is none. */
  oldestUndecodedSegmentEnd(position: number): number | undefined {
    return this.#list().find(({ end }) => end > position)?.end;
  }

  #list(): Segment[] {
    return listSegments(this.#options.directory, this.#options.journalId);
  }

  #delete({ path }: Segment): boolean {
    try {
      unlinkSync(path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return true;
      this.problem ??= `${path} is not needed any more, but cannot be deleted (${code})`;
      return false;
    }
  }
}
