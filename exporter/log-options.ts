/** Settings of the commands that read logs: complete, read-only, resolved in the file of each command. */

import type { ConnectionEvent, SinkOptions } from './export-options.ts';

export interface LogOptions extends SinkOptions {
  /** `-`: standard input. */
  readonly file: string;
  /** False: to the end of what is there. */
  readonly follow: boolean;
  /** What is there already is left out. */
  readonly fromEnd: boolean;
  /** Where to remember how far it was read; undefined: nowhere. */
  readonly state: string | undefined;
}

export interface ConnectionLogOptions {
  readonly events: readonly ConnectionEvent[];
  readonly natEvents: 'off' | 'session' | 'historic';
  readonly integerAddresses: 'network' | 'host';
  /** Of times that name none, as Intl knows it. */
  readonly zone: string;
}
