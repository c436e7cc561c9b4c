/** What a log consists of, lines or JSON values, on its way from octets to records. */

import type { FlowReceiver } from './meter/flow-record.ts';
import type { LogReceiver } from './observe/log-source.ts';

export interface LogCounters {
  /** Lines, or values. */
  units: number;
  /** Understood, and about nothing that becomes a record. */
  others: number;
  notUnderstood: number;
}

export interface LogUnits extends LogReceiver {
  readonly counters: Readonly<LogCounters>;
  /** Behind the last unit that is metered, and how many lines are before that. */
  readonly position: number;
  readonly line: number;
  readonly records: number;
  /** Units that had no time of their own. */
  readonly untimed: number;
  /** For people, one of them: `line`; and what was made of all: `17 flows, 12 events`. */
  readonly unit: string;
  readonly made: string;
  /** Of records, for the log. */
  readonly fields: Readonly<Record<string, number>>;
}

export interface LogUnitsContext {
  readonly receive: FlowReceiver;
  /** Says what cannot be understood, and in which line it begins. */
  readonly complain: (line: number, problem: string) => void;
  /** For what comes in large pieces: undefined where nobody needs to wait. */
  readonly ready: () => Promise<void> | undefined;
}
