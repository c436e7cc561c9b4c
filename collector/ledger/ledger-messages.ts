/** What the receive thread and the ledger thread say to each other. */

import type { LogFields, LogLevel } from '../../shared/service/log.ts';
import type { FormatErrorCode } from '../../shared/wire/format-error.ts';
import type { ConnectionOptions } from '../store/connection.ts';
import type { ColumnGroup } from '../store/flow-columns.ts';

export interface LedgerOptions {
  readonly connection: ConnectionOptions;
  readonly collector: string;
  readonly groups: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  readonly batchRows: number;
  readonly batchAgeMs: number;
  readonly insertsInFlight: number;
  readonly exporters: readonly ConfiguredExporter[];
}

/** A line of `--exporters FILE.csv`; `address` is 16 octets in hex. */
export interface ConfiguredExporter {
  readonly address: string;
  readonly name: string;
  readonly site: string;
  /** 0: as the exporter says. */
  readonly sampling: number;
}

/** What was lost before the ledger, in the last minute; `exporter` is text. */
export interface ReceiveLoss {
  readonly exporter: string;
  readonly refused: number;
  readonly queueDrops: number;
  readonly kernelDrops: number;
}

export type ToLedger =
  | { readonly type: 'chunk'; readonly chunk: ArrayBuffer; readonly usedBytes: number }
  | { readonly type: 'loss'; readonly minute: number; readonly losses: readonly ReceiveLoss[] }
  | { readonly type: 'exporters'; readonly exporters: readonly ConfiguredExporter[] }
  | { readonly type: 'stop'; readonly withinMs: number };

export type FromLedger =
  | { readonly type: 'recycle'; readonly chunk: ArrayBuffer }
  | { readonly type: 'snapshot'; readonly snapshot: LedgerSnapshot }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  | { readonly type: 'stopped'; readonly snapshot: LedgerSnapshot };

/** Per exporter address, for the metrics: sums of its domains. */
export interface ExporterSnapshot {
  readonly exporter: string;
  readonly missing: number;
  readonly reordered: number;
  readonly duplicate: number;
  readonly restarts: number;
  readonly reasons: readonly (readonly [FormatErrorCode, number])[];
}

/** The ledger's books; counters since the start. Records: decoded = stored + failed + dropped + those in `pendingRows`. */
export interface LedgerSnapshot {
  readonly datagrams: number;
  readonly decoded: number;
  readonly partly: number;
  readonly malformed: number;
  readonly flowRecords: number;
  readonly optionsRecords: number;
  readonly dataSetsMalformed: number;
  readonly dataSetsExpired: number;
  readonly dataSetsDropped: number;
  readonly dataSetsDecoded: number;
  readonly dataSetsWaiting: number;
  readonly waitingBytes: number;
  readonly templates: number;
  readonly domains: number;
  readonly rowsStored: number;
  readonly rowsFailed: number;
  readonly recordsDropped: number;
  readonly pendingRows: number;
  readonly batchRows: number;
  readonly insertsInFlight: number;
  readonly insertsStored: number;
  readonly insertsRetried: number;
  readonly insertsFailed: number;
  readonly insertSeconds: number;
  readonly tableRowsStored: number;
  readonly tableRowsFailed: number;
  /** Time of receipt of the oldest datagram whose rows are not stored, microseconds; 0 when there is none. */
  readonly oldestMicros: number;
  /** Why storing fails now. */
  readonly problem: string | undefined;
  readonly cpuSeconds: number;
  readonly exporters: readonly ExporterSnapshot[];
}
