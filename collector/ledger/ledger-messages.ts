/** What the receive thread and the ledger thread say to each other. */

import type { LogFields, LogLevel } from '../../shared/service/log.ts';
import type { FormatErrorCode } from '../../shared/wire/format-error.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import type { ConnectionOptions } from '../store/connection.ts';
import type { ColumnGroup } from '../store/flow-columns.ts';

/** The journal of this run, as it was opened. */
export interface LedgerJournal {
  readonly directory: string;
  /** 32 hex digits. */
  readonly id: string;
  /** Where this run began to write. */
  readonly position: number;
  /** What segments took then. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Stored segments are kept for so long after they were written. */
  readonly keepMicros: number;
  /** Files are synced before they are relied on (`--journal-sync interval` or `always`). */
  readonly durable: boolean;
}

export interface LedgerOptions {
  readonly connection: ConnectionOptions;
  readonly collector: string;
  readonly groups: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  readonly batchRows: number;
  readonly batchAgeMs: number;
  readonly insertsInFlight: number;
  readonly exporters: readonly ConfiguredExporter[];
  /** Undefined with `--journal off`. */
  readonly journal: LedgerJournal | undefined;
  /** Where refused rows go as files; undefined: nowhere. */
  readonly quarantineDir: string | undefined;
  readonly version: string;
}

export type ToLedger =
  | { readonly type: 'chunk'; readonly chunk: ArrayBuffer; readonly usedBytes: number }
  /** The journal is written up to here; what was not sent is to be read from there. */
  | { readonly type: 'written'; readonly end: number }
  /** The tables are as they should be: rows may be stored. */
  | { readonly type: 'prepared' }
  | { readonly type: 'exporters'; readonly exporters: readonly ConfiguredExporter[] }
  | { readonly type: 'stop'; readonly withinMs: number };

export type FromLedger =
  | { readonly type: 'recycle'; readonly chunk: ArrayBuffer }
  /** Nothing of the last run is under way any more: the tables may change. */
  | { readonly type: 'recovered' }
  | { readonly type: 'snapshot'; readonly snapshot: LedgerSnapshot }
  /** As in a snapshot, but at once: rollups that people watch are made of it. */
  | { readonly type: 'stored'; readonly untilMicros: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  | { readonly type: 'stopped'; readonly snapshot: LedgerSnapshot | undefined };

/** Per exporter address, for the metrics: sums of its domains. */
export interface ExporterSnapshot {
  readonly exporter: string;
  readonly missing: number;
  readonly reordered: number;
  readonly duplicate: number;
  readonly restarts: number;
  readonly journalDrops: number;
  readonly reasons: readonly (readonly [FormatErrorCode, number])[];
}

/** The journal as the ledger sees it. */
export interface JournalSnapshot {
  readonly bytes: number;
  readonly segments: number;
  readonly checkpoints: number;
  /** It takes more than it may: what waits longest is given up. */
  readonly isFull: boolean;
  readonly damagedBytes: number;
  /** Where the last damage is, for people. */
  readonly damage: string;
  readonly lostBytes: number;
  readonly unwrittenIntents: number;
  readonly problem: string | undefined;
}

/** What was found under way when this run began. */
export interface RecoverySnapshot {
  readonly rowsFound: number;
  readonly rowsStored: number;
  readonly rowsLost: number;
}

/**
 * The ledger's books; counters since this run began. Records: decoded = stored + quarantined + dropped + discarded + given up +
 * those in `pendingRows`.
 */
export interface LedgerSnapshot {
  readonly datagrams: number;
  readonly decoded: number;
  readonly partly: number;
  readonly malformed: number;
  readonly flowRecords: number;
  readonly optionsRecords: number;
  readonly optionsRefused: number;
  readonly elementsRefused: number;
  readonly dataSetsMalformed: number;
  readonly dataSetsExpired: number;
  readonly dataSetsDropped: number;
  readonly dataSetsDecoded: number;
  readonly dataSetsWaiting: number;
  readonly waitingBytes: number;
  readonly templates: number;
  readonly domains: number;
  readonly rowsStored: number;
  readonly rowsQuarantined: number;
  readonly rowsGivenUp: number;
  readonly recordsDropped: number;
  readonly recordsDiscarded: number;
  readonly datagramsDiscarded: number;
  readonly pendingRows: number;
  readonly batchRows: number;
  readonly insertsInFlight: number;
  readonly batchesStored: number;
  readonly batchesRetried: number;
  readonly insertSeconds: number;
  readonly tableRowsStored: number;
  readonly tableRowsFailed: number;
  /** Time of receipt of the oldest datagram whose rows are not stored, microseconds; 0 when there is none. */
  readonly oldestMicros: number;
  /** All that was received before is stored, microseconds; 0: nobody knows yet. */
  readonly storedUntilMicros: number;
  /** Octets of chunks received, and not stored yet. */
  readonly lagBytes: number;
  /** Why storing fails now. */
  readonly problem: string | undefined;
  readonly cpuSeconds: number;
  readonly journal: JournalSnapshot | undefined;
  readonly recovery: RecoverySnapshot;
  readonly exporters: readonly ExporterSnapshot[];
}
