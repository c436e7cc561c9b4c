/**
 * A report is one file: its name and arguments, its SQL, its columns. The command line makes a command of it, and other fronts may.
 */

import type { CompiledFilter } from '../filter/compiled-filter.ts';
import type { LedgerView } from './ledger-view.ts';
import type { Query } from './query.ts';

/** How a value is shown, and what it is in the answer: times are microseconds since 1970, durations microseconds, addresses as ClickHouse says IPv6. */
export type CellKind =
  | 'address'
  | 'port'
  | 'protocol'
  | 'flags'
  | 'bytes'
  | 'packets'
  | 'count'
  | 'bits-per-second'
  | 'per-second'
  | 'share'
  | 'time'
  | 'duration'
  | 'number'
  | 'text';

export interface ReportColumn {
  /** Key in the rows of the answer, in JSON, and title of the CSV. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly kind: CellKind;
  /** Left out of the table where no row says anything with it (empty, zero, null). */
  readonly optional?: true;
  /** Of an optional column, what says nothing, too: where all rows have it, the table does without. */
  readonly usual?: string | number;
  /** Of an address, the column with its port: a table shows both as one, `192.0.2.1:443`; programs get two. That column is listed too. */
  readonly port?: string;
  /** The column whose text a table shows instead, where it has any: a name for a number. That column is listed too. */
  readonly label?: string;
  /** For programs: not in tables. */
  readonly isHidden?: true;
}

/** `[from, to)`, microseconds since 1970. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
  /** Said as `--last`, so its beginning may be taken down to a whole minute or hour. */
  readonly isRelative: boolean;
}

/** What was asked, beside the report's own arguments. */
export interface Question {
  readonly range: TimeRange;
  readonly filter: CompiledFilter | undefined;
  readonly limit: number;
  /** Rows to pass over, for pages. */
  readonly offset: number;
  /** The argument of the report, and its own options by their long names in camel case, already parsed. */
  readonly argument: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

export type Row = Readonly<Record<string, unknown>>;

export interface DrawStyle {
  readonly color: boolean;
  /** The terminal shows more than ASCII. */
  readonly unicode: boolean;
  readonly zone: string;
}

export interface Plan {
  readonly query: Query;
  readonly columns: readonly ReportColumn[];
  /** The table that answers, and what it leaves out, for the line below the answer: `flows_1m, received until 14:03:10`. */
  readonly source: string;
  /** Whose oldest row it is of which "data since" is said; default: `flows`. */
  readonly table?: string;
  /** The range that is answered, where it is not the one that was asked for. */
  readonly range?: TimeRange;
  /** The rows as they are shown: joined, ranked, with a last one for all of them. Default: as they come. */
  readonly arrange?: (rows: readonly Row[]) => readonly Row[] | Promise<readonly Row[]>;
  /** Sentences below the table, and `remarks` in JSON: what the answer means, and what may be missing from it. */
  readonly conclude?: (rows: readonly Row[]) => readonly string[] | Promise<readonly string[]>;
  /** `conclude` says why there is nothing where there is nothing: the runner need not. */
  readonly explainsEmpty?: true;
  /** The query ends with LIMIT: the runner says so where that may have left rows out. */
  readonly isLimited?: true;
  /** Done when the answer was given: files that are made out of it. Returns sentences about them; throws ConfigError. */
  readonly afterwards?: () => Promise<readonly string[]>;
  /** Drawn instead of the table on a terminal. */
  readonly draw?: (rows: readonly Row[], width: number, style: DrawStyle) => string;
}

/** What came in since the last time, in the order in which it was received. */
export interface FollowedRows {
  readonly rows: readonly Row[];
  /** Sentences: that the ledger is away, or there again. */
  readonly remarks: readonly string[];
}

/** A standing answer: it goes on until its signal is aborted. */
export interface Follow {
  readonly columns: readonly ReportColumn[];
  readonly source: string;
  readonly news: AsyncIterable<FollowedRows>;
}

export interface ReportOption {
  /** As commander has it: `--by <columns>`. */
  readonly flags: string;
  readonly description: string;
  /** Throws ConfigError. */
  readonly parse?: (text: string) => unknown;
  readonly byDefault?: unknown;
  /** May be repeated: the values are a list. */
  readonly repeated?: true;
}

export interface Report {
  readonly name: string;
  readonly summary: string;
  readonly argument?: { readonly name: string; readonly description: string; readonly isRequired: boolean };
  readonly options: readonly ReportOption[];
  /** Microseconds; what `--last` is when no time is given. */
  readonly defaultLastMicros: number;
  readonly defaultLimit: number;
  /** `offset` is obeyed, so there is `--page`. */
  readonly isPaged?: true;
  /** Command lines for the help, without `flowledger NAME`. */
  readonly examples?: readonly string[];
  /** Throws ConfigError where an argument makes no sense. May ask the ledger about what it has, not for the answer itself. */
  readonly plan: (question: Question, ledger: LedgerView) => Plan | Promise<Plan>;
  /** For a question that is to stand (`--follow`); undefined for every other one, which is planned. Throws ConfigError. */
  readonly follow?: (
    question: Question,
    ledger: LedgerView,
    signal: AbortSignal,
  ) => Follow | undefined | Promise<Follow | undefined>;
}
