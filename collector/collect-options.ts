/** The options of `flowledger collect`, complete and read-only: defaults are resolved in `cli.ts`, and nowhere else. */

import type { ConfiguredExporter } from './ledger/ledger-messages.ts';
import type { ConnectionOptions } from './store/connection.ts';
import type { ColumnGroup } from './store/flow-columns.ts';

export interface CollectOptions {
  readonly listen: readonly string[];
  readonly allow: readonly string[];
  readonly receiveBufferBytes: number;
  readonly dataDir: string;
  /** The operator's own server; undefined: the embedded one. */
  readonly server: ConnectionOptions | undefined;
  readonly columns: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  /** Path of `--exporters`, read again on SIGHUP. */
  readonly exportersFile: string | undefined;
  readonly exporters: readonly ConfiguredExporter[];
  readonly ttlDays: number;
  /** 0: no limit. */
  readonly maxDiskBytes: number;
  /** `HOST:PORT`; undefined: no HTTP. */
  readonly http: string | undefined;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Value of the column `collector`. */
  readonly name: string;
}
