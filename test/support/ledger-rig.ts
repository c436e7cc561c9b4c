/** The ledger on a journal in a directory, as LedgerService builds it, without timers and with a `flows` of the test's own. */

import { appendFileSync, cpSync } from 'node:fs';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import type { Test } from 'tap';
import { ChunkSource } from '../../collector/journal/chunk-source.ts';
import { CommitLog } from '../../collector/journal/commit-log.ts';
import { JournalReader } from '../../collector/journal/journal-reader.ts';
import { Retention } from '../../collector/journal/retention.ts';
import { listSegments } from '../../collector/journal/segment-list.ts';
import { FrameDecoder } from '../../collector/ledger/frame-decoder.ts';
import { JournalKeeper } from '../../collector/ledger/journal-keeper.ts';
import { Ledger } from '../../collector/ledger/ledger.ts';
import type { LedgerSnapshot } from '../../collector/ledger/ledger-messages.ts';
import { makeLedgerSnapshot } from '../../collector/ledger/ledger-snapshot.ts';
import { type Recovered, recover } from '../../collector/ledger/recovery.ts';
import type { ConfiguredExporter } from '../../collector/receive/configured-exporter.ts';
import type { ColumnGroup } from '../../collector/store/flow-columns.ts';
import { FakeFlows, type FlowRow } from './fake-flows.ts';
import { builtJournalId } from './journal-builder.ts';
import { keepRows } from './kept-rows.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface RigSettings {
  readonly batchRows: number;
  readonly batchAgeMs: number;
  /** In all: one is filled, the others are on their way. */
  readonly batches: number;
  readonly maxBytes: number;
  readonly keepMicros: number;
  readonly exporters: readonly ConfiguredExporter[];
  readonly groups: readonly ColumnGroup[];
  /** With each chunk time goes on by so much. */
  readonly chunkMs: number;
  /** False: `--journal off`; the chunks come from the directory all the same. */
  readonly isJournaled: boolean;
}

const defaults: RigSettings = {
  batchRows: 60,
  batchAgeMs: 1000,
  batches: 4,
  maxBytes: Number.POSITIVE_INFINITY,
  keepMicros: 0,
  exporters: [],
  groups: ['nat'],
  chunkMs: 100,
  isJournaled: true,
};

/** Room for the records of one datagram of the tests. */
const spareRows = 4096;

export class LedgerRig {
  readonly directory: string;
  readonly journalId: string;
  readonly settings: RigSettings;
  readonly flows: FakeFlows;
  /** Rows of the small tables. */
  readonly kept = keepRows();
  readonly problems: string[] = [];
  /** Later than the files are. */
  nowMs = 4e12;
  recovered: Recovered | undefined;
  frames!: FrameDecoder;
  keeper!: JournalKeeper;
  source!: ChunkSource;
  ledger!: Ledger;
  snapshot!: () => LedgerSnapshot;
  /** Called before each chunk. */
  onChunk: () => void | Promise<void> = () => {};
  /** Called before what could not be written to the commit log is tried again. */
  onPause: () => void | Promise<void> = () => {};
  /** Names of collectors under which recovery looked for rows. */
  readonly recoveredNames: (string | undefined)[] = [];
  /** Frames before it are looked for in ClickHouse before they are stored. */
  doubtfulBefore = 0;
  /** Why nothing can be written to the commit log. */
  logFault: Error | undefined;

  constructor(directory: string, settings: Partial<RigSettings> = {}, rows: readonly FlowRow[] = []) {
    this.directory = directory;
    this.journalId = builtJournalId;
    this.settings = { ...defaults, ...settings };
    this.flows = new FakeFlows(rows);
  }

  /** Settles what the last run left. */
  async recover(): Promise<Recovered> {
    const { directory, journalId, end } = this;
    const reader = new JournalReader({ directory, journalId });
    try {
      this.recovered = await recover({
        ...{ directory, journalId, reader, end },
        firstPosition: listSegments(directory, journalId)[0]?.base ?? end,
        writerOf: (collector) => {
          this.recoveredNames.push(collector);
          return this.flows;
        },
        makeFrames: (options) => this.makeFrames(options?.exporters ?? this.settings.exporters, 1),
        log: (level, message) => void (level === 'warn' && this.problems.push(message)),
      });
    } finally {
      reader.close();
    }
    return this.recovered;
  }

  /** Begins with what was recovered; `end`: how far the journal is known to be written. */
  async begin(end = this.end): Promise<this> {
    const { directory, journalId, settings, recovered } = this;
    const { batchRows, batchAgeMs, batches, exporters } = settings;
    this.frames = this.makeFrames(exporters, batches);
    if (recovered) this.frames.restore(recovered.state, recovered.position);
    const { frames } = this;
    this.keeper = this.#makeKeeper();
    await this.keeper.begin(frames);
    const reader = new JournalReader({ directory, journalId });
    const position = reader.findChunkStart(frames.position, frames.chunkMemory);
    this.source = new ChunkSource({ reader, position, recycle: () => {} });
    this.source.written(end);
    const { source, flows } = this;
    const keeper = settings.isJournaled ? this.keeper : undefined;
    this.ledger = new Ledger(
      { batchRows, batchAgeMs, run: journalId, doubtfulBefore: this.doubtfulBefore },
      {
        ...{ frames, keeper, writer: flows, nowMs: () => this.nowMs },
        source: this.#watched(source),
      },
    );
    const parts = { ledger: this.ledger, rowWriter: this.kept.writer, source, keeper, reader };
    const take = makeLedgerSnapshot({
      ...parts,
      recovery: recovered ?? { rowsFound: 0, rowsStored: 0, rowsLost: 0 },
    });
    this.snapshot = () => take(undefined);
    return this;
  }

  /** All that is in the journal, and the end as LedgerService makes it. */
  async finish(withinMs?: number): Promise<boolean> {
    const settled = await this.ledger.finish(withinMs);
    this.frames.books.writeMinute();
    await this.keeper.close(this.frames, settled);
    return settled;
  }

  /** A whole life: what was left is settled, the journal is taken to its end. */
  async live(): Promise<this> {
    await this.recover();
    await this.begin();
    await this.finish();
    return this;
  }

  /** Lets the ledger run until it is so. */
  async reach(what: string, isSo: () => boolean): Promise<void> {
    for (const endMs = performance.now() + 60_000; !isSo(); await eventLoopTurn())
      if (performance.now() > endMs) throw new Error(`it never came to this: ${what}`);
  }

  sweep(): Promise<void> {
    return this.keeper.sweep(this.ledger.safePosition);
  }

  /** What a crash at this moment leaves: the files, and the rows that are stored. */
  crash(t: Test, settings: Partial<RigSettings> = {}): LedgerRig {
    const directory = temporaryDirectory(t);
    cpSync(this.directory, directory, { recursive: true, preserveTimestamps: true });
    const next = new LedgerRig(directory, { ...this.settings, ...settings }, this.flows.rows);
    next.flows.quarantined = [...this.flows.quarantined];
    next.nowMs = this.nowMs;
    for (const { table, ...row } of this.kept.rows) next.kept.writer.add(table, row);
    return next;
  }

  /** What `exporter_loss` holds: of each minute, exporter and domain the row that was written last. */
  get losses(): readonly string[] {
    const rows = this.kept.rows.filter(({ table }) => table === 'exporter_loss');
    const newest = new Map(
      rows.map((row) => [`${row.minute} ${row.exporter} ${row.domain}`, JSON.stringify(row)]),
    );
    return [...newest.values()].sort();
  }

  /** Octets behind the end of the commit log. */
  tear(octets: string): this {
    appendFileSync(`${this.directory}/commits.log`, octets);
    return this;
  }

  get end(): number {
    return listSegments(this.directory, this.journalId).at(-1)?.end ?? 0;
  }

  makeFrames(exporters: readonly ConfiguredExporter[], batches: number): FrameDecoder {
    const { batchRows, groups } = this.settings;
    return new FrameDecoder({
      ...{ groups, exporters, batches, keepExtra: true, collector: 'rig' },
      batchCapacity: batchRows + spareRows,
      rowWriter: this.kept.writer,
    });
  }

  #makeKeeper(): JournalKeeper {
    const { directory, journalId, recovered } = this;
    const { maxBytes, keepMicros, exporters, groups } = this.settings;
    const options = {
      ...{ directory, journalId, maxBytes, groups, exporters },
      ...{
        durable: false,
        nextBatch: recovered?.nextBatch ?? 0,
        version: '1.2.3',
        keepExtra: true,
        collector: 'lab',
      },
      wallMicros: () => this.nowMs * 1000,
      nowMs: () => this.nowMs,
      pause: async (ms: number) => {
        this.nowMs += ms;
        await this.onPause();
        await eventLoopTurn();
      },
      onProblem: (problem: string) => void this.problems.push(problem),
    };
    const log = this.#faulty(CommitLog.open(directory, journalId, { sync: false }));
    const retention = new Retention({ directory, journalId, keepMicros });
    return new JournalKeeper(options, log, retention, this.frames.position);
  }

  #watched(source: ChunkSource): ChunkSource {
    const next = source.next.bind(source);
    source.next = async (target) => {
      this.nowMs += this.settings.chunkMs;
      this.ledger.tick();
      await this.onChunk();
      return next(target);
    };
    return source;
  }

  #faulty(log: CommitLog): CommitLog {
    for (const name of ['intent', 'commit', 'skip', 'done', 'options', 'compact'] as const) {
      const real = log[name].bind(log) as (...parameters: unknown[]) => Promise<void>;
      Object.assign(log, {
        [name]: (...parameters: unknown[]) =>
          this.logFault ? Promise.reject(this.logFault) : real(...parameters),
      });
    }
    return log;
  }
}
