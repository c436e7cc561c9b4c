/**
 * The ledger's side of the journal: what is intended and done goes to the commit log, what was learnt to checkpoints, and segments that
 * nobody needs any more go.
 */

import { rmSync } from 'node:fs';
import { listCheckpoints, removeCheckpoints, writeCheckpoint } from '../journal/checkpoint-file.ts';
import type { CommitLog } from '../journal/commit-log.ts';
import type { Intent, Skip } from '../journal/commit-record.ts';
import type { Retention } from '../journal/retention.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import type { ColumnGroup } from '../store/flow-columns.ts';
import type { FrameDecoder } from './frame-decoder.ts';

/** A restart decodes again what came since the last checkpoint: at most so much, or what came in so much time. */
const checkpointBytes = 64 << 20;
const checkpointMs = 5000;
/** A commit log that has grown past this is written anew, with what is open. */
const maxLogBytes = 4 << 20;
/** An intent that cannot be written (a full disk) holds its rows up for so long. */
const patienceMs = 5000;
const againMs = 250;

export interface KeeperOptions {
  readonly directory: string;
  readonly journalId: string;
  /** Files are synced to disk before they are relied on. */
  readonly durable: boolean;
  readonly maxBytes: number;
  readonly nextBatch: number;
  readonly version: string;
  readonly collector: string;
  readonly groups: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  readonly exporters: readonly ConfiguredExporter[];
  /** Milliseconds since any time, which no clock puts back; microseconds since 1970. */
  readonly nowMs: () => number;
  readonly wallMicros: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly onProblem: (problem: string) => void;
}

/** What is to be written to the log, and how far a restart goes on behind it. */
interface Unlogged {
  readonly write: () => Promise<void>;
  readonly end: number;
  /** Of an intent. */
  readonly batch?: number;
}

export class JournalKeeper {
  readonly nextBatch: number;
  bytes = 0;
  segments = 0;
  checkpoints = 0;
  /** Batches whose intent could not be written down: they may be stored twice if we die before their end. */
  unwrittenIntents = 0;
  readonly #options: KeeperOptions;
  readonly #log: CommitLog;
  readonly #retention: Retention;
  readonly #intents = new Map<number, Intent>();
  /** In the order of the journal. */
  #unlogged: Unlogged[] = [];
  #logging: Promise<void> | undefined;
  #skips: Skip[] = [];
  #lastSaid = '';
  #exporters: readonly ConfiguredExporter[];
  #latestBatch = -1;
  /** Batches from this one on were made under the present options. A log that is written anew has no others. */
  #optionsFrom = 0;
  /** Where the commit log says that a restart goes on. */
  #resumeFrom: number;
  /** Batches are stored of which the log knows nothing: a restart would take them for new. */
  #logIsBehind = false;
  /** Octets of the log when it was written anew. */
  #compactedBytes = 0;
  #checkpointAt: number;
  #checkpointMs: number;

  constructor(options: KeeperOptions, log: CommitLog, retention: Retention, position: number) {
    this.#options = options;
    this.#log = log;
    this.#retention = retention;
    this.#exporters = options.exporters;
    this.nextBatch = options.nextBatch;
    this.#resumeFrom = position;
    this.#checkpointAt = position;
    this.#checkpointMs = options.nowMs();
  }

  /** The first words of a run: what holds from here on, and all that was settled before. */
  async begin(frames: FrameDecoder): Promise<void> {
    this.#checkpoint(frames, true);
    const compacted = { options: this.#optionsRecord(), open: [], skips: [], position: frames.position };
    await this.#attempt(() => this.#log.compact(compacted));
  }

  /** The journal takes more than it may: who reads it has to let go of something. */
  get isFull(): boolean {
    return this.bytes > this.#options.maxBytes;
  }

  get problem(): string | undefined {
    return this.#log.problem;
  }

  /** Where the segment with this position ends, or what is written of it. */
  endOfSegment(position: number, written: number): number {
    return Math.max(
      position,
      Math.min(this.#retention.oldestUndecodedSegmentEnd(position) ?? written, written),
    );
  }

  /** To be awaited before the rows are sent. */
  async intent(intent: Intent): Promise<void> {
    this.#intents.set(intent.batch, intent);
    this.#latestBatch = Math.max(this.#latestBatch, intent.batch);
    const entry: Unlogged = { write: () => this.#log.intent(intent), end: intent.end, batch: intent.batch };
    this.#unlogged.push(entry);
    const until = this.#options.nowMs() + patienceMs;
    while (this.#unlogged.includes(entry)) {
      try {
        await this.#logAll();
      } catch (error) {
        this.#say((error as Error).message);
        if (this.#options.nowMs() > until) {
          // Rows that wait for a disk to have room would be lost with the datagrams that come meanwhile.
          this.unwrittenIntents++;
          this.#logIsBehind = true;
          return;
        }
        await this.#options.pause(againMs);
      }
    }
  }

  /** All that is not in the log yet, in order: a restart goes on behind the last intent, and must know of those before it. */
  #logAll(): Promise<void> {
    this.#logging = this.#logUnlogged(this.#logging);
    return this.#logging;
  }

  async #logUnlogged(before: Promise<void> | undefined): Promise<void> {
    // What is being written knows nothing of what came since.
    await before?.catch(() => undefined);
    const waiting = [...this.#unlogged];
    await Promise.all(waiting.map(({ write }) => write()));
    this.#unlogged = this.#unlogged.filter((entry) => !waiting.includes(entry));
    this.#resumeFrom = Math.max(this.#resumeFrom, ...waiting.map(({ end }) => end));
  }

  async commit(batch: number, stored: number, quarantined: number): Promise<void> {
    this.#intents.delete(batch);
    // Behind its commit an intent would be open for ever.
    this.#unlogged = this.#unlogged.filter((entry) => entry.batch !== batch);
    await this.#attempt(() => this.#log.commit(batch, stored, quarantined));
  }

  /** `[from, frames.position)` was discarded. */
  async skip(from: number, frames: FrameDecoder, datagrams: number): Promise<void> {
    const skip = { start: from, end: frames.position, datagrams };
    this.#checkpoint(frames, false);
    this.#skips.push(skip);
    this.#unlogged.push({ write: () => this.#log.skip(skip.start, skip.end, datagrams), end: skip.end });
    await this.#attempt(() => this.#logAll());
    await this.#attempt(async () => {
      this.#retention.discarded(skip.start, skip.end);
      // Looked at before the next sweep: one must not discard more because of what has just gone.
      this.bytes = this.#retention.sweep(0, 0).bytes;
    });
  }

  exporters(exporters: readonly ConfiguredExporter[]): void {
    this.#exporters = exporters;
    this.#optionsFrom = this.#latestBatch + 1;
    const record = this.#optionsRecord();
    this.#unlogged.push({ write: () => this.#log.options(record), end: 0 });
    void this.#attempt(() => this.#logAll());
  }

  /** To be called at the end of a chunk. */
  chunkDone(frames: FrameDecoder): void {
    const { maxBytes, nowMs } = this.#options;
    const distance = frames.position - this.#checkpointAt;
    if (distance < Math.min(checkpointBytes, maxBytes / 8)) return;
    // No segment goes before there is a checkpoint behind it: a small journal cannot wait.
    if (nowMs() - this.#checkpointMs < checkpointMs && distance < maxBytes / 4) return;
    this.#checkpoint(frames, false);
  }

  /** About once a second: what is stored goes. `safePosition`: of the oldest frame of which a row is not stored. */
  async sweep(safePosition: number): Promise<void> {
    // The directory may be gone, or its disk: then one goes on from memory.
    await this.#attempt(() => this.#sweep(safePosition));
  }

  async #sweep(safePosition: number): Promise<void> {
    const { directory, maxBytes, wallMicros } = this.#options;
    await this.#settledUntil(safePosition);
    removeCheckpoints(directory, Math.min(safePosition, this.#resumeFrom));
    this.#thinOut(safePosition);
    const needed = listCheckpoints(directory)[0]?.position ?? 0;
    this.#skips = this.#skips.filter((skip) => skip.end > safePosition);
    const { bytes, segments } = this.#retention.sweep(needed, wallMicros(), maxBytes);
    this.bytes = bytes;
    this.segments = segments;
    const isUniform = [...this.#intents.keys()].every((batch) => batch >= this.#optionsFrom);
    if (this.#log.bytes > maxLogBytes + this.#compactedBytes && isUniform)
      await this.#attempt(async () => {
        await this.#log.compact({
          options: this.#optionsRecord(),
          open: [...this.#intents.values()],
          skips: this.#skips,
          position: safePosition,
        });
        this.#compactedBytes = this.#log.bytes;
      });
  }

  /** The end: what is known now is what the next start begins with. `settled`: all rows are stored. */
  async close(frames: FrameDecoder, settled: boolean): Promise<void> {
    this.#checkpoint(frames, settled);
    await this.sweep(settled ? frames.position : 0);
    await this.#log.close();
  }

  /**
   * Frames that gave no row have no intent. Before the checkpoint that a restart would begin with goes, because there is a later
   * one, the log has to say that all before the later one is settled.
   */
  async #settledUntil(safePosition: number): Promise<void> {
    if (safePosition <= this.#resumeFrom) return;
    const isLater = listCheckpoints(this.#options.directory).some(
      ({ position }) => position > this.#resumeFrom,
    );
    if (!isLater && !this.#logIsBehind) return;
    await this.#attempt(async () => {
      await this.#log.done(safePosition);
      this.#resumeFrom = safePosition;
      this.#logIsBehind = false;
    });
  }

  /** While ClickHouse is away, each discarded segment leaves a checkpoint: the newest is needed, one more in case it is damaged. */
  #thinOut(safePosition: number): void {
    const between = listCheckpoints(this.#options.directory).filter(
      ({ position }) => position > safePosition && position <= this.#resumeFrom,
    );
    for (const { path } of between.slice(0, -2)) rmSync(path, { force: true });
  }

  #optionsRecord() {
    const { groups, keepExtra, version, collector } = this.#options;
    return { groups, keepExtra, exporters: this.#exporters, version, collector };
  }

  #checkpoint(frames: FrameDecoder, settled: boolean): void {
    const { directory, journalId, durable, nowMs } = this.#options;
    const { position } = frames;
    this.#checkpointAt = position;
    this.#checkpointMs = nowMs();
    try {
      writeCheckpoint(directory, { journal: journalId, position, settled, state: frames.save() }, durable);
      this.checkpoints++;
    } catch (error) {
      this.#say(`a checkpoint could not be written: ${(error as Error).message}`);
    }
  }

  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#say((error as Error).message);
    }
  }

  /** Once: what is tried again and again fails again and again. */
  #say(problem: string): void {
    if (problem !== this.#lastSaid) this.#options.onProblem(problem);
    this.#lastSaid = problem;
  }
}
