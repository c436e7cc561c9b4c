/** What a term of the filter language is. */

import type { FilterCursor } from './filter-cursor.ts';
import type { PacketSubject } from './packet-subjects.ts';
import type { PacketValue } from './packet-value.ts';

/** The SQL of a column of `flows`, or of `service`. */
export type ColumnSql = (column: string) => string;

/** What a value is compared with: a column, or something that is worked out from several. */
export interface Subject {
  readonly columns: readonly string[];
  readonly sql: (column: ColumnSql) => string;
  /** The same of a packet. Undefined: packets do not have it. */
  readonly packet?: PacketSubject | undefined;
}

/** A comparison that was read, with its values bound: SQL that stands alone in AND, OR and NOT, about the SQL of a subject. */
export interface ValueTest {
  readonly sql: (subject: string, column: ColumnSql) => string;
  /** What a NOT around the term denies, where that is more than the term asks for. Default: `sql`. */
  readonly sqlBelowNot?: (subject: string, column: ColumnSql) => string;
  /** `!=`, `!~` and `not in`: the whole term is false where the test is true. */
  readonly isNegated: boolean;
  /** That the test needs beside its subject. */
  readonly columns: readonly string[];
  /** The same of a packet. Undefined: no term has such values that packets have. */
  readonly packet?: PacketValue;
}

/** What follows the words of a term. */
export interface ValueKind {
  /** As help and docs show it: `PORT`. */
  readonly syntax: string;
  /** For errors: `a port or the name of a service`. */
  readonly expected: string;
  readonly read: (cursor: FilterCursor) => ValueTest;
}

/** One way to say a term, and what it is about. */
export interface Phrase {
  /** Lower case, one blank between words. */
  readonly words: string;
  readonly subjects: readonly Subject[];
  /** Of several subjects one or all have to pass. */
  readonly join: 'OR' | 'AND';
}

export interface FilterTerm {
  readonly phrases: readonly Phrase[];
  /** As help shows the phrases: `[src|dst] port`. */
  readonly title: string;
  /** Undefined: nothing follows; each subject is a condition. */
  readonly value: ValueKind | undefined;
  /** Also asked of each row, for terms that say so silently: flags are those of TCP. */
  readonly only: Subject | undefined;
  readonly description: string;
  readonly example: string;
}
