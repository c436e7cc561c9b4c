/** What reports may ask of the database, and what they know of its tables. */

import type { Query } from './query.ts';

/** How far a rollup has come with what one collector stored: everything received before `until` is in it. */
export interface RollupProgress {
  readonly rollup: string;
  readonly collector: string;
  /** Microseconds since 1970, of receipt. */
  readonly since: number;
  readonly until: number;
}

/** Whether exporters were heard in a range of time: what "nothing was seen" is worth. */
export interface HeardExporter {
  readonly exporter: string;
  readonly domain: number;
  /** Minutes of the range in which datagrams of it came, and how many minutes the range has. */
  readonly minutesHeard: number;
  readonly minutes: number;
  /** The longest silence within the range, microseconds; its beginning. */
  readonly longestSilence: number;
  readonly silentFrom: number;
  /** Records (v9: datagrams) known to be missing, and all other losses of the collector's. */
  readonly missing: number;
  readonly lost: number;
}

export interface LedgerView {
  /** Microseconds since 1970. */
  readonly nowMicros: number;
  readonly ask: <Row>(query: Query) => Promise<Row[]>;
  /** Receipt of the oldest row of a table that is still there, or, of flows that are kept for ever, their own time where that is older; undefined: it has none. */
  readonly since: (table: string) => Promise<number | undefined>;
  readonly progress: () => Promise<readonly RollupProgress[]>;
  readonly heard: (from: number, to: number) => Promise<readonly HeardExporter[]>;
  /** Whether `flows` has the column: groups of columns are chosen. */
  readonly hasColumn: (column: string) => Promise<boolean>;
  /** The zone that was chosen: in which times without one are meant. */
  readonly zone: string;
  /** A time for people, in the zone that was chosen. */
  readonly formatTime: (micros: number) => string;
}
