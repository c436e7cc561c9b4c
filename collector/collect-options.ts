/** The options of `flowledger collect`, complete and read-only: defaults are resolved in `cli.ts`, and nowhere else. */

import type { JournalSync } from './journal/journal-writer.ts';
import type { ConfiguredExporter } from './receive/configured-exporter.ts';
import type { ConnectionOptions } from './store/connection.ts';
import type { ColumnGroup } from './store/flow-columns.ts';

export interface JournalOptions {
  readonly directory: string;
  /** How long segments are kept after all of them is stored. */
  readonly keepMs: number;
  /** Undefined: a fifth of the free disk. */
  readonly maxBytes: number | undefined;
  readonly sync: JournalSync;
}

export interface RollupOptions {
  /** Networks that are ours, as CIDR: of their addresses `host_activity` is kept. */
  readonly inside: readonly string[];
  /** Days that `nat_log` is kept after receipt; 0 means for ever. */
  readonly natTtlDays: number;
}

export interface CollectOptions {
  readonly listen: readonly string[];
  readonly allow: readonly string[];
  readonly receiveBufferBytes: number;
  readonly dataDir: string;
  /** The operator's own server; undefined: the embedded one. */
  readonly server: ConnectionOptions | undefined;
  /** Undefined: `--journal off`. */
  readonly journal: JournalOptions | undefined;
  readonly columns: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  /** Path of `--exporters`, read again on SIGHUP. */
  readonly exportersFile: string | undefined;
  readonly exporters: readonly ConfiguredExporter[];
  readonly ttlDays: number;
  /** Undefined: `--no-rollups`. */
  readonly rollups: RollupOptions | undefined;
  /** 0: no limit. */
  readonly maxDiskBytes: number;
  /** `HOST:PORT`; undefined: no HTTP. */
  readonly http: string | undefined;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Value of the column `collector`. */
  readonly name: string;
}
