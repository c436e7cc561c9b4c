/**
 * What runs on the ledger's thread, from recovery to the last checkpoint: it settles what the last run left, waits until the tables
 * are ready, and then has the ledger take what the receive thread sends or has written to the journal.
 */

import { randomBytes } from 'node:crypto';
import { formatBytes, formatDuration } from '../../shared/service/format-quantity.ts';
import type { LogFields, LogLevel } from '../../shared/service/log.ts';
import { ChunkSource } from '../journal/chunk-source.ts';
import { CommitLog } from '../journal/commit-log.ts';
import type { CommitOptions } from '../journal/commit-record.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { Retention } from '../journal/retention.ts';
import { listSegments } from '../journal/segment-list.ts';
import type { ColumnGroup } from '../store/flow-columns.ts';
import { capacityFactor, spareBatches } from './batch-sizes.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { JournalKeeper } from './journal-keeper.ts';
import { Ledger } from './ledger.ts';
import type {
  FromLedger,
  LedgerJournal,
  LedgerOptions,
  LedgerSnapshot,
  ToLedger,
} from './ledger-messages.ts';
import { makeLedgerSnapshot } from './ledger-snapshot.ts';
import { LedgerStore } from './ledger-store.ts';
import { hasOpenBatches, type Recovered, recover } from './recovery.ts';
import { SuspectFrames } from './suspect-frames.ts';

const tickMs = 100;
const secondMs = 1000;
const booksMs = 5000;
const lastFlushMs = 5000;

export interface ServiceParts {
  readonly tell: (message: FromLedger, transfer?: readonly ArrayBuffer[]) => void;
  readonly log: (level: LogLevel, message: string, fields?: LogFields) => void;
  readonly pause: (ms: number) => Promise<void>;
}

/** What there is once the last run is settled. */
interface Live {
  readonly ledger: Ledger;
  readonly source: ChunkSource;
  readonly keeper: JournalKeeper | undefined;
  readonly snapshot: (problem: string | undefined) => LedgerSnapshot;
}

export class LedgerService {
  readonly #options: LedgerOptions;
  readonly #parts: ServiceParts;
  readonly #store: LedgerStore;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #prepared: Promise<void>;
  #setPrepared = (): void => {};
  /** Messages that came before the ledger was there. */
  #early: ToLedger[] = [];
  /** How far the journal was written meanwhile: of all such messages, the last one is enough. */
  #writtenEnd = 0;
  #live: Live | undefined;
  #reader: JournalReader | undefined;
  #suspects: SuspectFrames | undefined;
  #problem: string | undefined;
  #retried = 0;
  #stopping = false;

  constructor(options: LedgerOptions, parts: ServiceParts) {
    this.#options = options;
    this.#parts = parts;
    this.#prepared = new Promise((resolve) => {
      this.#setPrepared = resolve;
    });
    const onTrouble = (problem: string | undefined): void => this.#trouble(problem);
    this.#store = new LedgerStore(options, onTrouble, (remark) => parts.log('warn', remark));
  }

  take(message: ToLedger): void {
    if (message.type === 'prepared') this.#setPrepared();
    else if (message.type === 'stop') void this.#stop(message.withinMs);
    else if (this.#live) this.#handle(this.#live, message);
    else if (message.type === 'written') this.#writtenEnd = message.end;
    else this.#early.push(message);
  }

  /** Resolves once the ledger has begun, or we are to end before that. Rejects for our own errors. */
  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      // Who waits for ClickHouse when we end is told so by an error.
      if (!this.#stopping) throw error;
    }
  }

  async #run(): Promise<void> {
    const { journal } = this.#options;
    const { tell } = this.#parts;
    let recovered: Recovered | undefined;
    if (journal) {
      this.#reader = new JournalReader({ directory: journal.directory, journalId: journal.id });
      this.#suspects = this.#loadSuspects(journal.directory);
      if (hasOpenBatches(journal.directory, journal.id) && (await this.#store.writer.tableExists()))
        recovered = await this.#recover(journal);
      tell({ type: 'recovered' });
      recovered ??= await this.#recover(journal);
    } else tell({ type: 'recovered' });
    if (this.#stopping) return;
    await this.#begin(recovered);
  }

  #loadSuspects(directory: string): SuspectFrames {
    const suspects = SuspectFrames.load(directory);
    const fields = { datagrams: suspects.size, file: `${directory}/suspects.json` };
    if (suspects.size > 0) this.#parts.log('warn', 'datagrams over which we died are passed over', fields);
    return suspects;
  }

  #makeFrames(from: Omit<CommitOptions, 'version'>, batches: number): FrameDecoder {
    const { collector, batchRows } = this.#options;
    return new FrameDecoder({
      groups: from.groups as readonly ColumnGroup[],
      keepExtra: from.keepExtra,
      exporters: from.exporters,
      collector,
      batchCapacity: capacityFactor * batchRows,
      batches,
      rowWriter: this.#store.rowWriter,
      suspects: this.#suspects,
    });
  }

  async #recover(journal: LedgerJournal): Promise<Recovered> {
    const { directory, id, position } = journal;
    const startedAt = performance.now();
    const reader = this.#reader as JournalReader;
    const recovered = await recover({
      directory,
      journalId: id,
      reader,
      firstPosition: listSegments(directory, id)[0]?.base ?? position,
      end: position,
      writerOf: (collector) => this.#store.writerOf(collector),
      makeFrames: (options) => this.#makeFrames(options ?? this.#options, 1),
      log: this.#parts.log,
    });
    const { batches, rowsFound, rowsStored, rowsLost } = recovered;
    if (batches > 0 || recovered.position < position)
      this.#parts.log(rowsLost > 0 ? 'error' : 'info', 'recovered from the journal', {
        batches,
        rows_found: rowsFound,
        rows_stored: rowsStored,
        rows_lost: rowsLost,
        waiting: formatBytes(position - recovered.position),
        took: formatDuration(Math.round(performance.now() - startedAt)),
      });
    return recovered;
  }

  async #begin(recovered: Recovered | undefined): Promise<void> {
    const { batchRows, batchAgeMs, insertsInFlight, journal } = this.#options;
    const frames = this.#makeFrames(this.#options, 1 + insertsInFlight + spareBatches);
    if (recovered) frames.restore(recovered.state, recovered.position);
    const keeper = journal && this.#makeKeeper(journal, frames.position, recovered?.nextBatch ?? 0);
    await keeper?.begin(frames);
    if (this.#stopping) return;
    const source = new ChunkSource({
      reader: this.#reader,
      // Batches end between frames, in the middle of a chunk.
      position: this.#reader?.findChunkStart(frames.position, frames.chunkMemory) ?? frames.position,
      recycle: (chunk) => this.#parts.tell({ type: 'recycle', chunk }, [chunk]),
    });
    if (journal) source.written(Math.max(journal.position, this.#writtenEnd));
    // Random in each run: positions come again where a journal is put back from a copy.
    const run = `${(journal?.id ?? '').slice(0, 8)}${randomBytes(12).toString('hex')}`;
    const ledger = new Ledger(
      { batchRows, batchAgeMs, run, doubtfulBefore: journal?.position ?? 0 },
      {
        frames,
        source,
        writer: {
          store: (...batch) => this.#prepared.then(() => this.#store.writer.store(...batch)),
          count: (range) => this.#prepared.then(() => this.#store.writer.count(range)),
          giveUp: () => this.#giveUp(),
        },
        keeper,
        nowMs: () => performance.now(),
        onStored: () => this.#parts.tell({ type: 'stored', untilMicros: ledger.storedUntilMicros }),
      },
    );
    const recovery = recovered ?? { rowsFound: 0, rowsStored: 0, rowsLost: 0 };
    const { rowWriter } = this.#store;
    const parts = { ledger, rowWriter, source, keeper, reader: this.#reader, recovery };
    this.#live = { ledger, source, keeper, snapshot: makeLedgerSnapshot(parts) };
    for (const message of this.#early) this.#handle(this.#live, message);
    this.#early = [];
    this.#startTimers(this.#live);
    this.#parts.tell({ type: 'snapshot', snapshot: this.#snapshot(this.#live) });
    // What goes wrong in here is our own error: it ends the thread, and with it the process.
    void ledger.run().catch((error) =>
      setImmediate(() => {
        throw error;
      }),
    );
  }

  #makeKeeper(journal: LedgerJournal, position: number, nextBatch: number): JournalKeeper {
    const { directory, id: journalId, durable, keepMicros, maxBytes } = journal;
    const { version, groups, keepExtra, exporters, collector } = this.#options;
    const log = CommitLog.open(directory, journalId, { sync: durable });
    const retention = new Retention({ directory, journalId, keepMicros });
    const options = {
      ...{
        directory,
        journalId,
        durable,
        maxBytes,
        nextBatch,
        version,
        groups,
        keepExtra,
        exporters,
        collector,
      },
      nowMs: () => performance.now(),
      wallMicros: () => Date.now() * 1000,
      pause: this.#parts.pause,
      onProblem: (problem: string) => this.#parts.log('error', 'the journal', { problem }),
    };
    return new JournalKeeper(options, log, retention, position);
  }

  #startTimers(live: Live): void {
    const { ledger, keeper } = live;
    this.#timers.push(
      setInterval(() => ledger.tick(), tickMs),
      setInterval(() => {
        void keeper?.sweep(ledger.safePosition);
        this.#parts.tell({ type: 'snapshot', snapshot: this.#snapshot(live) });
      }, secondMs),
      setInterval(() => {
        ledger.frames.books.writeExporters();
        ledger.frames.books.writeMinute();
        void this.#prepared.then(() => this.#store.rowWriter.flush());
      }, booksMs),
    );
  }

  /** What waits for the tables to be ready waits no longer. */
  #giveUp(): void {
    this.#store.giveUp();
    this.#setPrepared();
  }

  #snapshot(live: Live): LedgerSnapshot {
    return { ...live.snapshot(this.#problem), batchesRetried: this.#retried };
  }

  #handle({ ledger, source }: Live, message: ToLedger): void {
    if (message.type === 'chunk') source.offer(message.chunk, message.usedBytes);
    else if (message.type === 'written') source.written(message.end);
    else if (message.type === 'exporters') ledger.reconfigure(message.exporters);
  }

  async #stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    const live = this.#live;
    if (!live) this.#giveUp();
    else {
      const { ledger, keeper } = live;
      const settled = await ledger.finish(withinMs);
      ledger.frames.books.writeExporters();
      ledger.frames.books.writeMinute();
      await Promise.race([this.#store.flush(), this.#parts.pause(lastFlushMs)]);
      await keeper?.close(ledger.frames, settled);
    }
    this.#reader?.close();
    await this.#store.close();
    this.#parts.tell({ type: 'stopped', snapshot: live && this.#snapshot(live) });
  }

  #trouble(problem: string | undefined): void {
    this.#problem = problem;
    if (problem === undefined) this.#parts.log('info', 'ClickHouse takes rows again');
    else {
      this.#retried++;
      this.#parts.log('warn', 'rows wait for ClickHouse', { problem });
    }
  }
}
