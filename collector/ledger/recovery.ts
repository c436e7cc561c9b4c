/**
 * After a crash: what the last run had begun to store is settled, and what it had learnt is learnt again. Decoding is deterministic, so
 * the same frames give the same rows; whether ClickHouse has them is found out by counting.
 */

import { listCheckpoints } from '../journal/checkpoint-file.ts';
import { type CommitLogContents, readCommitLog } from '../journal/commit-log.ts';
import type { Intent } from '../journal/commit-record.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { makeRecoveryPlan } from '../journal/recovery-plan.ts';
import { ChunkReader } from '../receive/chunk-reader.ts';
import type { ExactWriter } from '../store/exact-writer.ts';
import type { FrameDecoder, FrameState } from './frame-decoder.ts';
import { findCheckpoint, type LoadedCheckpoint, loadCheckpoint } from './load-checkpoint.ts';

export interface RecoveryParts {
  readonly directory: string;
  readonly journalId: string;
  readonly reader: JournalReader;
  /** Base of the oldest segment there is, and where the journal ended when we started. */
  readonly firstPosition: number;
  readonly end: number;
  /** For rows of this collector: the last run may have had another name. */
  readonly writerOf: (collector: string | undefined) => Pick<ExactWriter, 'store' | 'count'>;
  /** A decoder of the run that was cut short: its columns, its exporters. Undefined options: that run left none, take our own. */
  readonly makeFrames: (options: CommitLogContents['options']) => FrameDecoder;
  readonly log: (level: 'info' | 'warn', message: string, fields?: Record<string, string | number>) => void;
}

export interface Recovered {
  /** What to go on with. */
  readonly state: FrameState;
  readonly position: number;
  readonly nextBatch: number;
  readonly batches: number;
  /** Rows of batches that had been under way: found in ClickHouse, stored now, not to be had any more. */
  readonly rowsFound: number;
  readonly rowsStored: number;
  readonly rowsLost: number;
}

/** Whether anything has to be settled in ClickHouse before its tables may change. */
export const hasOpenBatches = (directory: string, journalId: string): boolean =>
  readCommitLog(directory, journalId).open.length > 0;

class Recovery {
  readonly #parts: RecoveryParts;
  readonly #contents: CommitLogContents;
  readonly frames: FrameDecoder;
  readonly #reader = new ChunkReader();
  readonly #intents: Intent[];
  found = 0;
  stored = 0;
  quarantined = 0;
  lost = 0;

  constructor(parts: RecoveryParts, contents: CommitLogContents, intents: readonly Intent[]) {
    this.#parts = parts;
    this.#contents = contents;
    this.frames = parts.makeFrames(contents.options);
    this.#intents = [...intents];
  }

  /** Where to begin: a checkpoint, or with nothing learnt at `position`. */
  open(checkpoint: LoadedCheckpoint | undefined, position: number): void {
    this.frames.position = position;
    if (checkpoint) this.frames.restore(checkpoint.state, checkpoint.position);
  }

  /** Takes the frames up to `until`; rows are made within intents only. */
  async replay(until: number): Promise<void> {
    const { reader, end } = this.#parts;
    const { frames } = this;
    const memory = frames.chunkMemory;
    this.#begin();
    // Batches begin and end between frames, chunks where they may.
    for (let at = reader.findChunkStart(frames.position, memory); at < until; ) {
      const chunk = reader.read(at, end, memory);
      if (!chunk || chunk.position >= until) break;
      this.#reader.open(memory, chunk.usedBytes);
      await this.#chunk(until);
      at = chunk.position + chunk.usedBytes;
    }
    while (this.#intents.length > 0) await this.#settle();
    if (frames.position < until) frames.position = until;
  }

  async #chunk(until: number): Promise<void> {
    const reader = this.#reader;
    const { frames } = this;
    while (frames.next(reader) && reader.framePosition < until) {
      if (reader.framePosition < frames.position) continue;
      while (this.#intents[0] && reader.framePosition >= this.#intents[0].end) await this.#settle();
      frames.sink.discarding = !(this.#intents[0] && reader.framePosition >= this.#intents[0].start);
      frames.frame(reader);
    }
  }

  /** The exporters' names and rates are those that held for the batch. */
  #begin(): void {
    const [next] = this.#intents;
    const options = next ? this.#contents.optionsOf(next) : undefined;
    if (options) this.frames.books.configure(options.exporters);
    this.frames.sink.discarding = true;
  }

  async #settle(): Promise<void> {
    const intent = this.#intents.shift();
    if (!intent) return;
    const { writerOf, log } = this.#parts;
    const writer = writerOf(this.#contents.optionsOf(intent)?.collector);
    const { batch } = this.frames.sink;
    const range = { firstMicros: intent.firstMicros, lastMicros: intent.lastMicros, token: intent.token };
    const there = await writer.count(range);
    const isWhole = there === intent.rows;
    if (isWhole ? there !== batch.rows : there > batch.rows) {
      // More than can be decoded again, where frames are damaged: what is stored is all there will be.
      this.found += there;
      this.lost += Math.max(0, intent.rows - there);
    } else {
      // Also where all is there: views may lack it. A token that replaces the logged one is not logged, as the log is not open yet:
      // views are exact after one crash at a time, not after one of ClickHouse within which recovery is cut short.
      const outcome = await writer.store(batch, range, 'recover');
      if (outcome.kind === 'given-up') throw new Error('recovery was interrupted');
      if (outcome.found) this.found += outcome.stored;
      else this.stored += outcome.stored;
      this.quarantined += outcome.quarantined;
      this.lost += Math.max(0, intent.rows - outcome.stored - outcome.quarantined);
    }
    log('info', 'settled a batch that was under way', {
      batch: intent.batch,
      rows: intent.rows,
      found: there,
      decoded: batch.rows,
    });
    batch.clear();
    this.#begin();
  }
}

/** The plan with the newest checkpoint that fits and can be read. */
const choosePlan = (
  { directory, journalId, firstPosition }: RecoveryParts,
  contents: CommitLogContents,
  warn: (problem: string) => void,
) => {
  let known = listCheckpoints(directory);
  for (;;) {
    const plan = makeRecoveryPlan(contents, known, firstPosition);
    const wanted = known.find(({ position }) => position === plan.checkpoint);
    const checkpoint = wanted && loadCheckpoint(wanted.path, journalId, warn);
    if (!wanted || checkpoint) return { plan, checkpoint };
    known = known.filter((entry) => entry !== wanted);
  }
};

/** Settles what is open and returns what to go on with. Rejects only when interrupted. */
export const recover = async (parts: RecoveryParts): Promise<Recovered> => {
  const { directory, journalId, log } = parts;
  const contents = readCommitLog(directory, journalId);
  const warn = (problem: string): void => log('warn', problem);
  const { plan, checkpoint } = choosePlan(parts, contents, warn);
  for (const problem of [...contents.warnings, ...plan.problems]) warn(problem);
  const first = new Recovery(parts, contents, plan.intents);
  first.open(checkpoint, plan.replayFrom);
  await first.replay(plan.intents.at(-1)?.end ?? 0);
  // Frames behind the last batch may be gone, because the journal was full: a later checkpoint knows what they taught.
  const later = findCheckpoint(directory, journalId, plan.resumeAt, warn);
  let last = first;
  if (later && later.position > first.frames.position) {
    last = new Recovery(parts, contents, []);
    last.open(later, later.position);
  }
  await last.replay(plan.resumeAt);
  const notStored = first.lost + first.quarantined;
  if (notStored > 0) last.frames.books.notStored(notStored);
  return {
    state: last.frames.save(),
    position: last.frames.position,
    nextBatch: contents.nextBatch,
    batches: plan.intents.length,
    rowsFound: first.found,
    rowsStored: first.stored,
    rowsLost: first.lost,
  };
};
