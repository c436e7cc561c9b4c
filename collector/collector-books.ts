/** What a collector knows of itself at a moment: for the status line, `/healthz` and `/metrics`. */

import { formatDuration } from '../shared/service/format-quantity.ts';
import type { JournalWriter } from './journal/journal-writer.ts';
import type { JournalReading } from './journal-watch.ts';
import type { LedgerClient } from './ledger/ledger-client.ts';
import type { LedgerSnapshot } from './ledger/ledger-messages.ts';
import { makeMetricsSnapshot } from './metrics-snapshot.ts';
import type { ReceivingSide } from './open-reception.ts';
import type { OpenRollups } from './open-rollups.ts';
import type { OpenStore } from './open-store.ts';
import { version } from './package-version.ts';
import type { JournalFill, StatusReading } from './status-line.ts';
import type { MetricsSnapshot } from './web/metrics.ts';
import type { Health } from './web/server.ts';

/** The rate at which the journal fills is taken over so long. */
const rateOverMs = 10_000;
/** Rows that wait for so long, while none are taken, are a problem. */
const stallMs = 15_000;

export class CollectorBooks {
  /** Undefined until they are there. */
  store: OpenStore | undefined;
  ledger: LedgerClient | undefined;
  rollups: OpenRollups | undefined;
  readonly startedAtMs = Date.now();
  readonly #receiving: ReceivingSide;
  readonly #nowMs: () => number;
  #progress: { stored: number; ms: number };
  #rateFrom: { ms: number; bytes: number };
  #bytesPerMs = 0;

  constructor(receiving: ReceivingSide, nowMs = () => performance.now()) {
    this.#receiving = receiving;
    this.#nowMs = nowMs;
    this.#progress = { stored: 0, ms: nowMs() };
    this.#rateFrom = { ms: nowMs(), bytes: 0 };
  }

  /** Why flows are not stored, or not kept safe, at present. */
  get problem(): string | undefined {
    const { store, ledger } = this;
    const { journalWriter } = this.#receiving;
    if (!store) return 'the database is being opened';
    const snapshot = ledger?.snapshot;
    const starting = snapshot === undefined ? 'what the last run left is being stored' : undefined;
    const cause =
      store.problem() ??
      snapshot?.problem ??
      starting ??
      this.#stall(snapshot) ??
      journalWriter?.problem ??
      snapshot?.journal?.problem;
    if (!snapshot?.journal?.isFull) return cause;
    const full = 'the journal is full, and what waits longest is given up';
    return cause === undefined ? full : `${cause}; ${full}`;
  }

  /** A server that is frozen refuses nothing: its requests hang until their time is over. */
  #stall(ledger: LedgerSnapshot | undefined): string | undefined {
    const nowMs = this.#nowMs();
    const stored = ledger?.batchesStored ?? 0;
    if (stored !== this.#progress.stored || (ledger?.pendingRows ?? 0) === 0)
      this.#progress = { stored, ms: nowMs };
    const stalledMs = nowMs - this.#progress.ms;
    return stalledMs > stallMs ? `ClickHouse has taken no rows for ${formatDuration(stalledMs)}` : undefined;
  }

  get lagMs(): number {
    const oldest = this.ledger?.snapshot?.oldestMicros ?? 0;
    return oldest === 0 ? 0 : Math.max(0, Date.now() - oldest / 1e3);
  }

  /** Of all segments: as the ledger says, or, before it has begun, what was there and what was written since. */
  get journalBytes(): number {
    const { journal, journalWriter } = this.#receiving;
    const known = this.ledger?.snapshot?.journal?.bytes;
    return known ?? (journal?.bytes ?? 0) + (journalWriter?.writtenBytes ?? 0);
  }

  /** Undefined with `--journal off`. To be asked about once a second: the rate is taken from one call to a later one. */
  get journal(): JournalFill | undefined {
    const { journal, journalWriter } = this.#receiving;
    if (!journal || !journalWriter) return undefined;
    this.#takeRate(journalWriter);
    const snapshot = this.ledger?.snapshot;
    const bytes = this.journalBytes;
    const grows = this.#bytesPerMs > 0 && (snapshot?.problem !== undefined || this.lagMs > rateOverMs);
    const left = Math.max(0, journal.maxBytes - bytes) / this.#bytesPerMs / 1000;
    return {
      bytes,
      maxBytes: journal.maxBytes,
      lagBytes: snapshot?.lagBytes ?? 0,
      fullInSeconds: grows ? Math.round(left) : undefined,
    };
  }

  /** What the log is to tell of. */
  watched(): JournalReading {
    const { journal, journalWriter } = this.#receiving;
    const snapshot = this.ledger?.snapshot;
    return {
      problem: journalWriter?.problem ?? snapshot?.journal?.problem,
      damagedBytes: snapshot?.journal?.damagedBytes ?? 0,
      damage: snapshot?.journal?.damage ?? '',
      discarded: snapshot?.datagramsDiscarded ?? 0,
      maxBytes: journal?.maxBytes ?? 0,
      quarantined: snapshot?.rowsQuarantined ?? 0,
    };
  }

  reading(): StatusReading {
    const { reception } = this.#receiving;
    const ledger = this.ledger?.snapshot;
    return {
      atMs: this.#nowMs(),
      datagrams: reception.datagrams,
      flows: ledger?.flowRecords ?? 0,
      stored: ledger?.rowsStored ?? 0,
      notStored: (ledger?.rowsQuarantined ?? 0) + (ledger?.rowsGivenUp ?? 0) + (ledger?.recordsDropped ?? 0),
      lagMs: this.lagMs,
      journal: this.journal,
      kernelDrops: reception.kernelDrops,
      queueDrops: reception.writer.queueDrops,
      journalDrops: ledger?.datagramsDiscarded ?? 0,
      refused: reception.refused,
      exporters: ledger?.domains ?? 0,
      problem: this.problem,
    };
  }

  health(): Health {
    const { journal, problem } = this;
    return {
      problem,
      details: {
        lag_seconds: Math.round(this.lagMs) / 1000,
        ...(journal && {
          lag_bytes: journal.lagBytes,
          journal_bytes: journal.bytes,
          journal_max_bytes: journal.maxBytes,
        }),
        ...(journal?.fullInSeconds !== undefined && { journal_full_in_seconds: journal.fullInSeconds }),
      },
    };
  }

  metrics(): MetricsSnapshot {
    const { reception, journalWriter } = this.#receiving;
    return makeMetricsSnapshot({
      reception,
      journalWriter,
      journal: this.journal,
      ledger: this.ledger?.snapshot,
      rollups: this.rollups?.states ?? [],
      lagSeconds: this.lagMs / 1000,
      problem: this.problem,
      partitionsDropped: this.store?.partitionsDropped() ?? 0,
      diskBytes: this.store?.diskBytes() ?? 0,
      startedAtSeconds: this.startedAtMs / 1000,
      version,
    });
  }

  #takeRate({ writtenBytes }: JournalWriter): void {
    const ms = this.#nowMs();
    const passed = ms - this.#rateFrom.ms;
    if (passed < rateOverMs && this.#bytesPerMs > 0) return;
    if (passed > 0) this.#bytesPerMs = (writtenBytes - this.#rateFrom.bytes) / passed;
    this.#rateFrom = { ms, bytes: writtenBytes };
  }
}
